"""nbkatib install: where the kernelspec goes, that Jupyter finds it, and that it goes away again."""
import json
import os
import sys
import unittest

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import start_new_kernel
from world import World

import house

FILES = ["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]


class Install(unittest.TestCase):
    def setUp(self):
        self.world = World(house.DEV)
        self.addCleanup(self.world.close)

    def install(self, *options):
        done = self.world.run("install", *options, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def check(self, below, *options):
        folder = self.world.folder / below / "kernels/nbkatib"
        for _ in range(2):
            found = self.install(*options)
            self.assertEqual((found["folder"], found["installed"]), (str(folder), True))
            self.assertEqual(sorted(p.name for p in folder.iterdir()), FILES)
        spec = json.loads((folder / "kernel.json").read_text())
        self.assertEqual(spec["argv"], [house.DEV, "kernel", "-f", "{connection_file}"])
        self.assertEqual((spec["language"], spec["interrupt_mode"]), ("nbkatib", "message"))
        self.assertEqual((folder / "logo-64x64.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        for removed in (True, False):
            self.assertEqual(self.install(*options, "--remove")["removed"], removed)
            self.assertFalse(folder.exists())

    def test_user(self):
        self.check(".local/share/jupyter", "--user")
        self.check(".local/share/jupyter")
        self.world.env["JUPYTER_DATA_DIR"] = str(self.world.folder / "data")
        self.check("data", "--user")

    def test_prefix(self):
        self.check("a prefix/share/jupyter", "--prefix", self.world.folder / "a prefix")

    def test_sys_prefix(self):
        (self.world.folder / "venv").mkdir()
        self.world.env["VIRTUAL_ENV"] = str(self.world.folder / "venv")
        self.check("venv/share/jupyter", "--sys-prefix")

    def test_bare(self):
        found = self.install("--prefix", self.world.folder, "--bare")
        self.assertEqual(found["program"], "nbkatib")

    def test_refusals(self):
        self.assertEqual(self.world.run("install", "--user", "--sys-prefix").returncode, 3)
        self.world.write("share/jupyter/kernels/nbkatib/precious", "x")
        done = self.world.run("install", "--remove", "--prefix", self.world.folder)
        self.assertEqual(done.returncode, 5)
        self.assertIn("no kernel.json", done.stderr)
        self.assertTrue((self.world.folder / "share/jupyter/kernels/nbkatib/precious").exists())

    def test_jupyter_starts_it(self):
        self.install("--prefix", self.world.folder)
        path = os.environ.get("JUPYTER_PATH")
        os.environ["JUPYTER_PATH"] = str(self.world.folder / "share/jupyter")
        try:
            self.assertEqual(KernelSpecManager().get_kernel_spec("nbkatib").language, "nbkatib")
            manager, client = start_new_kernel(kernel_name="nbkatib", env=self.world.env)
            self.assertEqual(client.execute_interactive("list", output_hook=lambda m: None, timeout=20)["content"]["status"], "ok")
            client.stop_channels()
            manager.interrupt_kernel()
            manager.restart_kernel()
            again = manager.client()
            again.start_channels()
            again.wait_for_ready(timeout=20)
            again.stop_channels()
            manager.shutdown_kernel()
        finally:
            os.environ.pop("JUPYTER_PATH")
            if path is not None:
                os.environ["JUPYTER_PATH"] = path


if __name__ == "__main__":
    sys.exit("run by tests/kernel/run")
