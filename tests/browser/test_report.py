"""nbkatib report in Chromium: charts are drawn, the page is quiet, inert, accessible and fits."""
import json
import pathlib
import re
import tempfile
import unittest

import jsonschema
import world

HOSTILE = """a.b[0]['x']"><img src=x onerror=alert(1)></script><script>window.pwned=1</script>"""
BUNDLE = world.ROOT / "build/report/charts.js"
SCHEMA = world.ROOT / "build/report/node_modules/vega-lite/build/vega-lite-schema.json"
CHARTS = ["objective", "parallel", "parameters", "importance", "learning"]
CODE = """
import math
base = 1 - (math.log10(rate) + 2.3) ** 2 / 4 - abs(depth - 5) * 0.03 - {'adam': 0, 'sgd': 0.1, 'rms': 0.05}[opt]
for epoch in range(8):
    print(f'accuracy={base * (1 - 0.6 ** (epoch + 1))}')
if depth >= 7:
    raise ValueError('<script>window.pwned=1</script> the depth is odd')
accuracy = base
loss = 1 - base
"""


def hostile(table, column, value):
    """Names of a parameter, the objective and a choice become markup; assignments and observations alike."""
    if not value.startswith(("{", "[")):
        return value
    for plain in ("rate", "accuracy", "rms"):
        value = value.replace(json.dumps(plain), json.dumps(f"{plain}{HOSTILE}"))
    return value


def constant(table, column, value):
    return re.sub(r'("(?:min|max|latest)": *)"[-0-9.e]+"', r'\1"0.5"', value) if column == "observation" else value


def not_finite(table, column, value):
    return re.sub(r'("(?:min|max|latest)": *)"[-0-9.e]+"', r'\1"nan"', value) if column == "observation" else value


