"""A real JupyterLab with our extension and our kernel, and a page of Chromium that looks at it."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from playwright.sync_api import sync_playwright

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
EXTENSION = ROOT / "build/labextension/nbkatib"
PICTURES = ROOT / "build/screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


APPLICATIONS = {"jupyterlab": "LabApp", "notebook": "JupyterNotebookApp"}


def program():
    return str(pathlib.Path(os.environ.get("NBKATIB", ROOT / "build/release/nbkatib")).resolve())


def install(prefix):
    """The extension where pip or a package puts it, and the kernelspec as the program installs it."""
    target = prefix / "share/jupyter/labextensions/@nbkatib/labextension"
    shutil.copytree(EXTENSION, target)
    shutil.copy(ROOT / "labextension/install.json", target)


def install_kernel(prefix):
    subprocess.run([program(), "install", "--prefix", str(prefix)], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def virtual_environment(name, *packages):
    """Python of build/NAME-venv, made with these packages where it is not there; skips the test when they cannot be had."""
    folder = ROOT / f"build/{name}-venv"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        command = [folder / "bin/pip", "install", "-q", "--disable-pip-version-check", *packages]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise unittest.SkipTest(f"{' '.join(packages)} cannot be installed: {(done.stderr.strip() or '?').splitlines()[-1]}")
        (folder / "complete").touch()
    return folder / "bin/python"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def settings(data, theme):
    folder = data / "config/lab/user-settings/@jupyterlab"
    for name, value in {
        "apputils-extension/themes": {"theme": theme},
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    }.items():
        file = folder / (name + ".jupyterlab-settings")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))


class World:
    """Folders of a server; `root` is what it shows."""

    def __init__(self, theme="JupyterLab Light", kernel=True, environment=None, python=sys.executable, application="jupyterlab"):
        """`environment`: a virtual environment that is active where the server is started, for trials; `python` has the
        `application` that serves, "jupyterlab" or "notebook"."""
        self.environment = environment
        self.python = python
        self.application = application
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nbkatib-lab-"))
        self.root = self.folder / "root"
        self.prefix = self.folder / "prefix"
        self.root.mkdir()
        install(self.prefix)
        if kernel:
            install_kernel(self.prefix)
        settings(self.folder, theme)
        self.port = free_port()
        self.server = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def notebook(self, source, name=None):
        target = self.root / (name or pathlib.Path(source).name)
        shutil.copy(source, target)
        return target

    def start(self):
        env = dict(os.environ)
        if self.environment:
            env.update(VIRTUAL_ENV=str(self.environment), PATH=f"{self.environment}/bin:" + env["PATH"])
        env.update(
            NBKATIB_HOME=str(self.folder / "state"), JUPYTER_DATA_DIR=str(self.prefix / "share/jupyter"),
            JUPYTER_CONFIG_DIR=str(self.folder / "config"), JUPYTER_RUNTIME_DIR=str(self.folder / "runtime"),
            JUPYTERLAB_SETTINGS_DIR=str(self.folder / "config/lab/user-settings"),
            JUPYTERLAB_WORKSPACES_DIR=str(self.folder / "config/lab/workspaces"), IPYTHONDIR=str(self.folder / "ipython"),
        )
        (self.folder / "state").mkdir(exist_ok=True)
        with open(self.folder / "server.log", "w") as log:
            self.launch(env, log)
        self.wait()

    def launch(self, env, log):
        self.server = subprocess.Popen(
            [str(self.python), "-m", self.application, "--no-browser", "--allow-root", f"--ServerApp.port={self.port}",
             "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True",
             f"--ServerApp.root_dir={self.root}", f"--{APPLICATIONS[self.application]}.expose_app_in_browser=True"],
            env=env, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def wait(self):
        for _ in range(900):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(self.url + "/api/status", timeout=2)
                return
            if self.server.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError((self.folder / "server.log").read_text()[-4000:])

    def end(self):
        self.server.terminate()
        try:
            self.server.wait(15)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()

    def restart(self):
        """The server ends as Ctrl+C ends it, and another one starts in its place."""
        self.end()
        self.start()

    def stop(self):
        if self.server:
            self.end()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def lab(**options):
    world = World(**options)
    try:
        yield world
    finally:
        world.stop()


@contextlib.contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def kill_chromium():
    """SIGKILL for every Chromium that this process has started."""
    parents = {}
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    for pid in ours - {os.getpid()}:
        with contextlib.suppress(OSError):
            if b"chromium" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]:
                os.kill(pid, signal.SIGKILL)


class Page:
    """What a user does, in a user's words."""

    def __init__(self, browser, world, width=1280, height=800):
        self.world = world
        self.context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = self.context.new_page()
        self.page.set_default_timeout(20000)
        self.errors = []
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path=""):
        self.page.goto(f"{self.world.url}/lab{'/tree/' if path else ''}{path}?reset")
        self.page.locator("#jp-main-dock-panel").wait_for()
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")
        if path:
            self.page.locator(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell").first.wait_for()

    def dismiss_kernel_prompt(self):
        prompt = self.page.locator(".jp-Dialog", has_text="Select Kernel")
        if prompt.count():
            prompt.get_by_role("button", name="No Kernel").click()

    def command(self, name, **args):
        """Starts it; what it leads to is for the test to wait for."""
        self.page.evaluate("([id, args]) => void window.jupyterapp.commands.execute(id, args)", [name, args])

    @property
    def panel(self):
        return self.page.locator("#nbkatib-panel")

    @property
    def dialog(self):
        return self.page.locator("dialog.jp-nbkatib-Dialog")

    @property
    def view(self):
        return self.page.locator(".jp-nbkatib-Experiment")

    def show_panel(self):
        self.page.locator("[role=tab][data-id=nbkatib-panel]").click()
        self.panel.wait_for()

    def picture(self, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(250)
        self.page.screenshot(path=PICTURES / f"{name}.png")


NOTEBOOKS = pathlib.Path(os.environ.get("NBKATIB_NOTEBOOKS") or ROOT.parent / "shared/notebooks")
AXE = ROOT / "labextension/node_modules/axe-core/axe.min.js"


def read(path):
    return json.loads(pathlib.Path(path).read_text())


def source(cell):
    return "".join(cell["source"])


def write_notebook(path, cells, kernel="python3"):
    """A notebook of code cells, each a source and its tags."""
    rows = [{"cell_type": "code", "id": f"cell-{i}", "source": text, "outputs": [], "execution_count": None,
             "metadata": {"tags": tags} if tags else {}} for i, (text, tags) in enumerate(cells)]
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    path.write_text(json.dumps({"cells": rows, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n")


SMALL = [("import math", []), ("LEARNING_RATE = 0.1\nDEPTH = 3", ["pipeline-parameters"]), ("a = DEPTH + LEARNING_RATE", ["step:load"]),
         ("score = math.sqrt(a)", ["step:train", "prev:load"]), ("print(score)", ["pipeline-metrics"])]


def eventually(check, seconds=20):
    """The first true answer, or the last false one. A file that is being written is read again."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = check()
        except json.JSONDecodeError:
            answer = None
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.1)


class Case(unittest.TestCase):
    """A server for all tests of a class, a page for each."""

    options = {}
    size = (1280, 800)

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.world = cls.stack.enter_context(lab(**cls.options))
        cls.prepare(cls.world)
        cls.world.start()
        cls.browser = cls.stack.enter_context(chromium())

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    @classmethod
    def prepare(cls, world):
        pass

    def setUp(self):
        self.lab = Page(self.browser, self.world, *self.size)
        self.page = self.lab.page
        self.addCleanup(self.finish)

    def finish(self):
        outcome = self._outcome.result
        if any(test.id() == self.id() for test, _ in outcome.failures + outcome.errors) and not self.page.is_closed():
            self.lab.picture("failed-" + self.id().split(".")[-1])
            print(self.lab.errors)
        self.lab.context.close()

    def save(self):
        self.lab.command("docmanager:save")
        self.page.locator(".jp-NotebookPanel .jp-Notebook").first.wait_for()

    def chip(self, index):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-nbkatib-Chip button")

    def choose(self, name):
        self.page.locator(".lm-Menu-item", has_text=name).click()

    def opened(self, name, width=None):
        self.lab.open(name)
        self.lab.show_panel()
        self.lab.panel.get_by_role("switch", name="Enable Katib").wait_for()

    def dialog(self):
        self.lab.panel.get_by_role("button", name="Set Up Katib Job").click()
        self.lab.dialog.get_by_text("Search Space Parameters").wait_for()
        return self.lab.dialog

    def accessible(self, selector, what):
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            """async selector => (await axe.run(selector, {resultTypes: ['violations']})).violations
                .filter(v => ['serious', 'critical'].includes(v.impact))
                .map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target + ' ' + n.failureSummary).join(' | '))""", selector)
        self.assertEqual(found, [], what)
