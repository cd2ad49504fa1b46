"""nbkatib itself, as a person runs it, and the notebooks that it tunes on the plane."""
import json
import os
import pathlib
import platform
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("NBKATIB_PROGRAM", ROOT / "build/dev/nbkatib")).resolve()
PORTABLE = ROOT / "build/portable" / platform.machine() / "nbkatib"

# Pods take static programs alone. Where none is built, a static one stands in that leads to PROGRAM, which the image `host` has too;
# the job must not ask for the SHA-256 of the program that runs then.
STAND_IN = r"""
#include <unistd.h>
int main(int n, char **words)
{
    (void)n;
    execl("/bin/sh", "sh", "-c",
          "mkdir /nbkatib/work/in && cp -L /nbkatib/in/* /nbkatib/work/in/ && cd /nbkatib/work/in && "
          "python3 -c 'import json; j = json.load(open(\"job.json\")); j.pop(\"programs\"); json.dump(j, open(\"job.json\", \"w\"))' && "
          "exec \"$0\" trial --job /nbkatib/work/in/job.json", PROGRAM, words[1], (char *)0);
    return 127;
}
"""


def runners(folder):
    """A folder for NBKATIB_RUNNERS; None where the program finds its own."""
    if PORTABLE.exists() or "NBKATIB_RUNNERS" in os.environ:
        return os.environ.get("NBKATIB_RUNNERS")
    place = folder / "runners" / platform.machine()
    if not place.exists():
        place.mkdir(parents=True)
        (folder / "stand_in.c").write_text(STAND_IN)
        subprocess.run(["gcc", "-static", "-O1", f'-DPROGRAM="{PROGRAM}"', "-o", place / "nbkatib", folder / "stand_in.c"], check=True)
    return str(place.parent)


class Program:
    """A home of its own; `config` is the kubeconfig."""

    def __init__(self, plane, name, config):
        self.folder = plane.folder / f"home-{name}"
        self.folder.mkdir()
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("KUBE", "NBKATIB"))}
        self.env |= {"HOME": str(self.folder), "NBKATIB_HOME": str(self.folder / "state"), "LANG": "C.UTF-8", "TERM": "dumb"}
        found = runners(plane.folder)
        if found:
            self.env["NBKATIB_RUNNERS"] = found
        self.use(config)

    def use(self, config):
        self.env.pop("KUBECONFIG", None)
        if config:
            self.env["KUBECONFIG"] = str(config)

    def start(self, *words, **more):
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **more}
        return subprocess.Popen([PROGRAM, *map(str, words)], env=self.env, cwd=self.folder, text=True, **more)

    def run(self, *words, timeout=150):
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{words}: still running after {timeout} s\n{out}\n{err}") from None
        if "Sanitizer" in err or "runtime error" in err:
            raise AssertionError(err)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def json(self, *words, **more):
        done = self.run(*words, "--json", **more)
        if done.returncode != 0:
            raise AssertionError(f"{words}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def notebook(self, *cells, name="model.ipynb"):
        """Writes it; a cell is its source, or (source, tag)."""
        rows = [(c, ()) if isinstance(c, str) else (c[0], c[1:]) for c in cells]
        path = self.folder / name
        path.write_text(json.dumps({
            "cells": [{"cell_type": "code", "execution_count": None, "metadata": {"tags": list(tags)}, "outputs": [], "source": source} for source, tags in rows],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}, "nbformat": 4, "nbformat_minor": 4}))
        return path

    def forget(self):
        shutil.rmtree(self.folder / "state", ignore_errors=True)
