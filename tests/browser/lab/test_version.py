"""The extension in another JupyterLab than the one it is built with: JUPYTERLAB names it, else the oldest that is promised.

    JUPYTERLAB=4.4 tests/browser/lab/run test_version.py
"""
import os
import unittest

from world import SMALL, Case, eventually, virtual_environment, write_notebook

VERSION = os.environ.get("JUPYTERLAB") or "4.2"


class Version(Case):
    @classmethod
    def setUpClass(cls):
        cls.options = {"python": virtual_environment(f"lab-{VERSION}", f"jupyterlab=={VERSION}.*", "ipykernel")}
        super().setUpClass()

    @classmethod
    def prepare(cls, world):
        write_notebook(world.root / "small.ipynb", SMALL)

    def test_from_the_switch_to_the_best_values(self):
        unsatisfied = []
        self.page.on("console", lambda message: "atisf" in message.text and unsatisfied.append(message.text))
        self.opened("small.ipynb")
        self.assertEqual(self.page.evaluate("window.jupyterapp.version").split(".")[:2], VERSION.split(".")[:2])
        self.lab.panel.get_by_role("switch", name="Enable Katib").click()
        self.chip(0).click()
        self.choose("Imports")
        self.chip(0).filter(has_text="Imports").wait_for()
        self.page.locator(".jp-Notebook .jp-Cell").nth(3).click()
        self.page.locator(".jp-cell-toolbar").get_by_role("button", name="Role of the cell").wait_for()
        dialog = self.dialog()
        dialog.get_by_label("Max Trial Count").fill("2")
        dialog.get_by_text("Ready to run").wait_for()
        self.lab.picture(f"dialog-{VERSION}")
        self.page.wait_for_timeout(600)
        dialog.get_by_role("button", name="Run").click()
        view = self.lab.view
        view.get_by_text("2 of 2 trials succeeded").wait_for(timeout=60000)
        view.get_by_role("tab", name="Charts").click()
        width = lambda: (view.locator("figure svg, figure canvas").first.bounding_box() or {"width": 0})["width"]
        self.assertTrue(eventually(lambda: width() > 200), width())
        self.lab.picture(f"experiment-{VERSION}")
        view.get_by_role("tab", name="Trials").click()
        view.locator("tbody tr").nth(0).click()
        view.get_by_role("button", name="Open Executed Notebook").click()
        self.page.locator(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell").first.wait_for()
        self.lab.command("application:close")
        best = {dt.inner_text(): dt.locator("xpath=../dd").get_attribute("title") for dt in view.locator(".jp-nbkatib-Best dt").all()}
        view.get_by_role("button", name="Apply Best Values").click()
        self.page.locator(".jp-Dialog").get_by_role("button", name="Apply").click()
        source = lambda: self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.getSource()")
        self.assertTrue(eventually(lambda: "LEARNING_RATE = " + best["LEARNING_RATE"] in source()), (best, source()))
        self.assertEqual(unsatisfied, [], "shared packages that this JupyterLab has in other versions")
        self.assertEqual([text for text in self.lab.errors if "nbkatib" in text], [])


if __name__ == "__main__":
    unittest.main()
