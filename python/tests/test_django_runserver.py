"""``manage.py runserver`` where hydra_server is in INSTALLED_APPS."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

pytest.importorskip("django")

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXECUTABLE = os.environ.get("HYDRA_BIN") or os.path.join(ROOT, "dist", "hydra")

pytestmark = pytest.mark.skipif(not os.path.isfile(EXECUTABLE), reason="build/publish.sh has not been run")

MANAGE = """
import os, sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
"""

SETTINGS = """
DEBUG = True
SECRET_KEY = "x"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [%s]
ROOT_URLCONF = "site_urls"
STATIC_URL = "/static/"
STATICFILES_DIRS = ["assets"]
DATABASES = {}
USE_TZ = True
%s
"""

URLS = """
from django.http import HttpResponse
from django.urls import path


def hello(request):
    return HttpResponse("hello by " + type(request).__name__)


urlpatterns = [path("", hello)]
"""

APPS = '"hydra_server", "django.contrib.staticfiles"'


class Server:
    """manage.py in a directory; its output is read until it says where it serves."""

    def __init__(self, directory, *arguments, apps=APPS, settings=""):
        for name, text in (("manage.py", MANAGE), ("site_settings.py", SETTINGS % (apps, settings)), ("site_urls.py", URLS)):
            (directory / name).write_text(text)
        (directory / "site_asgi.py").write_text("from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n")
        (directory / "site_wsgi.py").write_text("from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n")
        (directory / "assets").mkdir(exist_ok=True)
        (directory / "assets" / "site.css").write_text("body {}")
        environment = dict(os.environ, PYTHONPATH=os.path.join(ROOT, "package"), HYDRA_BIN=EXECUTABLE, PYTHONDONTWRITEBYTECODE="1")
        self.directory = directory
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", *arguments], cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said = ""
        self.url = ""

    def __enter__(self):
        while not self.url:
            line = self.process.stdout.readline()
            self.said += line
            assert line, self.said
            found = re.search(r"ready at (http://\S+)", line)
            self.url = found.group(1) if found else ""
        return self

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGTERM)
        self.said += self.process.communicate(timeout=60)[0]
        assert self.process.returncode == 0, self.said

    def get(self, path="/"):
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return answer.read().decode()


@pytest.mark.parametrize(
    "settings, request_class",
    [("", "WSGIRequest"), ('WSGI_APPLICATION = "site_wsgi.application"', "WSGIRequest"), ('ASGI_APPLICATION = "site_asgi.application"', "ASGIRequest")],
)
def test_runserver_is_hydra_with_static_files_and_reload(tmp_path, settings, request_class):
    with Server(tmp_path, "127.0.0.1:0", settings=settings) as server:
        assert "System check identified no issues" in server.said
        assert server.get() == "hello by " + request_class
        assert server.get("/static/site.css") == "body {}"
        (tmp_path / "site_urls.py").write_text(URLS.replace("hello by", "changed to"))
        assert server.get() == "changed to " + request_class


def test_templates_are_watched_and_what_the_server_writes_is_not(tmp_path):
    (tmp_path / "mails" / "templates" / "mails").mkdir(parents=True)
    with Server(tmp_path, "127.0.0.1:0", settings='TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["mails/templates"]}]') as server:
        (tmp_path / "out.txt").write_text("a line of its log")
        (tmp_path / "db.sqlite3").write_text("a row")
        assert server.get() == "hello by WSGIRequest"
        (tmp_path / "mails" / "templates" / "mails" / "welcome.txt").write_text("Hello")
        assert server.get() == "hello by WSGIRequest"
    assert "welcome.txt has changed" in server.said
    assert "out.txt" not in server.said and "sqlite" not in server.said


def test_options_of_django_are_heeded(tmp_path):
    with Server(tmp_path, "0", "--noreload", "--nostatic") as server:
        assert server.get() == "hello by WSGIRequest"
        with pytest.raises(urllib.error.HTTPError) as raised:
            server.get("/static/site.css")
        assert raised.value.code == 404
        (tmp_path / "site_urls.py").write_text(URLS.replace("hello by", "changed to"))
        assert server.get() == "hello by WSGIRequest"


def test_insecure_serves_files_without_debug(tmp_path):
    with Server(tmp_path, "127.0.0.1:0", "--insecure", settings="DEBUG = False") as server:
        assert server.get("/static/site.css") == "body {}"


def test_order_of_the_applications_is_checked(tmp_path):
    server = Server(tmp_path, "127.0.0.1:0", "--noreload", apps='"django.contrib.staticfiles", "hydra_server"')
    said, _ = server.process.communicate(timeout=60)
    assert "hydra_server.E001" in said
    assert server.process.returncode != 0
