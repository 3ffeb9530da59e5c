"""``hydra_server`` in INSTALLED_APPS: ``manage.py runserver`` runs Hydra."""

from typing import Any, List

from django.apps import AppConfig
from django.core import checks


class HydraConfig(AppConfig):
    """Has ``runserver`` be Hydra's, which an application further up in INSTALLED_APPS would take from it."""

    name = "hydra_server"
    verbose_name = "Hydra"

    def ready(self) -> None:
        checks.register(check_order)


def check_order(app_configs: Any, **options: Any) -> List[Any]:
    """Where django.contrib.staticfiles stands further up, runserver is its."""
    from django.conf import settings

    names = [name.partition(".apps.")[0] for name in settings.INSTALLED_APPS]
    if "django.contrib.staticfiles" in names and names.index("django.contrib.staticfiles") < names.index("hydra_server"):
        return [
            checks.Error(
                "hydra_server has to stand above django.contrib.staticfiles in INSTALLED_APPS: else runserver is Django's own.",
                id="hydra_server.E001",
            )
        ]
    return []
