"""The dialog Set Up Katib Job: what it reads, what it says of bad input, what it writes, on our example and the shared notebooks."""
import copy
import re
import unittest

from world import NOTEBOOKS, ROOT, Case, eventually, read

SHARED = ["car-price/predict_car_price.ipynb", "kale/dog-breed-katib.ipynb", "kale/open-vaccine.ipynb",
          "kale/pipeline_parameters_and_metrics.ipynb", "kale/taxicab_pipeline.ipynb", "kale/xgboost_iris.ipynb"]


def plain(katib):
    """A stored job with its numbers as texts, as Kale's reader takes them."""
    out = copy.deepcopy(katib)
    for parameter in out.get("parameters", []):
        space = parameter["feasibleSpace"]
        for key in ("min", "max", "step"):
            if key in space:
                space[key] = str(space[key])
        if not space.get("step"):
            space.pop("step", None)
    return out


class Job(Case):
    @classmethod
    def prepare(cls, world):
        for name in ("edit", "cancel", "open", "panel"):
            world.notebook(ROOT / "examples/breast_cancer.ipynb", f"{name}.ipynb")

    def kale(self, name):
        return read(self.world.root / name)["metadata"].get("kubeflow_notebook", {})

    def row(self, name):
        return self.lab.dialog.get_by_role("group", name=f"Space of {name}")

    def test_disabled_until_enabled(self):
        self.opened("cancel.ipynb")
        switch = self.lab.panel.get_by_role("switch", name="Enable Katib")
        switch.click()
        button = self.lab.panel.get_by_role("button", name="Set Up Katib Job")
        self.assertTrue(eventually(lambda: button.get_attribute("aria-disabled") == "true"))
        self.assertEqual(button.get_attribute("title"), "Turn on Enable Katib first")
        self.lab.panel.get_by_role("button", name="Run One Trial").wait_for()
        self.lab.picture("panel-off")

    def test_edit(self):
        before = self.kale("edit.ipynb")
        self.opened("edit.ipynb")
        dialog = self.dialog()
        for title in ("Search Space Parameters", "Search Algorithm", "Search Objective", "Run Parameters"):
            dialog.get_by_role("heading", name=title).wait_for()
        self.assertEqual(dialog.get_by_label("Max Trial Count").input_value(), "12")
        self.assertEqual(self.row("N_ESTIMATORS").get_by_label("Min").input_value(), "20")
        self.assertEqual(self.row("LEARNING_RATE").get_by_label("Scale").input_value(), "logUniform")
        self.lab.picture("dialog")

        field = self.row("N_ESTIMATORS").get_by_label("Min")
        field.fill("90")
        dialog.get_by_text("more than max").wait_for()
        self.assertTrue(eventually(lambda: field.get_attribute("aria-invalid") == "true"))
        self.assertEqual(dialog.get_by_role("button", name="Run").get_attribute("aria-disabled"), "true")
        self.lab.picture("dialog-error")
        dialog.get_by_role("button", name="Reset to Derived").click()
        self.assertEqual(field.input_value(), "20")

        self.row("LEARNING_RATE").get_by_label("Step").fill("0.005")
        dialog.get_by_text(re.compile(r"^\d+ combinations$")).wait_for()
        self.row("MAX_DEPTH").get_by_label("Space").select_option("list")
        value = self.row("MAX_DEPTH").get_by_label("New value of MAX_DEPTH")
        value.fill("5")
        value.press("Enter")
        dialog.get_by_label("N_ESTIMATORS", exact=True).uncheck()
        dialog.get_by_label("Algorithm", exact=True).select_option("random")
        dialog.get_by_label("Type").select_option("minimize")
        dialog.get_by_label("Reference Metric").select_option("test-loss")
        dialog.get_by_label("Goal").fill("0.01")
        dialog.get_by_label("Max Trial Count").fill("")
        dialog.get_by_label("Parallel Trial Count").fill("2")
        dialog.get_by_text("until the goal is reached").wait_for()
        dialog.get_by_role("tab", name="Preview").click()
        preview = dialog.get_by_label("Experiment as YAML")
        preview.filter(has_text="objectiveMetricName: test-loss").wait_for()
        self.assertNotIn("N_ESTIMATORS", preview.text_content())
        with self.page.expect_download() as download:
            dialog.get_by_role("button", name="Download YAML").click()
        self.assertEqual(download.value.suggested_filename, "edit.yaml")
        self.lab.picture("dialog-preview")
        dialog.get_by_role("button", name="Save").click()
        dialog.wait_for(state="detached")
        self.assertEqual(self.kale("edit.ipynb"), before, "Save alone does not write to disk")

        self.save()
        self.assertTrue(eventually(lambda: "katib_metadata" in self.kale("edit.ipynb")))
        after = self.kale("edit.ipynb")
        katib = after.pop("katib_metadata")
        self.assertEqual(after, before)
        self.assertEqual(katib, {
            "parameters": [
                {"name": "MAX_DEPTH", "parameterType": "discrete", "feasibleSpace": {"list": ["3", "5"]}},
                {"name": "LEARNING_RATE", "parameterType": "double",
                 "feasibleSpace": {"min": "0.005", "max": "0.5", "step": "0.005", "distribution": "logUniform"}}],
            "objective": {"type": "minimize", "objectiveMetricName": "test-loss", "additionalMetricNames": ["accuracy"], "goal": 0.01},
            "algorithm": {"algorithmName": "random"},
            "maxTrialCount": 12, "maxFailedTrialCount": 3, "parallelTrialCount": 2})
        self.assertEqual(read(self.world.root / "edit.ipynb")["metadata"]["nbkatib"], {"version": 1, "maxTrialCount": None})

    def test_cancel_changes_nothing(self):
        self.opened("open.ipynb")
        dialog = self.dialog()
        dialog.get_by_label("Max Trial Count").fill("99")
        self.page.keyboard.press("Escape")
        dialog.wait_for(state="detached")
        self.assertEqual(self.page.evaluate("document.activeElement.textContent"), "Set Up Katib Job")
        before = self.kale("open.ipynb")
        self.save()
        self.page.wait_for_timeout(1000)
        self.assertEqual(self.kale("open.ipynb"), before)

    def test_advanced_settings(self):
        self.opened("panel.ipynb")
        panel = self.lab.panel
        panel.get_by_text("Advanced Settings").click()
        panel.get_by_text("No cluster is connected").wait_for()
        panel.get_by_role("switch", name="Debug").click()
        panel.get_by_label("… of a trial").fill("15m")
        panel.get_by_label("… of a trial").press("Enter")
        panel.get_by_label("Memory limit").fill("4Gi")
        panel.get_by_label("Memory limit").press("Enter")
        panel.get_by_role("button", name="Add Volume").click()
        panel.get_by_label("Select Volume Type").select_option("snap")
        panel.get_by_label("Snapshot URL").fill("http://rok/x")
        panel.get_by_label("Snapshot URL").press("Enter")
        panel.get_by_label("Name", exact=True).fill("Bad!")
        panel.get_by_label("Name", exact=True).press("Enter")
        panel.get_by_text("Lower case letters, digits").wait_for()
        panel.get_by_label("Name", exact=True).fill("data")
        panel.get_by_label("Name", exact=True).press("Enter")
        self.lab.picture("panel-advanced")
        self.save()
        self.assertTrue(eventually(lambda: self.kale("panel.ipynb").get("volumes")))
        kale = self.kale("panel.ipynb")
        self.assertEqual(kale["steps_defaults"], ["limit:memory:4Gi"])
        self.assertEqual(kale["volumes"], [{"type": "new_pvc", "name": "data", "mount_point": "", "size": 1, "size_type": "Gi",
                                           "annotations": [{"key": "rok/origin", "value": "http://rok/x"}], "snapshot": False}])
        self.assertEqual(read(self.world.root / "panel.ipynb")["metadata"]["nbkatib"],
                         {"version": 1, "options": {"keep": True, "trialTimeout": "15m"}})


