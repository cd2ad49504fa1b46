"""What a notebook stores, at its worst: wrong types, removed parameters, megabytes, missing cells, two tabs. Nothing is lost in silence."""
import json
import unittest

from world import Case, Page, eventually, read

PARAMETERS, METRICS = "pipeline-parameters", "pipeline-metrics"


def notebook(katib=None, own=None, cells=None, **kale):
    cells = cells or [("p", "lr = 0.1\nn = 5", PARAMETERS), ("b", "acc = lr * n", ""), ("m", "print(acc)", METRICS)]
    kale = {"katib_run": True, **kale}
    if katib is not None:
        kale["katib_metadata"] = katib
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, "kubeflow_notebook": kale}
    if own is not None:
        metadata["nbkatib"] = own
    return {"cells": [{"cell_type": "code", "id": id, "source": source, "outputs": [], "execution_count": None,
                       "metadata": {"tags": [tag]} if tag else {}} for id, source, tag in cells],
            "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def double(name, low="0", high="1", **more):
    return {"name": name, "parameterType": "double", "feasibleSpace": {"min": low, "max": high, **more}}


LR = double("lr")
UNREADABLE = [5, {"parameterType": "int"}, "lr", double("lr", "3", "4")]

BROKEN = {
    "katib-text": (notebook("abc"), ["The stored katib_metadata is no object"]),
    "members": (notebook({"parameters": {"a": 1}, "objective": "maximize", "algorithm": ["grid"], "maxTrialCount": "many"}),
                ["parameters was ignored: a list", "objective was ignored: an object", "algorithm was ignored: an object",
                 "maxTrialCount was ignored: a whole number"]),
    "parameters": (notebook({"parameters": [UNREADABLE[0], LR, *UNREADABLE[1:]]}), ["an object with a name was expected"]),
    "ranges": (notebook({"parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": None},
                                        {"name": "n", "parameterType": "categorical", "feasibleSpace": {"list": "abc"}}]}),
               ["feasibleSpace was ignored: an object", "feasibleSpace.list was ignored: a list"]),
    "own": (notebook(own=[1]), ['holds "nbkatib" that is no object']),
    "newer": (notebook(own={"version": 99, "parameters": "x", "maxTrialCount": {}}), ["its version is not 1"]),
}

# Kale's own faults: "float", settings of another algorithm, a goal of 0, an empty step, numbers that are texts.
KALE = {"parameters": [{"name": "lr", "parameterType": "float", "feasibleSpace": {"min": 0, "max": "1", "step": ""}}, double("gone")],
        "objective": {"type": "minimize", "goal": 0, "objectiveMetricName": "acc", "additionalMetricNames": []},
        "algorithm": {"algorithmName": "grid", "algorithmSettings": [{"name": "acq_func", "value": "EI"}]},
        "maxTrialCount": "7", "maxFailedTrialCount": 3, "parallelTrialCount": 3, "odd": [1]}

HUGE = notebook({"parameters": [double("lr"), {"name": "n", "parameterType": "discrete",
                                               "feasibleSpace": {"list": [str(i) for i in range(3000)]}}]}, blob="x" * 3_000_000)


