"""The plane itself: it leaves no process and no mount, however it ends; and its code is in shape."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

import plane as planes
from processes import until

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE / "plane"

# A plane with a Pod that runs: it says where it is, and waits.
ALIVE = """
import sys, time
sys.path.insert(0, sys.argv[1])
import plane
from processes import until
with plane.Plane() as p:
    namespace = p.namespace("team")
    p.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "long"}, "spec": {"shareProcessNamespace": True,
             "containers": [{"name": "main", "image": "host", "command": ["sleep", "86399"]}]}}, namespace)
    until("it runs", lambda: p.core.read_namespaced_pod("long", namespace).status.phase == "Running")
    print(p.folder, flush=True)
    sys.stdin.read()
"""


def of_plane(folder):
    """Processes that name the plane's folder, and those of its Pod."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in line or "sleep 86399" in line:
            found.append(line)
    return found


class Endings(unittest.TestCase):
    def setUp(self):
        reason = planes.available()
        if reason:
            self.skipTest(reason)
        self.process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", ALIVE, str(HERE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.kill)
        self.folder = self.process.stdout.readline().strip()
        self.assertTrue(self.folder, "the plane did not start")
        self.assertGreater(len(of_plane(self.folder)), 4)

    def nothing_is_left(self):
        until("no process is left", lambda: not of_plane(self.folder), 20)
        self.assertNotIn(self.folder, pathlib.Path("/proc/mounts").read_text())

    def test_in_good_order(self):
        self.process.communicate(timeout=60)
        self.assertEqual(self.process.returncode, 0)
        self.nothing_is_left()
        self.assertFalse(os.path.exists(self.folder))

    def test_by_a_kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.nothing_is_left()
        subprocess.run(["rm", "-r", self.folder], check=True)


@unittest.skipUnless(shutil.which("go"), "there is no go to look at the code with")
class Code(unittest.TestCase):
    def test_format(self):
        done = subprocess.run(["gofmt", "-l", SOURCE], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "")

    def test_vet(self):
        done = subprocess.run(["go", "vet", "-trimpath", "./cmd/plane", "./internal/..."], cwd=SOURCE, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_size(self):
        for path in SOURCE.rglob("*.go"):
            self.assertLess(len(path.read_text().splitlines()), 500, path)


if __name__ == "__main__":
    unittest.main()
