"""An experiment from the button to the best values in the saved file: progress, trials, logs, notebooks, exports, reload, stop, delete."""
import unittest

from world import ROOT, Case, eventually, read, source


class Experiment(Case):
    @classmethod
    def prepare(cls, world):
        for name in ("run", "stop", "keys", "single"):
            world.notebook(ROOT / "examples/breast_cancer.ipynb", f"{name}.ipynb")

    def start(self, name, trials="4"):
        self.opened(name)
        dialog = self.dialog()
        dialog.get_by_label("Max Trial Count").fill(trials)
        dialog.get_by_text("Ready to run").wait_for()
        self.page.wait_for_timeout(600)
        dialog.get_by_role("button", name="Run").click()
        self.lab.view.get_by_role("progressbar").wait_for()
        return self.lab.view

    def ended(self):
        self.lab.view.locator("[role=progressbar]:not([data-live])").wait_for(timeout=90000)

    def test_run_watch_apply_save(self):
        view = self.start("run.ipynb")
        view.get_by_text("running").first.wait_for()
        view.get_by_role("tab", name="Trials").click()
        view.locator("tbody tr").nth(0).click()
        view.get_by_role("tab", name="Log").click()
        self.ended()
        view.get_by_label("Log", exact=True).last.wait_for()
        self.page.locator(".Toastify").get_by_text("Succeeded").wait_for()
        self.lab.picture("experiment-trials")

        with self.subTest("sorting"):
            view.get_by_role("button", name="accuracy").click()
            column = lambda: [float(text) for text in view.locator("tbody tr td:nth-child(3)").all_inner_texts() if text]
            self.assertEqual(column(), sorted(column()))
            view.get_by_role("button", name="accuracy").click()
            self.assertEqual(column(), sorted(column(), reverse=True))

        with self.subTest("charts"):
            view.get_by_role("tab", name="Charts").click()
            width = lambda: (view.locator("figure svg, figure canvas").first.bounding_box() or {"width": 0})["width"]
            self.assertTrue(eventually(lambda: width() > 200), width())
            for size in ((900, 600), self.size):
                self.page.set_viewport_size(dict(zip(("width", "height"), size)))
                self.assertTrue(eventually(lambda: self.inside(view)), f"the chart is cut at {size}")
            self.lab.picture("experiment-charts")

        with self.subTest("exports"):
            with self.page.expect_download() as download:
                view.get_by_role("button", name="CSV").click()
            rows = download.value.path().read_text().splitlines()
            self.assertEqual(len(rows), 5)
            self.assertIn("LEARNING_RATE", rows[0])
            with self.page.expect_download() as download:
                view.get_by_role("button", name="YAML").click()
            self.assertIn("Experiment", download.value.path().read_text())

        with self.subTest("executed notebook"):
            view.get_by_role("tab", name="Trials").click()
            view.locator("tbody tr").nth(0).click()
            view.get_by_role("button", name="Open Executed Notebook").click()
            trial = self.page.locator(".jp-NotebookPanel:visible .jp-Notebook")
            trial.get_by_text("injected-parameters").or_(trial.locator(".jp-Cell").first).first.wait_for()
            model = self.page.evaluate("""() => { const w = window.jupyterapp.shell.currentWidget;
                return [w.context.path, w.context.contentsModel.writable, w.content.widgets.map(c => c.model.trusted)]; }""")
            self.assertTrue(model[0].startswith("nbkatib:"))
            self.assertFalse(model[1])
            self.assertNotIn(True, model[2])
            self.lab.picture("executed-notebook")
            self.lab.command("application:close")

        with self.subTest("reload"):
            self.page.wait_for_timeout(1500)
            self.page.goto(self.world.url + "/lab")
            view = self.lab.view
            view.get_by_text("4 of 4 trials succeeded").wait_for()

        before = read(self.world.root / "run.ipynb")
        view.get_by_role("button", name="Apply Best Values").click()
        question = self.page.locator(".jp-Dialog")
        question.get_by_text("+LEARNING_RATE").or_(question.get_by_text("+N_ESTIMATORS")).first.wait_for()
        self.lab.picture("apply-diff")
        question.get_by_role("button", name="Apply").click()
        best = {dt.inner_text(): dt.locator("xpath=../dd").get_attribute("title") for dt in view.locator(".jp-nbkatib-Best dt").all()}
        cell = lambda: self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets[2].model.sharedModel.getSource()")
        self.assertTrue(eventually(lambda: "LEARNING_RATE = " + best["LEARNING_RATE"] in cell()), (best, cell()))
        self.page.locator(".Toastify").get_by_role("button", name="Undo").click()
        self.assertTrue(eventually(lambda: cell() == source(before["cells"][2])))
        self.lab.command("nbkatib:apply-values", experiment=self.name())
        question.get_by_role("button", name="Apply").click()
        self.assertTrue(eventually(lambda: cell() != source(before["cells"][2])))
        self.save()
        self.assertTrue(eventually(lambda: source(read(self.world.root / "run.ipynb")["cells"][2]) == cell()))
        after = read(self.world.root / "run.ipynb")
        for index, (old, new) in enumerate(zip(before["cells"], after["cells"])):
            if index != 2:
                self.assertEqual(source(new), source(old))
            self.assertEqual(new["metadata"].get("tags"), old["metadata"].get("tags"))

        self.lab.command("nbkatib:open-experiment", experiment=self.name())
        view.get_by_role("button", name="Run Again with Changes").click()
        self.lab.dialog.get_by_text("From the experiment").first.wait_for()
        self.assertEqual(self.lab.dialog.get_by_label("Max Trial Count").input_value(), "4")
        self.lab.dialog.get_by_role("button", name="Cancel").click()

    def inside(self, view):
        """Whether the first chart, its legend and all, fills its figure and is not cut at an edge."""
        return view.locator("figure").first.evaluate("""figure => {
            const canvas = figure.querySelector('canvas')?.getBoundingClientRect();
            const place = figure.getBoundingClientRect();
            return canvas && Math.abs(canvas.left - place.left) < 2 && Math.abs(canvas.right - place.right) < 2; }""")

    def name(self):
        return self.lab.panel.locator("[data-experiment]").first.get_attribute("data-experiment") or self.page.evaluate(
            "() => [...window.jupyterapp.shell.widgets('main')].find(w => w.id.startsWith('nbkatib-experiment-')).title.label")

    def test_stop_resume_delete(self):
        view = self.start("stop.ipynb", "40")
        view.get_by_role("button", name="Stop", exact=True).click()
        self.ended()
        view.get_by_text("Stopped").first.wait_for()
        self.lab.picture("experiment-stopped")
        view.get_by_role("button", name="Resume").click()
        view.locator("[role=progressbar][data-live]").wait_for()
        view.get_by_role("button", name="Stop", exact=True).click()
        self.ended()
        name = view.get_by_role("heading", level=1).inner_text()
        view.get_by_role("button", name="Delete").click()
        self.page.locator(".jp-Dialog").get_by_role("button", name="Cancel").click()
        view.get_by_role("button", name="Delete").click()
        self.page.locator(".jp-Dialog").get_by_role("button", name="Delete").click()
        view.wait_for(state="detached")
        self.lab.panel.locator(f"[data-experiment='{name}']").wait_for(state="detached")

    def test_single_trial(self):
        self.opened("single.ipynb")
        self.lab.panel.get_by_role("switch", name="Enable Katib").click()
        self.lab.panel.get_by_role("button", name="Run One Trial").click()
        self.lab.view.get_by_role("progressbar").wait_for()
        self.ended()
        self.lab.view.get_by_text("1 of 1 trials succeeded").or_(self.lab.view.get_by_text("1 trial succeeded")).first.wait_for()

    def test_keyboard_only(self):
        """From the command palette's shortcut to a started experiment, without the pointer."""
        self.lab.open("keys.ipynb")
        press = self.page.keyboard.press
        press("Control+Alt+k")
        self.lab.panel.get_by_role("switch").wait_for()
        self.page.locator(".jp-NotebookPanel:visible .jp-Notebook").focus()
        press("Control+Alt+j")
        self.lab.dialog.get_by_text("Ready to run").wait_for()
        seen = []
        for _ in range(60):
            press("Tab")
            label = self.page.evaluate("() => { const e = document.activeElement; return e.labels?.[0]?.textContent || e.textContent }")
            seen.append(label)
            if label == "Max Trial Count":
                press("Control+a")
                self.page.keyboard.type("3")
                self.page.wait_for_timeout(800)
            if label == "Run":
                press("Enter")
                break
        self.assertIn("Max Trial Count", seen)
        self.assertIn("Min", seen)
        self.lab.view.get_by_role("progressbar").wait_for()
        self.ended()
        self.lab.view.get_by_role("tab", name="Charts").focus()
        press("ArrowRight")
        self.lab.view.locator("tbody tr").first.locator("button").focus()
        press("ArrowDown")
        self.lab.view.locator("tbody tr").nth(1).and_(self.page.locator("[aria-selected=true]")).wait_for()


if __name__ == "__main__":
    unittest.main()