class Report(world.BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not BUNDLE.exists() or BUNDLE.stat().st_size == 0:
            raise unittest.SkipTest("the program was built without Node.js; scripts/setup charts installs it")
        folder = tempfile.TemporaryDirectory(prefix="nbkatib-browser-")
        cls.addClassCleanup(folder.cleanup)
        cls.home = world.Home(folder.name)
        path = world.notebook(cls.home.folder / "model.ipynb", "rate = 0.01\ndepth = 4\nopt = 'adam'\nbatch = 32", CODE,
                              "print(accuracy)\nprint(loss)")
        cls.home.run("run", path, "--name", "digits", "--param", "opt=adam,sgd,rms", "--trials", 14, "--parallel", 3,
                     "--max-failed", 9, "--reports", "--seed", 3, "--objective", "max:accuracy", "--goal", "2")
        cls.home.run("run", path, "--name", "one", "--trials", 1, "--fix", "opt=adam", "--fix", "depth=4")
        cls.page_file = cls.report(cls.home, "digits")

    @staticmethod
    def report(home, name):
        home.run("report", name, "-o", f"{name}.html")
        return pathlib.Path(home.folder, f"{name}.html")

    def show(self, path, size="large", **context):
        page = self.open(path.as_uri(), size, **context)
        page.wait_for_selector("html[data-charts=done]", timeout=30000)
        return page

    def check_quiet(self, page, path):
        self.assertEqual(page.said, [])
        self.assertEqual(page.asked, [path.as_uri()])

    def marks(self, page):
        """{chart: its marks}, axes not counted."""
        count = "e => e.querySelectorAll('[role=graphics-symbol]:not([aria-roledescription=axis]) path, " \
                "g.role-mark path, g.role-mark line, g.role-mark text').length"
        return {name: page.eval_on_selector(f"#chart-{name}", count) for name in CHARTS if page.query_selector(f"#chart-{name}")}

    def test_charts_are_drawn(self):
        page = self.show(self.page_file)
        self.check_quiet(page, self.page_file)
        marks = self.marks(page)
        self.assertEqual(list(marks), CHARTS)
        for name, count in marks.items():
            self.assertGreater(count, 3, name)
        self.assertEqual(page.locator(".chart[data-drawn=true] svg").count(), len(CHARTS))
        page.screenshot(path=world.SCREENSHOTS / "report.png", full_page=True)

    def test_documents_fit_the_schema(self):
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        validator = jsonschema.validators.validator_for(schema)(schema)
        for home, name in ((self.home, "digits"), (self.home, "one"), (self.home.copy("digits", hostile), "digits"),
                           (self.home.copy("digits", constant), "digits"), (self.home.copy("digits", not_finite), "digits")):
            charts = json.loads(home.run("report", name, "--json"))["charts"]
            self.assertGreaterEqual(len(charts), 4)
            for chart in charts:
                problem = jsonschema.exceptions.best_match(validator.iter_errors(chart["spec"]))
                self.assertIsNone(problem, f"{name}, {chart['name']}: {problem and problem.message[:500]}")

    def test_hostile_names_are_inert(self):
        home = self.home.copy("digits", hostile)
        path = self.report(home, "digits")
        page = self.show(path)
        self.check_quiet(page, path)
        self.assertIn(HOSTILE, page.inner_text("#trials"))
        self.assertIsNone(page.evaluate("window.pwned ?? null"))
        self.assertEqual(page.locator("script").count(), 3)
        self.assertEqual(page.locator("img").count(), 0)
        for name, count in self.marks(page).items():
            self.assertGreater(count, 3, name)
        page.screenshot(path=world.SCREENSHOTS / "report-hostile.png", full_page=True)

    def test_the_policy_holds(self):
        page = self.show(self.page_file)
        for attempt in ("fetch('http://127.0.0.1:9/')", "new Image().src = 'http://127.0.0.1:9/'",
                        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.pwned = 1'}))",
                        "document.body.insertAdjacentHTML('beforeend', '<b onclick=\"window.pwned = 1\" id=b>b</b>'); document.getElementById('b').click()",
                        "setTimeout('window.pwned = 1')"):
            page.said.clear()
            page.evaluate(f"() => {{ {attempt} }}")
            page.wait_for_timeout(100)
            self.assertTrue(any("Content Security Policy" in said for said in page.said), f"{attempt}: {page.said}")
            self.assertIsNone(page.evaluate("window.pwned ?? null"), attempt)
        # What the policy refuses is told as a request that failed for it; nothing left the browser.
        self.assertEqual({reason for url, reason in page.refused}, {"csp"})
        self.assertEqual(sorted(page.asked), sorted([self.page_file.as_uri()] + [url for url, reason in page.refused]))

    def test_poor_experiments(self):
        for name, home in (("one", self.home), ("digits", self.home.copy("digits", constant)),
                           ("digits", self.home.copy("digits", not_finite))):
            path = self.report(home, name)
            page = self.show(path)
            self.check_quiet(page, path)
            self.assertEqual(page.locator(".chart:not([data-drawn=true])").count(), 0)

    def test_tables_sort_by_keyboard(self):
        page = self.show(self.page_file)
        head = page.locator("#trials th", has_text="accuracy").first
        column = head.evaluate("e => e.cellIndex")
        values = "(i) => Array.from(document.querySelectorAll('#trials tbody tr'), r => r.cells[i].dataset.sort).filter(x => x).map(Number)"
        head.locator("button").focus()
        page.keyboard.press("Enter")
        self.assertEqual(head.get_attribute("aria-sort"), "ascending")
        up = page.evaluate(values, column)
        self.assertEqual(up, sorted(up))
        page.keyboard.press("Space")
        self.assertEqual(head.get_attribute("aria-sort"), "descending")
        self.assertEqual(page.evaluate(values, column), sorted(up, reverse=True))
        self.assertEqual(page.locator("#trials th[aria-sort]").count(), 1)

    def test_an_error_is_one_click_away(self):
        page = self.show(self.page_file)
        page.locator("#trials a[href^='#error-']").first.click()
        page.wait_for_selector("#errors details[open]")
        details = page.locator("#errors details[open]")
        self.assertEqual(details.count(), 1)
        self.assertIn("cell 1", details.inner_text())
        self.assertIn("Traceback", details.inner_text())
        self.assertIn("<script>window.pwned=1</script> the depth is odd", details.inner_text())
        self.assertNotIn("\x1b", details.inner_text())

    def test_a_tooltip_is_text(self):
        page = self.show(self.page_file)
        page.locator("#chart-objective .mark-symbol path").nth(3).hover(force=True)
        page.wait_for_selector("#tooltip:not([hidden])")
        self.assertIn("accuracy", page.inner_text("#tooltip"))
        self.check_quiet(page, self.page_file)

    def test_it_fits_and_follows_the_theme(self):
        for size in world.SIZES:
            for scheme in ("light", "dark"):
                page = self.show(self.page_file, size, color_scheme=scheme)
                over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                self.assertLessEqual(over, 0, f"{size}: the page is {over} pixels too wide")
                label = page.eval_on_selector("#chart-objective .role-axis-label text", "e => getComputedStyle(e).fill")
                ink = page.evaluate("getComputedStyle(document.body).color")
                self.assertEqual(label, ink)
                page.screenshot(path=world.SCREENSHOTS / f"report-{size}-{scheme}.png")
                page.locator("#chart-parallel").scroll_into_view_if_needed()
                page.screenshot(path=world.SCREENSHOTS / f"report-{size}-{scheme}-charts.png")

    def test_it_prints(self):
        page = self.show(self.page_file)
        page.emulate_media(media="print", color_scheme="dark")
        self.assertEqual(page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
        self.assertFalse(page.locator("nav").is_visible())
        self.assertGreater(len(page.pdf(path=world.SCREENSHOTS / "report.pdf")), 20000)

    def test_charts_have_names(self):
        page = self.show(self.page_file)
        for name in CHARTS:
            chart = page.locator(f"#chart-{name}")
            self.assertIn(chart.get_attribute("role"), ("img", "graphics-document"))
            self.assertGreater(len(chart.get_attribute("aria-label")), 40)


if __name__ == "__main__":
    unittest.main()
