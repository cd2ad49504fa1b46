"""axe-core on every view, in the light, the dark and the high contrast theme, at two sizes: nothing serious; and a picture of each."""
import unittest

from world import AXE, ROOT, Case

THEMES = ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"]


@unittest.skipUnless(AXE.exists(), "axe-core is not installed (labextension/node_modules)")
class Access(Case):
    @classmethod
    def prepare(cls, world):
        world.notebook(ROOT / "examples/breast_cancer.ipynb")

    def test_views(self):
        name = None
        for theme in THEMES:
            for size in ((1280, 800), (900, 600)):
                with self.subTest(theme=theme, size=size):
                    tag = f"{theme.split(' ', 1)[1].replace(' ', '').lower()}-{size[0]}"
                    self.page.set_viewport_size({"width": size[0], "height": size[1]})
                    self.opened("breast_cancer.ipynb")
                    self.lab.command("apputils:change-theme", theme=theme)
                    self.page.wait_for_timeout(1500)
                    name = self.views(tag, name)

    def views(self, tag, name):
        self.lab.panel.get_by_text("3 of 3 searched").wait_for(timeout=40000)
        self.lab.panel.get_by_text("Advanced Settings").click()
        self.seen("#nbkatib-panel", f"{tag}-panel")
        self.accessible(".jp-nbkatib-Chip", "chips")
        self.lab.panel.get_by_text("Advanced Settings").click()
        dialog = self.dialog()
        dialog.get_by_text("Ready to run").wait_for()
        self.seen("dialog.jp-nbkatib-Dialog", f"{tag}-dialog")
        dialog.get_by_label("Min").first.fill("x")
        dialog.get_by_text("1 error").wait_for()
        self.seen("dialog.jp-nbkatib-Dialog", f"{tag}-dialog-error")
        dialog.get_by_label("Min").first.fill("20")
        dialog.get_by_label("Max Trial Count").fill("3")
        dialog.get_by_role("tab", name="Preview").click()
        dialog.get_by_label("Experiment as YAML").filter(has_text="kind: Experiment").wait_for()
        self.seen("dialog.jp-nbkatib-Dialog", f"{tag}-preview")
        if name is None:
            dialog.get_by_role("button", name="Run").click()
        else:
            dialog.get_by_role("button", name="Cancel").click()
            self.lab.command("nbkatib:open-experiment", experiment=name)
        view = self.lab.view
        view.locator("[role=progressbar]:not([data-live])").wait_for(timeout=60000)
        view.locator("figure svg, figure canvas").first.wait_for()
        self.seen(".jp-nbkatib-Experiment", f"{tag}-charts")
        view.get_by_role("tab", name="Trials").click()
        view.locator("tbody tr").first.click()
        view.get_by_role("tab", name="Values").wait_for()
        self.seen(".jp-nbkatib-Experiment", f"{tag}-trials")
        return view.get_by_role("heading", level=1).inner_text()

    def seen(self, selector, name):
        self.lab.picture(name)
        self.accessible(selector, name)


if __name__ == "__main__":
    unittest.main()
