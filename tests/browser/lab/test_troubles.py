"""An experiment in trouble: trials that fail, a notebook that is renamed, closed, busy or new, a server that starts again."""
import json
import unittest

from world import Case, eventually, read, source
from test_stored import METRICS, PARAMETERS, notebook

FAILS = "if x == 2:\n    print('about to fail')\n    raise ValueError('two is wrong')\nscore = x + w"


def job(values, parallel=1):
    return {"parameters": [{"name": "x", "parameterType": "discrete", "feasibleSpace": {"list": [str(value) for value in values]}}],
            "objective": {"type": "maximize", "objectiveMetricName": "score", "additionalMetricNames": []},
            "algorithm": {"algorithmName": "grid"}, "maxTrialCount": len(values), "maxFailedTrialCount": 3, "parallelTrialCount": parallel}


def cells(body, parameters="x = 7"):
    return [("p", parameters, PARAMETERS), ("b", body, ""), ("m", "print(score)", METRICS)]


QUICK = cells("score = x")
SLOW = cells("import time\ntime.sleep(1.5)\nscore = x")
VALUES = [1, 2, 3]


class Troubles(Case):
    @classmethod
    def prepare(cls, world):
        for name, document in {
            "fails": notebook(job(VALUES), cells=cells(FAILS, "x = 7\nw = 0.5")),
            "renamed": notebook(job(VALUES), cells=SLOW),
            "closed": notebook(job(VALUES), cells=SLOW),
            "busy": notebook(job([1]), cells=cells("score = x", "x = 7\ny = x * 2")),
            "toolbar": {**notebook(job(VALUES), cells=QUICK, katib_run=False)},
            "server": notebook(job(range(1, 11)), cells=SLOW),
        }.items():
            (world.root / f"{name}.ipynb").write_text(json.dumps(document, indent=1) + "\n")

    def run_it(self, name):
        self.opened(f"{name}.ipynb")
        self.lab.panel.get_by_text("1 of").first.wait_for()
        self.lab.panel.get_by_role("button", name="Run Katib Job").click()
        self.lab.view.get_by_role("progressbar").wait_for()
        return self.lab.view

    def ended(self, text):
        self.lab.view.locator("[role=progressbar]:not([data-live])").wait_for(timeout=120000)
        self.lab.view.get_by_text(text).first.wait_for()

    def cell(self, index=0):
        return self.page.locator(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell").nth(index)

    def text(self, name, index=0):
        return source(read(self.world.root / f"{name}.ipynb")["cells"][index])

    def apply(self, to):
        self.lab.view.get_by_role("button", name="Apply Best Values").click()
        question = self.page.locator(".jp-Dialog")
        question.get_by_text(f"to {to}").wait_for()
        question.get_by_role("button", name="Apply").click()
        self.cell().get_by_text("x = 3").wait_for()

    def test_a_trial_that_failed(self):
        """Its error, its log, its notebook; then the best values, and Ctrl+Z in the cell."""
        view = self.run_it("fails")
        self.ended("2 of 3 trials succeeded · 1 failed")
        view.get_by_role("tab", name="Trials").click()
        view.locator("tbody tr", has_text="Failed").click()
        alert = view.get_by_role("alert")
        alert.get_by_text("Cell 1: ").wait_for()
        alert.get_by_text("ValueError: two is wrong").first.wait_for()
        alert.get_by_label("Traceback").filter(has_text="raise ValueError").wait_for()
        view.get_by_role("tab", name="Log").click()
        view.locator(".jp-nbkatib-Log").filter(has_text="two is wrong").wait_for()
        self.lab.picture("trial-failed")
        view.get_by_role("button", name="Open Executed Notebook").click()
        self.page.locator(".jp-NotebookPanel:visible").get_by_text("about to fail").first.wait_for()
        self.assertFalse(self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.contentsModel.writable"))
        self.lab.command("application:close")

        self.apply("fails.ipynb")
        self.cell().locator(".cm-content").click()
        self.page.keyboard.press("Control+z")
        self.cell().get_by_text("x = 7").wait_for()
        self.page.keyboard.press("Control+Shift+z")
        self.cell().get_by_text("x = 3").wait_for()
        self.page.keyboard.press("End")
        self.page.keyboard.type("  # mine")
        self.page.locator(".Toastify").get_by_role("button", name="Undo").click()
        self.page.locator(".Toastify").get_by_text("A cell was changed since").wait_for()
        self.cell().get_by_text("# mine").wait_for()

    def test_renamed(self):
        """While the dialog is open, and while it runs: the values find the notebook under its new name."""
        self.opened("renamed.ipynb")
        dialog = self.dialog()
        self.rename("renamed.ipynb", "first.ipynb")
        dialog.get_by_text("first.ipynb").wait_for()
        dialog.get_by_text("Ready to run").wait_for()
        dialog.get_by_role("button", name="Run").click()
        self.lab.view.get_by_role("progressbar").wait_for()
        self.rename("first.ipynb", "second.ipynb")
        self.ended("3 of 3 trials succeeded")
        self.apply("second.ipynb")
        self.page.locator(".jp-NotebookPanel").first.wait_for()
        self.lab.command("application:close")
        self.page.locator(".jp-Dialog").get_by_role("button", name="Discard").click()
        self.page.locator(".jp-NotebookPanel").wait_for(state="detached")
        self.lab.view.locator("header").get_by_role("button", name="first.ipynb").click()
        self.page.locator(".Toastify").get_by_text("first.ipynb is no longer there").wait_for()

    def rename(self, old, new):
        self.page.evaluate("([a, b]) => window.jupyterapp.serviceManager.contents.rename(a, b)", [old, new])

    def test_closed(self):
        """The dialog goes with its notebook and says so; an experiment goes on without."""
        view = self.run_it("closed")
        self.page.locator(".lm-TabBar-tab", has_text="closed.ipynb").first.click()
        dialog = self.dialog()
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.dispose()")
        dialog.wait_for(state="detached")
        self.page.locator(".Toastify").get_by_text("The notebook was closed").wait_for()
        self.ended("3 of 3 trials succeeded")
        self.apply("closed.ipynb")
        self.assertEqual([error for error in self.lab.errors if "TypeError" in error], [])
        self.assertTrue(view.count())

    def test_untitled_and_never_saved(self):
        self.lab.open()
        self.lab.show_panel()
        self.page.evaluate("""async cells => {
            const { commands } = window.jupyterapp;
            const panel = await commands.execute('notebook:create-new', { kernelName: 'python3' });
            await panel.context.ready;
            const { sharedModel } = panel.content.model;
            sharedModel.transact(() => {
                cells.forEach(([id, source, tag], i) => sharedModel.insertCell(i, {
                    cell_type: 'code', source, metadata: tag ? { tags: [tag] } : {} }));
                sharedModel.setMetadata('kubeflow_notebook', { katib_run: true });
            });
        }""", [list(each) for each in QUICK])
        self.lab.panel.get_by_text("1 of 1 searched").wait_for()
        dialog = self.dialog()
        dialog.get_by_label("Max Trial Count").fill("2")
        dialog.get_by_text("Ready to run").wait_for()
        self.page.wait_for_timeout(600)
        dialog.get_by_role("button", name="Run").click()
        self.ended("2 of 2 trials succeeded")
        file = next(self.world.root.glob("Untitled*.ipynb"))
        self.assertNotIn("score", file.read_text(), "the file was not written behind the user's back")

    def test_busy(self):
        """The notebook's own kernel is at work: the dialog shows the expression as it is written, and trials run."""
        self.opened("busy.ipynb")
        self.page.evaluate("""async () => {
            const { sessionContext } = window.jupyterapp.shell.currentWidget;
            await sessionContext.ready;
            void sessionContext.session.kernel.requestExecute({ code: 'import time; time.sleep(60)' });
        }""")
        dialog = self.dialog()
        dialog.get_by_text("x * 2").first.wait_for()
        dialog.get_by_text("Ready to run").wait_for()
        dialog.get_by_role("button", name="Run").click()
        self.ended("1 of 1 trials succeeded")

    def test_one_trial_from_the_toolbar(self):
        """With Enable Katib off: the notebook's own values, not the stored search."""
        self.opened("toolbar.ipynb")
        self.lab.panel.get_by_role("button", name="Run One Trial").wait_for()
        self.page.locator(".jp-NotebookPanel-toolbar [data-command='nbkatib:run']").first.click()
        self.ended("1 of 1 trials succeeded")
        self.lab.view.get_by_role("tab", name="Trials (1)").click()
        self.assertEqual(self.lab.view.locator("tbody tr td:nth-child(3)").all_inner_texts(), ["7"])

    def test_the_server_starts_again(self):
        """The experiment lives on, the page connects again by itself, and its view goes on to the end."""
        view = self.run_it("server")
        view.get_by_role("tab", name="Trials").click()
        view.locator("tbody tr", has_text="Succeeded").first.wait_for(timeout=60000)
        self.world.restart()
        self.ended("10 of 10 trials succeeded")
        self.assertEqual(view.get_by_role("status").first.text_content(), "")
        self.assertEqual(view.locator("tbody tr", has_text="Succeeded").count(), 10)


if __name__ == "__main__":
    unittest.main()
