"""The kernel is missing, dies, is shut down: one line says so, and everything goes on by itself when it is back."""
import json
import unittest
import urllib.request

from world import ROOT, Case, eventually, install_kernel


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


class Dies(Case):
    @classmethod
    def prepare(cls, world):
        world.notebook(ROOT / "examples/breast_cancer.ipynb")

    def sessions(self):
        with urllib.request.urlopen(self.world.url + "/api/sessions") as answer:
            return [session for session in json.load(answer) if session["path"] == ".nbkatib"]

    def request(self, method, path):
        urllib.request.urlopen(urllib.request.Request(self.world.url + path, method=method))

    def test_restart_and_shutdown(self):
        self.opened("breast_cancer.ipynb")
        self.lab.panel.get_by_text("3 of 3 searched").wait_for(timeout=40000)
        second = self.lab.context.new_page()
        second.goto(self.world.url + "/lab?reset")
        second.locator("[role=tab][data-id=nbkatib-panel]").click()
        second.locator("#nbkatib-panel").get_by_text("Nothing has been run yet.").wait_for()
        second.wait_for_timeout(3000)
        self.assertEqual(len(self.sessions()), 1, "one kernel for all tabs of a server")
        second.close()

        kernel = self.sessions()[0]["kernel"]["id"]
        self.request("POST", f"/api/kernels/{kernel}/restart")
        self.works()
        self.request("DELETE", f"/api/sessions/{self.sessions()[0]['id']}")
        self.works()
        self.assertTrue(eventually(lambda: len(self.sessions()) == 1))

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
