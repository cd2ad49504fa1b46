"""A world of its own for a test of the whole program: state folder, runtime folder, notebooks, processes by environment."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

PLAIN = ("pipeline-parameters", "pipeline-metrics")


def notebook(*cells, kernel="python3", metadata=None):
    """A plain notebook's JSON text. A cell is its source, or (source, tag, ...)."""
    out = []
    for cell in cells:
        source, *tags = cell if isinstance(cell, tuple) else (cell,)
        out.append({"cell_type": "code", "execution_count": None, "metadata": {"tags": tags} if tags else {}, "outputs": [], "source": source})
    meta = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}, **(metadata or {})}
    return json.dumps({"cells": out, "metadata": meta, "nbformat": 4, "nbformat_minor": 4})


def tunable(*body, parameters="x = 2.0\nn = 3", metrics="print(score)"):
    return notebook((parameters, "pipeline-parameters"), *body, (metrics, "pipeline-metrics"))


class World:
    def __init__(self, program, virtual_env=None):
        self.program = program
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nbk-"))
        (self.folder / "run").mkdir(mode=0o700)
        self.env = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.folder), "LANG": "C.UTF-8", "TERM": "dumb",
            "NBKATIB_HOME": str(self.folder / "state"), "XDG_RUNTIME_DIR": str(self.folder / "run"),
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        if virtual_env:
            self.env["VIRTUAL_ENV"] = str(virtual_env)
            self.env["PATH"] = f"{virtual_env}/bin:" + self.env["PATH"]

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, *args, **kwargs):
        kwargs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **kwargs}
        return subprocess.Popen([self.program, *map(str, args)], env=self.env, cwd=self.folder, text=True, **kwargs)

    def run(self, *args, timeout=300, **kwargs):
        process = self.start(*args, **kwargs)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{args}: still running after {timeout} s\n{out}\n{err}")
        return subprocess.CompletedProcess(args, process.returncode, out, err)

    def show(self, name):
        done = self.run("show", name, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def wait(self, name, timeout=120, states=("Succeeded", "Failed", "Stopped", "Interrupted")):
        end = time.monotonic() + timeout
        while True:
            shown = self.show(name)
            if shown["state"] in states:
                return shown
            if time.monotonic() > end:
                raise AssertionError(f"{name} is still {shown['state']} after {timeout} s")
            time.sleep(0.1)

    def processes(self):
        """{pid: command line} of every process that lives in this world, those that left their session too."""
        mark = f"NBKATIB_HOME={self.env['NBKATIB_HOME']}".encode()
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                pass
        return {pid: line for pid, line in found.items() if line}

    def pids(self, kind):
        """Processes of a kind: "engine", "trial" or "kernel"."""
        word = {"engine": " engine ", "trial": " trial ", "kernel": "ipykernel"}[kind]
        return [pid for pid, line in self.processes().items() if word in line + " "]

    def leftovers(self, patience=5.0):
        """What should not be there when all experiments have ended: processes and runtime files."""
        end = time.monotonic() + patience
        while True:
            left = list(self.processes().values())
            left += [str(p) for p in (self.folder / "run").rglob("*") if not p.is_dir()]
            left += [str(p) for p in (self.folder / "state").rglob("socket")]
            if not left or time.monotonic() > end:
                return left
            time.sleep(0.1)

    def close(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        subprocess.run(["chmod", "-R", "u+w", str(self.folder)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def assignments(shown):
    """{trial index: {name: value}} of a `show --json`."""
    return {t["index"]: {a["name"]: a["value"] for a in t["assignments"]} for t in shown["trials"]}
