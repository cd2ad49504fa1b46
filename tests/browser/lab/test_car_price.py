"""The lab that the Katib dialog was taught with, as its reader does it; half-way the browser is killed."""
import contextlib
import json
import shutil
import sys
import unittest

import playwright.sync_api
from world import NOTEBOOKS, ROOT, Page, chromium, eventually, kill_chromium, lab, read, source

sys.path.insert(0, str(ROOT / "tests/jupyter"))
import car_price  # noqa: E402

NOTEBOOK = "lab/predict_car_price.ipynb"
PARAMETERS = "NUM_ESTIMATORS", "MAX_DEPTH", "LEARNING_RATE"


@unittest.skipUnless((NOTEBOOKS / "car-price").is_dir(), "NBKATIB_NOTEBOOKS names no folder with car-price")
class CarPrice(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.world = self.stack.enter_context(lab(environment=car_price.environment()))
        shutil.copytree(NOTEBOOKS / "car-price", self.world.root / "lab")
        startup = self.world.folder / "ipython" / car_price.STARTUP_FILE
        startup.parent.mkdir(parents=True)
        startup.write_text(car_price.STARTUP)
        self.world.start()

    def opened(self, browser):
        page = Page(browser, self.world)
        page.open(NOTEBOOK)
        page.dismiss_kernel_prompt()
        page.show_panel()
        return page

    def run_it(self, page):
        """Enable Katib is on as it was stored; the dialog shows what the author set."""
        self.assertTrue(page.panel.get_by_role("switch", name="Enable Katib").is_checked())
        page.panel.get_by_role("button", name="Set Up Katib Job").click()
        page.dialog.get_by_text("Ready to run").wait_for()
        self.assertEqual([page.dialog.get_by_label("Min").nth(i).input_value() for i in range(3)], ["400", "1", "0"])
        self.assertEqual([page.dialog.get_by_label(f"{which} Trial Count", exact=False).first.input_value() for which in ("Parallel", "Max")],
                         ["3", "12"])
        page.dialog.get_by_role("button", name="Run").click()
        page.view.locator("[role=progressbar][data-live]").wait_for()
        page.view.get_by_role("tab", name="Trials").click()
        page.view.locator("tbody tr").get_by_text("Running").first.wait_for(timeout=60000)

    def come_back(self, page):
        row = page.panel.locator("[data-experiment]")
        row.wait_for()
        name = row.get_attribute("data-experiment")
        row.get_by_role("button").first.click()
        page.view.get_by_text("12 of 12 trials succeeded").wait_for(timeout=300000)
        page.picture("car-price")
        return name

    def apply(self, page, name):
        page.view.get_by_role("button", name="Apply Best Values").click()
        question = page.page.locator(".jp-Dialog")
        question.get_by_role("button", name="Apply").click()
        values = {dt.inner_text(): dt.locator("xpath=../dd").get_attribute("title") for dt in page.view.locator(".jp-nbkatib-Best dt").all()}
        self.assertEqual(set(values) & set(PARAMETERS), set(PARAMETERS), name)
        return values

    def test_from_the_dialog_to_the_saved_file(self):
        before = read(self.world.root / NOTEBOOK)
        running = False
        try:
            with chromium() as browser:
                self.run_it(self.opened(browser))
                running = True
                kill_chromium()
        except playwright.sync_api.Error:  # to close what was killed
            if not running:
                raise
        with chromium() as browser:
            page = self.opened(browser)
            values = self.apply(page, self.come_back(page))
            cell = next(i for i, c in enumerate(before["cells"]) if "pipeline-parameters" in c["metadata"].get("tags", []))
            want = source(before["cells"][cell])
            for name, old in zip(PARAMETERS, ("500", "3", "0.01")):
                want = want.replace(f"{name} = {old}", f"{name} = {values[name]}")
            page.page.locator(".lm-TabBar-tab", has_text="predict_car_price").first.click()
            page.command("docmanager:save")
            self.assertTrue(eventually(lambda: source(read(self.world.root / NOTEBOOK)["cells"][cell]) == want), values)
        after = read(self.world.root / NOTEBOOK)
        self.assertEqual(len(after["cells"]), len(before["cells"]))
        for index, (old, new) in enumerate(zip(before["cells"], after["cells"])):
            if index != cell:
                self.assertEqual(source(new), source(old))
            self.assertEqual(new["metadata"].get("tags"), old["metadata"].get("tags"))
            self.assertEqual(json.dumps(new.get("outputs")), json.dumps(old.get("outputs")))
        stored, kept = (n["metadata"]["kubeflow_notebook"] for n in (before, after))
        self.assertEqual(kept["katib_metadata"], stored["katib_metadata"])
        self.assertEqual({k: v for k, v in kept.items() if k != "katib_metadata"}, {k: v for k, v in stored.items() if k != "katib_metadata"})


if __name__ == "__main__":
    unittest.main()
