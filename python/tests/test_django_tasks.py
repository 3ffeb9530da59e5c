"""`hydra_server.django_tasks` where no server is: what it says of its options, and of enqueueing. What it does in workers is tested by DjangoTasksTests."""

import os
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Django has one configuration in a process.
PROGRAM = """
import django_six, django
from django.conf import settings
BACKEND = "hydra_server.django_tasks.HydraTaskBackend"
settings.configure(USE_TZ=True, TASKS={
    "default": {"BACKEND": BACKEND},
    "local": {"BACKEND": BACKEND, "OPTIONS": {"outside": "local", "retries": 2}},
    "unknown": {"BACKEND": BACKEND, "OPTIONS": {"retry": 2}},
    "wrong": {"BACKEND": BACKEND, "OPTIONS": {"retries": -1}},
    "nowhere": {"BACKEND": BACKEND, "OPTIONS": {"outside": "there"}},
    "forgotten": {"BACKEND": BACKEND, "OPTIONS": {"keep": 0}},
})
django.setup()
from django.tasks import task, task_backends

@task
def usual():
    return 1

@task(backend="local")
def here():
    return 2

for call in (usual.enqueue, lambda: usual.get_result("5"), lambda: task_backends["unknown"], lambda: task_backends["wrong"], lambda: task_backends["nowhere"]):
    try:
        print("no error", call())
    except Exception as error:
        print(type(error).__name__, error)
print(here.enqueue().return_value, task_backends["forgotten"].supports_get_result, task_backends["default"].supports_get_result)
"""


def run(program, **variables):
    places = [os.path.join(ROOT, "package"), os.path.join(ROOT, "src", "hydra.tests", "Functional", "Apps")]
    return subprocess.run(
        [sys.executable, "-c", program], env=dict(os.environ, PYTHONPATH=os.pathsep.join(places), **variables),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
    )


class BackendTests(unittest.TestCase):
    def setUp(self):
        try:
            import django  # noqa: F401
        except ImportError:
            raise unittest.SkipTest("there is no Django for this Python")

    def test_outside_of_the_server(self):
        ended = run(PROGRAM)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        lines = ended.stdout.splitlines()
        for line, start in zip(lines, (
            "TasksUnavailable tasks of HydraTaskBackend are enqueued in the workers of Hydra, and this process is none",
            "TasksUnavailable tasks are known in the workers of Hydra",
            "InvalidTaskBackend HydraTaskBackend has no option retry; there are retries, backoff, timeout, keep, outside",
            "InvalidTaskBackend the options of HydraTaskBackend: retries is a whole number",
            'InvalidTaskBackend the option "outside" of HydraTaskBackend is "local" or "error", not \'there\'',
        )):
            self.assertEqual(line[: len(start)], start)
        self.assertEqual(lines[5:], ["2 False True"])

    def test_without_tasks_of_django(self):
        ended = run("import sys; sys.modules['django.tasks'] = sys.modules['django_tasks'] = None; import hydra_server.django_tasks")
        self.assertIn("ImportError: hydra_server.django_tasks is a backend for django.tasks, which Django 6.0 and newer has", ended.stderr)


if __name__ == "__main__":
    unittest.main()
