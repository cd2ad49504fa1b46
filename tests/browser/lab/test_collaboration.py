"""Two people in one notebook (jupyter-collaboration): each sees what the other does to roles, steps, the job and the values,
takes back their own and nothing else, and whatever is done goes through the document they share: no page writes the file."""
import os
import unittest

from world import SMALL, Case, Page, eventually, read, source, virtual_environment, write_notebook

TAGS = "cell => cell.getMetadata('tags') ?? []"


class Collaboration(Case):
    @classmethod
    def setUpClass(cls):
        version = os.environ.get("JUPYTERLAB") or "4.6"
        peer = {"4.2": "jupyter-collaboration<4", "4.3": "jupyter-collaboration<4", "4.4": "jupyter-collaboration<5",
                "4.5": "jupyter-collaboration<5"}.get(version, "jupyter-collaboration")
        cls.options = {"python": virtual_environment(f"collaboration-{version}", f"jupyterlab=={version}.*", peer, "ipykernel")}
        super().setUpClass()

    @classmethod
    def prepare(cls, world):
        write_notebook(world.root / "roles.ipynb", SMALL)
        write_notebook(world.root / "values.ipynb", SMALL)

    def setUp(self):
        super().setUp()
        self.other = Page(self.browser, self.world, *self.size)
        self.addCleanup(self.other.context.close)
        self.writes = []
        for person in self.people:
            person.page.on("request", self.note)

    @property
    def people(self):
        return self.lab, self.other

    def note(self, request):
        if request.method in ("PUT", "PATCH", "POST") and "/api/contents/" in request.url:
            self.writes.append(f"{request.method} {request.url}")

    def meet(self, name):
        for person in self.people:
            person.open()
            # Before JupyterLab 4.4 what is shared is a drive of its own, from which the file browser opens.
            shared = "() => window.jupyterapp.serviceManager.contents.driveName('RTC:x')"
            person.command("docmanager:open", path=f"{person.page.evaluate(shared)}:{name}".lstrip(":"))
            person.page.locator(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell").first.wait_for()
            person.dismiss_kernel_prompt()
            person.show_panel()
            person.panel.get_by_role("switch", name="Enable Katib").wait_for()
        same = lambda: len(self.cells(self.lab, "cell => cell.getId()")) == len(SMALL) == len(self.cells(self.other, "cell => cell.getId()"))
        self.assertTrue(eventually(same))

    def cells(self, person, what):
        return person.page.evaluate(f"""() => {{
            const panel = [...window.jupyterapp.shell.widgets('main')].find(widget => widget.context?.path.endsWith('.ipynb'));
            return panel.content.model.sharedModel.cells.map({what}); }}""")

    def metadata(self, person):
        return person.page.evaluate("""() => [...window.jupyterapp.shell.widgets('main')]
            .find(widget => widget.context?.path.endsWith('.ipynb')).content.model.sharedModel.getMetadata()""")

    def both(self, what, want):
        """Both see it, in the end."""
        for person in self.people:
            self.assertTrue(eventually(lambda: self.cells(person, what) == want, 10), (self.cells(person, what), want))

    def chip_of(self, person, index):
        return person.page.locator(".jp-NotebookPanel .jp-Cell").nth(index).locator(".jp-nbkatib-Chip button")

    def choose_by(self, person, name):
        person.page.locator(".lm-Menu-item", has_text=name).click()

    def undo_by(self, person):
        person.page.locator(".lm-TabBar-tab", has_text=".ipynb").first.click()
        person.command("notebook:undo-cell-action")

    def type_by(self, person, index, text):
        """At the end of a cell, key by key."""
        person.page.locator(".jp-NotebookPanel .jp-Cell").nth(index).locator(".cm-content").click()
        person.page.keyboard.press("Control+End")
        person.page.keyboard.type(text)

    def test_roles_and_steps(self):
        self.meet("roles.ipynb")
        one, two = self.people
        one.panel.get_by_role("switch", name="Enable Katib").click()
        self.chip_of(two, 0).wait_for()
        self.assertTrue(eventually(lambda: two.panel.get_by_role("switch", name="Enable Katib").is_checked()))
        self.chip_of(one, 0).click()
        self.choose_by(one, "Imports")
        self.chip_of(two, 0).filter(has_text="Imports").wait_for()

        self.chip_of(two, 2).click()
        self.choose_by(two, "Pipeline Step")
        two.dialog.get_by_label("Step name").fill("read")
        self.type_by(one, 3, "\nmore = 1")
        two.dialog.get_by_role("button", name="OK").click()
        self.chip_of(one, 2).filter(has_text="step: read").wait_for()
        tags = [["imports"], ["pipeline-parameters"], ["step:read"], ["step:train", "prev:read"], ["pipeline-metrics"]]
        self.both(TAGS, tags)
        self.both("cell => cell.getSource()", [text + ("\nmore = 1" if i == 3 else "") for i, (text, _) in enumerate(SMALL)])

        self.undo_by(two)
        self.both(TAGS, [["imports"], ["pipeline-parameters"], ["step:load"], ["step:train", "prev:load"], ["pipeline-metrics"]])
        self.chip_of(one, 2).filter(has_text="step: load").wait_for()
        self.undo_by(one)
        self.both(TAGS, [[], ["pipeline-parameters"], ["step:load"], ["step:train", "prev:load"], ["pipeline-metrics"]])
        self.both("cell => cell.getSource().includes('more = 1')", [False, False, False, True, False])
        self.assertEqual(self.writes, [])

    def test_job_and_values(self):
        self.meet("values.ipynb")
        one, two = self.people
        one.panel.get_by_role("switch", name="Enable Katib").click()
        self.chip_of(two, 0).click()
        self.choose_by(two, "Imports")
        one.panel.get_by_role("button", name="Set Up Katib Job").click()
        one.dialog.get_by_label("Max Trial Count").fill("2")
        one.dialog.get_by_label("Algorithm", exact=True).select_option("random")
        # Meanwhile the other one chooses advanced settings, and writes code.
        two.panel.get_by_text("Advanced Settings").click()
        two.panel.get_by_role("switch", name="Debug").click()
        self.type_by(two, 3, "\nmine = 1")
        one.dialog.get_by_text("Ready to run").wait_for()
        one.page.wait_for_timeout(600)
        one.dialog.get_by_role("button", name="Save").click()
        one.dialog.wait_for(state="detached")
        for person in self.people:
            job = lambda: self.metadata(person).get("kubeflow_notebook", {}).get("katib_metadata", {})
            self.assertTrue(eventually(lambda: job().get("maxTrialCount") == 2), self.metadata(person))
            self.assertEqual(job()["algorithm"], {"algorithmName": "random"})
            self.assertEqual(self.metadata(person)["nbkatib"]["options"], {"keep": True})
        two.panel.get_by_role("button", name="Set Up Katib Job").click()
        two.dialog.get_by_text("Ready to run").wait_for()
        self.assertEqual(two.dialog.get_by_label("Max Trial Count").input_value(), "2")
        two.page.wait_for_timeout(600)
        two.dialog.get_by_role("button", name="Run").click()
        two.view.get_by_text("2 of 2 trials succeeded").wait_for(timeout=60000)

        before = SMALL[1][0]
        best = {dt.inner_text(): dt.locator("xpath=../dd").get_attribute("title") for dt in two.view.locator(".jp-nbkatib-Best dt").all()}
        two.view.get_by_role("button", name="Apply Best Values").click()
        question = two.page.locator(".jp-Dialog")
        self.type_by(one, 0, "\nimport os")
        question.get_by_role("button", name="Apply").click()
        applied = f"LEARNING_RATE = {best['LEARNING_RATE']}\nDEPTH = {best['DEPTH']}"
        sources = lambda parameters: ["import math\nimport os", parameters, SMALL[2][0], SMALL[3][0] + "\nmine = 1", SMALL[4][0]]
        self.both("cell => cell.getSource()", sources(applied))
        two.page.locator(".Toastify").get_by_role("button", name="Undo").click()
        self.both("cell => cell.getSource()", sources(before))
        self.assertEqual(self.writes, [])
        # The server keeps the file.
        file = self.world.root / "values.ipynb"
        self.assertTrue(eventually(lambda: [source(cell) for cell in read(file)["cells"]] == sources(before)))
        self.assertEqual(read(file)["metadata"]["kubeflow_notebook"]["katib_metadata"]["maxTrialCount"], 2)


if __name__ == "__main__":
    unittest.main()
