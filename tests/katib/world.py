"""Notebooks, programs and the program's output for the tests of this folder."""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = str(pathlib.Path(os.environ.get("NBKATIB_PROGRAM", ROOT / "build/dev/nbkatib")).resolve())
sys.path.insert(0, str(ROOT / "tests/cases"))

import runners  # noqa: E402


def cell(source, *tags):
    return {"cell_type": "code", "execution_count": None, "metadata": {"tags": list(tags)}, "outputs": [], "source": source}


def notebook(parameters, body, metrics, **metadata):
    cells = [cell(parameters, "pipeline-parameters"), cell(body), cell(metrics, "pipeline-metrics")]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": dict({"kernelspec": kernel, "language_info": {"name": "python"}}, **metadata),
            "nbformat": 4, "nbformat_minor": 4}


def experiment(folder, path, *options, machines=("x86_64", "aarch64"), expect=0):
    """stdout and stderr of nbkatib experiment --engine katib."""
    environment = dict(os.environ, NBKATIB_RUNNERS=runners.make(pathlib.Path(folder) / "runners", *machines),
                       NBKATIB_HOME=str(pathlib.Path(folder) / "home"))
    done = subprocess.run([PROGRAM, "experiment", str(path), "--engine", "katib", *options], env=environment,
                          capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != expect:
        raise AssertionError(f"exit status {done.returncode}, expected {expect}\n{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def write(path, document):
    pathlib.Path(path).write_text(json.dumps(document, indent=1))
    return path
