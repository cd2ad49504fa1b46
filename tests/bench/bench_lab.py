"""What the interface costs in a real JupyterLab: prints one JSON object.

    bench_lab.py answers NOTEBOOK ROWS   {"toggle": {"cold": [81.2, ...], "warm": [38.4, ...]}, "dialog": {...}}
    bench_lab.py files                   {"all": {"129.js": 6112, ...}, "start": ["remoteEntry.js", ...], "panel": [...], "dialog": [...]}

answers: milliseconds from a click to the presentation of the first frame that shows its effect, both as Chromium's trace has them. toggle:
Enable Katib, until Set Up Katib Job can be pressed. dialog: Set Up Katib Job, until the rows of all parameters are filled in; ROWS is how many
there are. cold is the first of a page. files: the gzipped bytes of the extension's scripts, which of them JupyterLab loads at its start, which
when the panel is shown, and which when the dialog is.
"""
import gzip
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "browser/lab"))
from world import EXTENSION, ROOT, Page, chromium, lab  # noqa: E402

VISITS, WARM = 3, 5
# What follows a click without being waited for: the panel reads the notebook anew.
SETTLE_MS = 1200

ENABLED = """() => document.querySelector('#nbkatib-panel [role=switch][aria-label="Enable Katib"]').ariaChecked === 'true'
    && [...document.querySelectorAll('#nbkatib-panel button')].some(b => b.innerText === 'Set Up Katib Job' && !b.ariaDisabled)"""
FILLED = """() => {
    const rows = [...document.querySelectorAll('dialog.jp-nbkatib-Dialog .jp-nbkatib-Parameter')];
    return rows.length === %d && rows.every(row => !row.dataset.selected || row.querySelector('.jp-nbkatib-Values li')
        || [...row.querySelectorAll('.jp-nbkatib-Input')].some(input => input.value));
}"""
WATCH = """shown => {
    const watch = new MutationObserver(() => {
        if (shown()) {
            watch.disconnect();
            performance.mark('nbkatib-shown');
        }
    });
    addEventListener('click', event => {
        performance.mark('nbkatib-click', {startTime: event.timeStamp});
        watch.observe(document.body, {subtree: true, childList: true, attributes: true});
    }, {capture: true, once: true});
}"""


class Trace:
    """Chromium's own record of a page, for the time of a `with`."""

    def __init__(self, page):
        self.page = page
        self.session = page.context.new_cdp_session(page)
        self.events, self.complete = [], False
        self.session.on("Tracing.dataCollected", lambda data: self.events.extend(data["value"]))
        self.session.on("Tracing.tracingComplete", self.finish)

    def finish(self, _):
        self.complete = True

    def __enter__(self):
        self.session.send("Tracing.start", {"transferMode": "ReportEvents", "categories": "devtools.timeline,blink.user_timing"})
        return self

    def __exit__(self, *failure):
        self.session.send("Tracing.end")
        while not self.complete:
            self.page.wait_for_timeout(20)
        self.session.detach()

    def mark(self, name):
        return next((event for event in self.events if event["name"] == name and "user_timing" in event["cat"]), None)

    def presented(self, after):
        """When the first frame reached the screen that was rendered after an event of the same thread."""
        own = sorted((event for event in self.events if event["tid"] == after["tid"]), key=lambda event: event["ts"])
        rendered, frame = set(), None
        for event in own:
            if event["name"] == "AnimationFrame" and event["ph"] == "b":
                frame = event["args"]["id"]
            elif event["name"] == "AnimationFrame" and event["ph"] == "e" and event["ts"] > after["ts"]:
                rendered.add(frame)
            elif event["name"] == "AnimationFrame::Presentation" and event["args"]["id"] in rendered:
                return event["ts"]
        return None

    def answer_ms(self):
        click, shown = self.mark("nbkatib-click"), self.mark("nbkatib-shown")
        presented = shown and self.presented(shown)
        if not presented:
            raise SystemExit(f"the trace has no frame that shows the answer: click {click}, shown {shown}")
        return (presented - click["ts"]) / 1e3


def answer(page, button, shown):
    """Milliseconds from a click on a button to the frame that shows it."""
    button.scroll_into_view_if_needed()
    page.evaluate(f"({WATCH})({shown})")
    with Trace(page) as trace:
        button.click()
        page.wait_for_function("() => performance.getEntriesByName('nbkatib-shown').length")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.wait_for_timeout(500)
    page.evaluate("() => performance.clearMarks()")
    return trace.answer_ms()


def opened(browser, world, notebook):
    visit = Page(browser, world)
    visit.open(notebook)
    visit.dismiss_kernel_prompt()
    return visit


def toggled(visit):
    switch = visit.panel.get_by_role("switch", name="Enable Katib")
    if switch.is_checked():
        switch.click()
        visit.page.wait_for_timeout(SETTLE_MS)
    took = answer(visit.page, switch, ENABLED)
    visit.page.wait_for_timeout(SETTLE_MS)
    return took


def set_up(visit, rows):
    took = answer(visit.page, visit.panel.get_by_role("button", name="Set Up Katib Job"), FILLED % rows)
    visit.dialog.get_by_role("button", name="Cancel").click()
    visit.dialog.wait_for(state="detached")
    visit.page.wait_for_timeout(SETTLE_MS)
    return took


def series(measure, found):
    found["cold"].append(measure())
    found["warm"].extend(measure() for _ in range(WARM))


def bench_answers(notebook, rows):
    found = {name: {"cold": [], "warm": []} for name in ("toggle", "dialog")}
    with lab() as world, chromium() as browser:
        file = world.notebook(notebook, "bench.ipynb")
        content = json.loads(file.read_text())
        content["metadata"].setdefault("kubeflow_notebook", {})["katib_run"] = False
        file.write_text(json.dumps(content))
        world.start()
        for _ in range(VISITS):
            visit = opened(browser, world, file.name)
            visit.show_panel()
            visit.panel.locator(".jp-nbkatib-Line[data-state=ready]").wait_for(state="attached")
            visit.page.wait_for_timeout(2 * SETTLE_MS)
            series(lambda: toggled(visit), found["toggle"])
            series(lambda: set_up(visit, int(rows)), found["dialog"])
            visit.context.close()
    return found


def loaded(page):
    """Names of the extension's scripts that a page has loaded so far."""
    return page.evaluate("""() => performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname)
        .filter(path => path.includes('/extensions/@nbkatib/')).map(path => path.split('/').pop())""")


def bench_files():
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in (EXTENSION / "static").glob("*.js")}
    with lab() as world, chromium() as browser:
        notebook = world.notebook(ROOT / "examples/breast_cancer.ipynb")
        world.start()
        visit = opened(browser, world, notebook.name)
        visit.page.wait_for_timeout(3 * SETTLE_MS)
        start = loaded(visit.page)
        visit.show_panel()
        visit.page.wait_for_timeout(SETTLE_MS)
        panel = loaded(visit.page)
        switch = visit.panel.get_by_role("switch", name="Enable Katib")
        if not switch.is_checked():
            switch.click()
        visit.panel.get_by_role("button", name="Set Up Katib Job").click()
        visit.dialog.get_by_text("Search Space Parameters").wait_for()
        dialog = loaded(visit.page)
    return {"all": sizes, "start": start, "panel": sorted(set(panel) - set(start)), "dialog": sorted(set(dialog) - set(panel))}


if __name__ == "__main__":
    print(json.dumps({"answers": bench_answers, "files": bench_files}[sys.argv[1]](*sys.argv[2:])))