class Stored(Case):
    @classmethod
    def prepare(cls, world):
        cls.write(world, "kale", notebook(KALE, autosnapshot=True))
        cls.write(world, "huge", HUGE)
        for name, (document, _) in BROKEN.items():
            cls.write(world, name, document)
        for name in ("numbers", "tabs", "Größe (2)"):
            cls.write(world, name, notebook())
        cls.write(world, "untagged", notebook(cells=[("p", "lr = 0.1", ""), ("b", "acc = lr", ""), ("m", "print(acc)", "")]))

    @staticmethod
    def write(world, name, document):
        (world.root / f"{name}.ipynb").write_text(json.dumps(document, indent=1) + "\n")

    def metadata(self, name):
        return read(self.world.root / f"{name}.ipynb")["metadata"]

    def katib(self, name):
        return self.metadata(name)["kubeflow_notebook"].get("katib_metadata")

    def field(self, label, row="lr"):
        return self.lab.dialog.get_by_role("group", name=f"Space of {row}").get_by_label(label, exact=True)

    def button(self, name):
        return self.lab.dialog.get_by_role("button", name=name, exact=True)

    def keep(self):
        self.button("Save").click()
        self.lab.dialog.wait_for(state="detached")
        self.save()

    def test_wrong_types_are_told_and_do_no_harm(self):
        self.opened("katib-text.ipynb")
        for name, (document, texts) in BROKEN.items():
            with self.subTest(name):
                self.lab.command("docmanager:open", path=f"{name}.ipynb")
                self.lab.panel.get_by_role("heading", name=f"{name}.ipynb").wait_for()
                dialog = self.dialog()
                for text in texts:
                    dialog.get_by_text(text).first.wait_for()
                if name == "members":
                    self.lab.picture("dialog-ignored")
                self.button("Cancel").click()
                dialog.wait_for(state="detached")
                self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
                for key in ("kubeflow_notebook", "nbkatib"):
                    self.assertEqual(self.metadata(name).get(key), document["metadata"].get(key))

    def test_what_cannot_be_read_stays_in_the_list(self):
        self.write(self.world, "kept", BROKEN["parameters"][0])
        self.opened("kept.ipynb")
        self.dialog()
        self.field("Max").fill("0.5")
        self.keep()
        want = [UNREADABLE[0], double("lr", high="0.5"), *UNREADABLE[1:]]
        self.assertTrue(eventually(lambda: self.katib("kept")["parameters"] == want, 5), self.katib("kept"))

    def test_kales_faults_and_a_removed_parameter(self):
        self.opened("kale.ipynb")
        self.lab.panel.get_by_text("Advanced Settings").click()
        self.assertTrue(self.lab.panel.get_by_role("switch", name="Take snapshots").is_checked())
        dialog = self.dialog()
        dialog.get_by_text("The notebook no longer has it. It is kept, but not searched.").wait_for()
        self.assertEqual(dialog.get_by_label("Goal").input_value(), "0")
        self.assertEqual(dialog.get_by_label("Max Trial Count").input_value(), "7")
        self.assertTrue(dialog.get_by_label("gone", exact=True).is_disabled())
        dialog.get_by_role("tab", name="Preview").click()
        preview = dialog.get_by_label("Experiment as YAML")
        preview.filter(has_text="name: lr").wait_for()
        for text in ("gone", "acq_func"):
            self.assertNotIn(text, preview.text_content())
        self.keep()
        self.page.wait_for_timeout(500)
        self.assertEqual(self.katib("kale"), {**KALE, "maxTrialCount": 7})
        self.dialog()
        self.button("Forget gone").click()
        self.keep()
        self.assertTrue(eventually(lambda: self.katib("kale")["parameters"] == KALE["parameters"][:1], 5))

    def test_megabytes(self):
        self.opened("huge.ipynb")
        self.dialog()
        self.field("Max").fill("0.5")
        self.keep()
        self.assertTrue(eventually(lambda: self.katib("huge") and self.katib("huge")["parameters"][0] == double("lr", high="0.5")))
        after = self.metadata("huge")["kubeflow_notebook"]
        self.assertEqual(after["blob"], "x" * 3_000_000)
        self.assertEqual(after["katib_metadata"]["parameters"][1], HUGE["metadata"]["kubeflow_notebook"]["katib_metadata"]["parameters"][1])

    def test_numbers(self):
        self.opened("numbers.ipynb")
        dialog = self.dialog()
        dialog.get_by_text("Ready to run").wait_for()
        for text, problem in (("1,5", 'found "1,5"; a double needs'), ("", "is missing"), ("abc", 'found "abc"'), ("1e400", "1e400")):
            with self.subTest(text):
                self.field("Min").fill(text)
                dialog.get_by_text(problem).first.wait_for()
                self.assertTrue(eventually(lambda: self.field("Min").get_attribute("aria-invalid") == "true"))
                self.assertEqual(self.button("Run").get_attribute("aria-disabled"), "true")
                self.assertEqual(self.field("Min").input_value(), text, "what was typed stays")
        self.field("Scale").select_option("uniform")
        for text in ("1e-3", "-.5", " 0.25 "):
            with self.subTest(text):
                self.field("Min").fill(text)
                dialog.get_by_text("Ready to run").wait_for()
        for label in ("Parallel Trial Count", "Max Failed Trial Count"):
            with self.subTest(label):
                before = dialog.get_by_label(label).input_value()
                dialog.get_by_label(label).fill("1,5")
                dialog.get_by_text("A whole number is expected").wait_for()
                dialog.get_by_label(label).fill(before)
                dialog.get_by_text("Ready to run").wait_for()
        dialog.get_by_label("Goal").fill("1,5")
        dialog.get_by_text("A number, or nothing").wait_for()
        dialog.get_by_label("Goal").fill("1e-3")
        dialog.get_by_text("Ready to run").wait_for()
        self.field("Min").fill("-.5")
        self.keep()
        self.assertTrue(eventually(lambda: self.katib("numbers")))
        self.assertEqual(self.katib("numbers")["parameters"][0]["feasibleSpace"]["min"], "-.5")
        self.assertEqual(self.katib("numbers")["objective"]["goal"], 0.001)

    def test_a_name_that_katib_refuses(self):
        self.opened("Größe (2).ipynb")
        dialog = self.dialog()
        dialog.get_by_text("Ready to run").wait_for()
        dialog.get_by_role("tab", name="Preview").click()
        preview = dialog.get_by_label("Experiment as YAML")
        preview.filter(has_text="kind: Experiment").wait_for()
        self.assertRegex(preview.text_content(), r"\n  name: [a-z][-a-z0-9]*[a-z0-9]\n")

    def test_cells_that_are_missing(self):
        self.opened("untagged.ipynb")
        self.page.locator(".jp-Notebook .jp-Cell").nth(0).click()
        dialog = self.dialog()
        dialog.get_by_text("No pipeline parameters found. Give a cell").wait_for()
        dialog.get_by_text("No pipeline metrics found. Give a cell").wait_for()
        dialog.get_by_label("Goal").fill("0.75")
        self.lab.picture("dialog-no-cells")
        self.button("Make Cell 0 the Pipeline Parameters").click()
        dialog.get_by_role("group", name="Space of lr").wait_for()
        self.assertEqual(dialog.get_by_label("Goal").input_value(), "0.75", "what was typed stays")
        dialog.get_by_text("The selected cell is Pipeline Parameters already.").wait_for()
        self.button("Cancel").click()
        self.page.locator(".jp-Notebook .jp-Cell").nth(2).click()
        dialog = self.dialog()
        self.button("Make Cell 2 the Pipeline Metrics").click()
        dialog.get_by_text("Ready to run").wait_for()
        self.assertEqual(dialog.get_by_label("Reference Metric").input_value(), "acc")
        self.button("Cancel").click()
        self.save()
        tags = lambda: [cell["metadata"].get("tags", []) for cell in read(self.world.root / "untagged.ipynb")["cells"]]
        self.assertTrue(eventually(lambda: tags() == [[PARAMETERS], [], [METRICS]]), tags())

    def test_two_tabs(self):
        """The second to save is asked; a dialog that is open when the first one's settings arrive says so."""
        self.opened("tabs.ipynb")
        other = Page(self.browser, self.world, *self.size)
        self.addCleanup(other.context.close)
        other.open("tabs.ipynb")
        other.show_panel()
        other.panel.get_by_role("button", name="Set Up Katib Job").click()
        other.dialog.get_by_label("Max Trial Count").fill("9")
        other.dialog.get_by_role("button", name="Save").click()
        other.command("docmanager:save")
        self.assertTrue(eventually(lambda: (self.katib("tabs") or {}).get("maxTrialCount") == 9))

        dialog = self.dialog()
        dialog.get_by_label("Max Trial Count").fill("5")
        self.button("Save").click()
        self.page.wait_for_timeout(1000)
        self.lab.command("docmanager:save")
        question = self.page.locator(".jp-Dialog")
        question.get_by_text("has changed on disk").wait_for()
        self.assertEqual(self.katib("tabs")["maxTrialCount"], 9, "not overwritten before the answer")
        question.get_by_role("button", name="Cancel").click()

        dialog = self.dialog()
        dialog.get_by_label("Max Trial Count").fill("6")
        self.page.evaluate("() => void window.jupyterapp.shell.currentWidget.context.revert()")
        dialog.get_by_text("was changed elsewhere").wait_for()
        self.assertEqual(dialog.get_by_label("Max Trial Count").input_value(), "6", "what was typed stays")
        self.lab.picture("dialog-changed-elsewhere")
        self.button("Load It").click()
        self.assertTrue(eventually(lambda: dialog.get_by_label("Max Trial Count").input_value() == "9"))
        dialog.get_by_text("was changed elsewhere").wait_for(state="detached")


if __name__ == "__main__":
    unittest.main()
