"""The kernel is missing, dies, is shut down: one line says so, and everything goes on by itself when it is back."""
import contextlib
import json
import os
import pathlib
import signal
import sys
import unittest
import urllib.request

from world import ROOT, Case, eventually, install_kernel


def sessions(world):
    with urllib.request.urlopen(world.url + "/api/sessions") as answer:
        return [session for session in json.load(answer) if session["path"] == ".nbkatib"]


def request(world, method, path):
    urllib.request.urlopen(urllib.request.Request(world.url + path, method=method))


def kill_kernels(world):
    """SIGKILL for the nbkatib kernels of this server; how many there were."""
    killed = 0
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = (status.parent / "cmdline").read_bytes().split(b"\0")
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            if parent == world.server.pid and b"kernel" in words and words[0].endswith(b"nbkatib"):
                os.kill(int(status.parent.name), signal.SIGKILL)
                killed += 1
    return killed


class Missing(Case):
    options = {"kernel": False}

    @classmethod
    def prepare(cls, world):
        world.notebook(ROOT / "examples/breast_cancer.ipynb")

    def test_missing_then_installed(self):
        self.opened("breast_cancer.ipynb")
        self.lab.panel.get_by_text("is not installed for this Jupyter server").wait_for()
        self.lab.picture("kernel-missing")
        self.assertEqual(self.page.locator(".jp-Dialog").count(), 0)
        install_kernel(self.world.prefix)
        self.lab.panel.get_by_text("3 of 3 searched").wait_for(timeout=40000)
        self.assertEqual(self.lab.panel.get_by_role("status").first.text_content(), "")


OLD = """
def opened(comm, message):
    @comm.on_msg
    def answer(message):
        request = message['content']['data']
        error = {'code': -32001, 'message': 'another protocol', 'data': {'version': '0.0.9'}}
        comm.send({'jsonrpc': '2.0', 'id': request['id'], 'error': error})
get_ipython().kernel.comm_manager.register_target('nbkatib', opened)
"""


class Program(Case):
    """A program that ends at once, then one of another version, then the right one, all under the kernelspec's one name."""

    @classmethod
    def prepare(cls, world):
        world.notebook(ROOT / "examples/breast_cancer.ipynb")
        spec = world.prefix / "share/jupyter/kernels/nbkatib/kernel.json"
        kernel = json.loads(spec.read_text())
        cls.argv = kernel["argv"]
        cls.script = world.folder / "nbkatib"
        cls.put("exit 3")
        spec.write_text(json.dumps({**kernel, "argv": [str(cls.script), *cls.argv[1:]]}))
        (world.folder / "old.py").write_text(OLD)

    @classmethod
    def put(cls, text):
        fresh = cls.script.with_suffix(".new")
        fresh.write_text(f"#!/bin/sh\n{text}\n")
        fresh.chmod(0o755)
        fresh.replace(cls.script)

    def test_broken_then_old_then_right(self):
        self.opened("breast_cancer.ipynb")
        line = self.lab.panel.get_by_role("status").first
        line.get_by_text("No answer from the nbkatib kernel").wait_for(timeout=60000)
        self.lab.picture("kernel-broken")
        file = next(self.argv[i + 1] for i, word in enumerate(self.argv) if word == "-f")
        at = self.argv.index(file)
        self.put(f'exec {sys.executable} -m ipykernel_launcher -f "${at}" --IPKernelApp.exec_files={self.world.folder}/old.py')
        line.get_by_text("The nbkatib program (0.0.9) and this extension do not fit together.").wait_for(timeout=60000)
        self.lab.picture("kernel-old")
        self.assertEqual(self.page.locator(".jp-Dialog").count(), 0)
        self.put(f'exec {self.argv[0]} "$@"')
        session = sessions(self.world)[0]
        request(self.world, "POST", f"/api/kernels/{session['kernel']['id']}/restart")
        self.lab.panel.get_by_text("3 of 3 searched").wait_for(timeout=60000)
        self.assertEqual(line.text_content(), "")

    def test_killed(self):
        """As the kernel's memory killer does it: the server starts it again, and the page follows."""
        self.put(f'exec {self.argv[0]} "$@"')
        self.opened("breast_cancer.ipynb")
        self.lab.panel.get_by_text("3 of 3 searched").wait_for(timeout=60000)
        self.assertTrue(kill_kernels(self.world))
        self.lab.panel.get_by_role("status").first.get_by_text("nbkatib kernel").wait_for()
        self.assertTrue(eventually(lambda: self.lab.panel.get_by_role("status").first.text_content() == "", 60))
        self.lab.panel.get_by_role("button", name="Set Up Katib Job").click()
        self.lab.dialog.get_by_text("Ready to run").wait_for(timeout=40000)


class Dies(Case):
    @classmethod
    def prepare(cls, world):
        world.notebook(ROOT / "examples/breast_cancer.ipynb")

    def test_restart_and_shutdown(self):
        self.opened("breast_cancer.ipynb")
        self.lab.panel.get_by_text("3 of 3 searched").wait_for(timeout=40000)
        second = self.lab.context.new_page()
        second.goto(self.world.url + "/lab?reset")
        second.locator("[role=tab][data-id=nbkatib-panel]").click()
        second.locator("#nbkatib-panel").get_by_text("Nothing has been run yet.").wait_for()
        second.wait_for_timeout(3000)
        self.assertEqual(len(sessions(self.world)), 1, "one kernel for all tabs of a server")
        second.close()

        kernel = sessions(self.world)[0]["kernel"]["id"]
        request(self.world, "POST", f"/api/kernels/{kernel}/restart")
        self.works()
        request(self.world, "DELETE", f"/api/sessions/{sessions(self.world)[0]['id']}")
        self.works()
        self.assertTrue(eventually(lambda: len(sessions(self.world)) == 1))

    def works(self):
        """A change of the notebook is read again, by whichever kernel."""
        dialog = self.lab.dialog
        self.page.wait_for_timeout(1500)
        self.lab.panel.get_by_role("button", name="Set Up Katib Job").click()
        dialog.get_by_text("Ready to run").wait_for(timeout=40000)
        dialog.get_by_role("button", name="Cancel").click()
        dialog.wait_for(state="detached")


if __name__ == "__main__":
    unittest.main()
