"""``manage.py runserver`` with Hydra: Django's own options, and ``hydra dev`` behind them."""

import os
import sys
from typing import Any, List

from django.apps import apps
from django.conf import settings

if apps.is_installed("django.contrib.staticfiles"):
    from django.contrib.staticfiles.management.commands.runserver import Command as RunserverCommand
else:
    from django.core.management.commands.runserver import Command as RunserverCommand

from hydra_server import _run

# Beside the code: what Django keeps in memory once it is read. Not all text: that may be where the output of this goes.
_WATCHED = ("*.html", "**/templates/**", "*.mo")


class Command(RunserverCommand):
    """Django's runserver reads the options, and looks whether the project is in order; the server is Hydra."""

    help = "Starts Hydra for development: ASGI_APPLICATION, or else WSGI_APPLICATION."

    def run(self, **options: Any) -> None:
        """In the place of Django's: becomes the server, which watches the files by itself."""
        if not options.get("skip_checks"):
            self.stdout.write("Performing system checks...\n\n")
            self.check(display_num_errors=True)
        self.check_migrations()
        words = self.words(**options)
        # Nothing that is buffered here is written by the server.
        self.stdout.flush()
        sys.stderr.flush()
        _run.execute(words)

    def words(self, **options: Any) -> List[str]:
        """The server's command line."""
        is_asgi = bool(getattr(settings, "ASGI_APPLICATION", None))
        static = (
            apps.is_installed("django.contrib.staticfiles")
            and options.get("use_static_handler", True)
            and (settings.DEBUG or options.get("insecure_serving", False))
        )
        host = self.addr if not self.use_ipv6 or self.addr.startswith("[") else "[%s]" % self.addr
        words = ["dev", "--bind=%s:%s" % (host, self.port), "--interface=" + ("asgi" if is_asgi else "wsgi")]
        if not options.get("use_reloader", True):
            words += ["--no-reload"]
        else:
            # Django keeps templates that it has read, and looks at them anew only where its own reloader runs.
            words += ["--reload-include=" + pattern for pattern in _WATCHED]
        if not is_asgi and options.get("use_threading", True):
            words += ["--threads=auto"]
        # What this process has found its modules by: the directory of manage.py above all.
        words += ["--app-dir=" + os.path.abspath(sys.path[0] or "."), "--env=DJANGO_SETTINGS_MODULE=" + os.environ["DJANGO_SETTINGS_MODULE"]]
        return words + ["--app=hydra_server._django:%s(static=%s)" % ("asgi" if is_asgi else "wsgi", static)]
