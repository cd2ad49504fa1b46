"""What tests in a real browser share: Chromium, a page that remembers what it was told, experiments to look at."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import unittest

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("NBKATIB_PROGRAM", ROOT / "build/dev/nbkatib")).resolve()
SCREENSHOTS = ROOT / "build/screenshots"
FLAGS = ("--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync").split()
SIZES = {"small": (900, 600), "large": (1280, 800)}


def chromium():
    for name in ("chromium", "chromium-browser"):
        if shutil.which(name):
            return shutil.which(name)
    raise unittest.SkipTest("there is no chromium; scripts/setup browser installs it")


def cell(source, *tags):
    return {"cell_type": "code", "execution_count": None, "metadata": {"tags": list(tags)}, "outputs": [], "source": source}


def notebook(path, parameters, code, metrics):
    document = {"cells": [cell(parameters, "pipeline-parameters"), cell(code), cell(metrics, "pipeline-metrics")],
                "metadata": {"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"}},
                "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


class Home:
    """A state folder of its own, and the program in it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.environment = dict(os.environ, NBKATIB_HOME=str(self.folder / "home"))

    def run(self, *arguments, status=0):
        done = subprocess.run([PROGRAM, *map(str, arguments)], env=self.environment, cwd=self.folder,
                              capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != status:
            raise AssertionError(f"nbkatib {arguments}: exit status {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def copy(self, name, change):
        """The experiment `name` again in a home beside this one, each text of its database passed through `change`."""
        other = Home(self.folder / f"{name}-changed-{len(list(self.folder.iterdir()))}")
        other.folder.mkdir()
        shutil.copytree(self.folder / "home", other.folder / "home")
        for path in (other.folder / "home").rglob("*.db"):
            change_database(path, change)
        return other


def change_database(path, change):
    with sqlite3.connect(path) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            for rowid, *values in database.execute(f"SELECT rowid, * FROM {table}").fetchall():
                for column, value in zip(columns, values):
                    new = change(table, column, value) if isinstance(value, str) else value
                    if new != value:
                        database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, rowid))
    database.close()


class BrowserTest(unittest.TestCase):
    """One browser for the class; every page keeps its console, errors, dialogs and requests."""

    @classmethod
    def setUpClass(cls):
        executable = chromium()
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        cls.playwright = sync_playwright().start()
        cls.addClassCleanup(cls.playwright.stop)
        cls.browser = cls.playwright.chromium.launch(executable_path=executable, args=FLAGS)
        cls.addClassCleanup(cls.browser.close)

    def open(self, url, size="large", **context):
        width, height = SIZES[size]
        context = self.browser.new_context(viewport={"width": width, "height": height}, **context)
        self.addCleanup(context.close)
        page = context.new_page()
        page.said, page.asked, page.refused = [], [], []
        page.on("console", lambda message: page.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: page.said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (page.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("requestfailed", lambda request: page.refused.append((request.url, request.failure)))
        page.goto(url)
        return page
