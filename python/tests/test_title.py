"""What the application and ps see of how the server was started."""

import sys
import unittest

from tests.fake_front import Front


class ProcessTests(unittest.TestCase):
    def test_arguments_are_those_of_the_server(self):
        arguments = ["/usr/bin/hydra", "--workers", "2", "caf\xe9:app"]
        with Front("process_facts:app", arguments="\0".join(arguments)) as front:
            front.ready()
            said = front.get("/argv").body
            self.assertEqual(said, b"\0".join(a.encode("latin-1") for a in arguments))

    def test_variables_that_are_no_text_arrive_as_they_are(self):
        with Front("process_facts:app", variables="ODD=caf\xe9\0OTHER=\xff=1") as front:
            front.ready()
            self.assertEqual(front.get("/environ", query="ODD").body, b"caf\xe9")
            self.assertEqual(front.get("/environ", query="OTHER").body, b"\xff=1")

    @unittest.skipUnless(sys.platform.startswith("linux"), "there is no /proc")
    def test_title_names_worker_and_application(self):
        with Front("process_facts:app", worker=0, name="shop") as front:
            front.ready()
            with open("/proc/%d/cmdline" % front.process.pid, "rb") as file:
                self.assertEqual(file.read().rstrip(b"\0"), b"hydra: worker 0 shop")
            with open("/proc/%d/comm" % front.process.pid, "rb") as file:
                self.assertEqual(file.read(), b"hydra: worker 0\n")
            # What lies behind the arguments is the environment, which is whole.
            self.assertEqual(front.get("/environ", query="HYDRA_WORKER_ID").body, b"0")

    def test_import_may_look_at_the_arguments(self):
        with Front("process_facts:app", arguments="hydra\0--port\x008000") as front:
            front.ready()
            self.assertEqual(front.get("/first").body, b"--port")


if __name__ == "__main__":
    unittest.main()
