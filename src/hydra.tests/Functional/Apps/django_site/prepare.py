"""Makes the database and the user "admin"; the test runs this before it starts the server: python -m django_site.prepare"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_site.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
User.objects.create_superuser("admin", "admin@example.org", "correct horse")
