"""Roles of cells: the menu, the chip, steps and what depends on them; undo; what is not ours stays."""
import json
import unittest

from world import Case, eventually, read

CELLS = [
    ("a", "lr = 0.1", ["hide-input", "mine"]),
    ("b", "x = lr", ["step:load", "keep"]),
    ("c", "y = x", ["step:train", "prev:load", "limit:nvidia.com/gpu:2"]),
    ("d", "print(y)", []),
]


def notebook():
    cells = [{"cell_type": "code", "id": id, "source": source, "outputs": [], "execution_count": None,
              "metadata": {**({"tags": tags} if tags else {}), "other": {"kept": [1, 2]}}} for id, source, tags in CELLS]
    return {"cells": cells, "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
                                         "unknown": {"x": 1}}, "nbformat": 4, "nbformat_minor": 5}


class Cells(Case):
    @classmethod
    def prepare(cls, world):
        for name in ("menu", "step", "undo", "keys"):
            (world.root / f"{name}.ipynb").write_text(json.dumps(notebook(), indent=1) + "\n")

    def tags(self, name):
        return [cell["metadata"].get("tags", []) for cell in read(self.world.root / name)["cells"]]

    def saved(self, name, want):
        self.save()
        self.assertTrue(eventually(lambda: self.tags(name) == want, 10), (self.tags(name), want))

    def test_menu(self):
        self.opened("menu.ipynb")
        self.lab.panel.get_by_role("switch", name="Enable Katib").click()
        self.chip(0).click()
        self.choose("Pipeline Parameters")
        self.chip(0).filter(has_text="Pipeline Parameters").wait_for()
        self.page.locator(".jp-Notebook .jp-Cell").nth(3).click()
        self.page.locator(".jp-cell-toolbar").get_by_role("button", name="Role of the cell").click()
        self.choose("Pipeline Metrics")
        self.chip(3).filter(has_text="Pipeline Metrics").wait_for()
        self.lab.picture("cells-roles")
        want = [["pipeline-parameters", "hide-input", "mine"], CELLS[1][2], CELLS[2][2], ["pipeline-metrics"]]
        self.saved("menu.ipynb", want)
        after = read(self.world.root / "menu.ipynb")
        self.assertEqual([cell["metadata"]["other"] for cell in after["cells"]], [{"kept": [1, 2]}] * 4)
        self.assertEqual(after["metadata"]["unknown"], {"x": 1})
        self.assertEqual(after["metadata"]["kubeflow_notebook"], {"katib_run": True})

    def test_step(self):
        self.opened("step.ipynb")
        self.chip(1).click()
        self.choose("Pipeline Step")
        dialog = self.lab.dialog
        dialog.get_by_label("Step name").fill("Bad Name")
        dialog.get_by_text("Lower case letters").wait_for()
        self.lab.picture("step-dialog")
        dialog.get_by_label("Step name").fill("read")
        dialog.get_by_role("button", name="OK").click()
        self.chip(1).filter(has_text="step: read").wait_for()
        self.chip(2).click()
        self.choose("Pipeline Step")
        dialog.get_by_label("GPU", exact=True).select_option("amd.com/gpu")
        dialog.get_by_label("GPU Count").fill("3")
        dialog.get_by_role("button", name="OK").click()
        dialog.wait_for(state="detached")
        self.saved("step.ipynb", [CELLS[0][2], ["step:read", "keep"], ["step:train", "prev:read", "limit:amd.com/gpu:3"], []])

    def test_undo(self):
        self.opened("undo.ipynb")
        self.chip(1).click()
        self.choose("Skip Cell")
        self.chip(1).filter(has_text="Skip Cell").wait_for()
        self.lab.command("notebook:undo-cell-action")
        self.chip(1).filter(has_text="step: load").wait_for()
        self.saved("undo.ipynb", [list(tags) for _, _, tags in CELLS])

    def test_keys(self):
        self.opened("keys.ipynb")
        self.page.locator(".jp-Notebook .jp-Cell").nth(1).click()
        self.chip(1).focus()
        self.page.keyboard.press("Enter")
        self.page.locator(".lm-Menu").wait_for()
        self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")
        self.chip(1).filter(has_text="Functions").wait_for()
        self.saved("keys.ipynb", [CELLS[0][2], ["functions", "keep"], ["step:train", "limit:nvidia.com/gpu:2"], []])


if __name__ == "__main__":
    unittest.main()