@unittest.skipUnless((NOTEBOOKS / SHARED[0]).exists(), "no shared notebooks (NBKATIB_NOTEBOOKS)")
class SharedNotebooks(Case):
    @classmethod
    def prepare(cls, world):
        for name in SHARED:
            world.notebook(NOTEBOOKS / name)

    def test_what_is_stored_survives(self):
        for path in SHARED:
            name = path.split("/")[-1]
            with self.subTest(name):
                self.one(name, read(NOTEBOOKS / path))
            self.lab.context.close()
            self.setUp()

    def one(self, name, before):
        self.opened(name)
        self.lab.dismiss_kernel_prompt()
        switch = self.lab.panel.get_by_role("switch", name="Enable Katib")
        if switch.get_attribute("aria-checked") != "true":
            switch.click()
        dialog = self.dialog()
        self.lab.picture("shared-" + name.split(".")[0])
        stored = before["metadata"]["kubeflow_notebook"].get("katib_metadata", {})
        for parameter in stored.get("parameters", []):
            dialog.get_by_label(parameter["name"], exact=True).first.wait_for()
        dialog.get_by_role("button", name="Save").click()
        dialog.wait_for(state="detached")
        self.save()
        target = self.world.root / name
        self.assertTrue(eventually(lambda: "katib_metadata" in read(target)["metadata"]["kubeflow_notebook"]
                                   and read(target) != before))
        after = read(target)
        katib = after["metadata"]["kubeflow_notebook"].pop("katib_metadata")
        old = before["metadata"]["kubeflow_notebook"].pop("katib_metadata", {})
        kale = {**before["metadata"]["kubeflow_notebook"], "katib_run": True}
        self.assertEqual(after["metadata"]["kubeflow_notebook"], kale)
        self.assertEqual({key: plain(katib).get(key) for key in old if old[key] or key != "parameters"},
                         {key: plain(old)[key] for key in old if old[key] or key != "parameters"})
        self.assertEqual([cell["metadata"].get("tags") for cell in after["cells"]],
                         [cell["metadata"].get("tags") for cell in before["cells"]])
        self.assertEqual(["".join(cell["source"]) for cell in after["cells"]], ["".join(cell["source"]) for cell in before["cells"]])


if __name__ == "__main__":
    unittest.main()
