"""Jupyter Notebook 7: the extension is quiet on its pages and works beside a notebook; the kernel's cells show progress and charts."""
import unittest

from world import SMALL, Case, eventually, virtual_environment, write_notebook

CELLS = ["run small.ipynb --trials 2 --name seven", "report seven"]


class Notebook7(Case):
    @classmethod
    def setUpClass(cls):
        cls.options = {"python": virtual_environment("notebook", "notebook>=7", "jupyter-console", "ipykernel"), "application": "notebook"}
        super().setUpClass()

    @classmethod
    def prepare(cls, world):
        write_notebook(world.root / "small.ipynb", [("import math", ["imports"]), *SMALL[1:]])
        write_notebook(world.root / "verbs.ipynb", [(text, []) for text in CELLS], kernel="nbkatib")

    def goto(self, path, wait_for):
        self.page.goto(f"{self.world.url}/{path}")
        self.page.locator(wait_for).first.wait_for()

    def quiet(self):
        self.assertEqual([text for text in self.lab.errors if "nbkatib" in text], [])

    def test_pages_without_a_notebook(self):
        self.goto("tree", ".jp-DirListing-item")
        self.page.wait_for_timeout(1000)
        self.quiet()

    def test_panel(self):
        self.goto("notebooks/small.ipynb", ".jp-Notebook .jp-Cell")
        self.chip(1).filter(has_text="Pipeline Parameters").wait_for()
        self.lab.command("nbkatib:show-panel")
        self.lab.panel.get_by_role("switch", name="Enable Katib").click()
        self.lab.panel.get_by_text("2 of 2 searched").wait_for()
        dialog = self.dialog()
        dialog.get_by_text("Ready to run").wait_for()
        self.lab.picture("notebook7-dialog")
        dialog.get_by_role("button", name="Cancel").click()
        self.quiet()

    def test_cells_of_the_kernel(self):
        self.goto("notebooks/verbs.ipynb", ".jp-Notebook .jp-Cell")
        self.page.locator(".jp-Notebook .jp-Cell").nth(0).click()
        self.page.wait_for_function("() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")
        self.lab.command("notebook:run-all-cells")
        first, second = (self.page.locator(".jp-Notebook .jp-Cell").nth(i) for i in range(2))
        first.get_by_text("seven  Succeeded").first.wait_for(timeout=60000)
        width = lambda: (first.locator(".jp-RenderedVegaCommon5 svg, .jp-RenderedVegaCommon5 canvas").first.bounding_box() or {"width": 0})["width"]
        self.assertTrue(eventually(lambda: width() > 100), width())
        link = second.get_by_role("link", name="seven.html")
        link.wait_for()
        self.assertTrue(eventually(lambda: "/seven.html" in link.get_attribute("href")))
        self.lab.picture("notebook7-cells")
        self.quiet()


if __name__ == "__main__":
    unittest.main()
