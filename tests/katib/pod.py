"""A trial's pod as one process tree: what Katib and the kubelet make of an Experiment's template, without a cluster.

Values are put into the template's JSON text as Katib does, raw; the container's words are joined by blanks and wrapped as its
webhook does; ConfigMaps become files. Nothing here knows nbkatib: it reads the documents alone.
"""
import base64
import gzip
import json
import os
import pathlib
import re
import subprocess

import yaml

PLACEHOLDER = re.compile(r"\$\{trialParameters\.(.+?)\}")
METRIC = re.compile(r"([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)")  # Katib's default filter


def documents(text):
    return list(yaml.safe_load_all(text))


def job_of(experiment, assignments):
    """The trial's Job: Katib's substitution, in the text of the JSON document."""
    template = experiment["spec"]["trialTemplate"]
    text = json.dumps(template["trialSpec"], ensure_ascii=False)
    for parameter in template["trialParameters"]:
        text = text.replace("${trialParameters.%s}" % parameter["name"], assignments[parameter["reference"]])
    if PLACEHOLDER.search(text):
        raise AssertionError(f"placeholders are left: {PLACEHOLDER.findall(text)}")
    return json.loads(text)


def wrapped(container, metrics_folder):
    """The words that the kubelet runs, after Katib's webhook."""
    words = container["command"] + container.get("args", [])
    shell, rest = (words[:2], words[2:]) if words[0] in ("sh", "bash") and words[1] == "-c" else (["sh", "-c"], words)
    line = " ".join(rest) + f" && echo completed > {metrics_folder}/$$$$.pid"
    return shell + [line.replace("$$", "$")]


class Pod:
    """The folder that stands for a pod's filesystem: /nbkatib and /var/log/nbkatib lie in it."""

    def __init__(self, folder, experiment, objects, assignments):
        self.folder = pathlib.Path(folder)
        self.metrics_folder = self.folder / "log"
        self.metrics_folder.mkdir(parents=True)
        self.job = job_of(experiment, assignments)
        spec = self.job["spec"]["template"]["spec"]
        self.container = spec["containers"][0]
        (self.folder / "nbkatib/work").mkdir(parents=True)
        self.inside = self.folder / "nbkatib/in"
        self.inside.mkdir()
        maps = {o["metadata"]["name"]: o for o in objects if o["kind"] == "ConfigMap"}
        volume = next(v for v in spec["volumes"] if v["name"] == "nbkatib-in")
        for source in volume["projected"]["sources"]:
            name, optional = source["configMap"]["name"], source["configMap"].get("optional", False)
            if name in maps or not optional:
                self.write(maps[name])

    def write(self, config_map):
        for key, text in config_map.get("data", {}).items():
            if not re.fullmatch(r"[-._a-zA-Z0-9]+", key):
                raise AssertionError(f"a key that Kubernetes refuses: {key}")
            (self.inside / key).write_bytes(self.moved(text).encode())
        for key, data in config_map.get("binaryData", {}).items():
            (self.inside / key).write_bytes(base64.b64decode(data))

    def moved(self, text):
        return text.replace("/var/log/nbkatib", str(self.metrics_folder))

    def use_program(self, program):
        """A script that runs `program` takes the place of the one that was sent, which is not built here."""
        machine = os.uname().machine
        for part in self.inside.glob(f"{machine}.??"):
            part.unlink()
        script = f'#!/bin/sh\nexec {program} "$@"\n'.encode()
        (self.inside / f"{machine}.00").write_bytes(gzip.compress(script))
        job = json.loads((self.inside / "job.json").read_text())
        del job["programs"]
        (self.inside / "job.json").write_text(json.dumps(job))

    def start(self, **more):
        words = wrapped(self.container, self.metrics_folder)
        words[-1] = words[-1].replace("/nbkatib/in", str(self.inside), 1)
        environment = dict(os.environ, **more)
        for entry in self.container.get("env", []):
            if "$(" in entry["value"]:
                raise AssertionError(f"Kubernetes would expand {entry['value']!r}")
            environment[entry["name"]] = entry["value"]
        return subprocess.Popen(words, env=environment, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, **more):
        """Exit status, events, stderr."""
        process = self.start(**more)
        out, err = process.communicate(timeout=120)
        return process.returncode, events(out), err.decode()

    def completed(self):
        return any(path.read_text() == "completed\n" for path in self.metrics_folder.glob("*.pid"))

    def metrics(self):
        """What Katib's collector finds."""
        path = self.metrics_folder / "metrics.log"
        text = path.read_text() if path.exists() else ""
        return [(m[0], m[1]) for line in text.splitlines() for m in METRIC.findall(line.split(" ", 1)[1])]


def events(out):
    return [json.loads(line) for line in out.decode().splitlines()]


def files(found):
    """The files that a trial printed, by name."""
    parts = {}
    for event in found:
        if event["event"] == "file" and event["parts"]:
            parts.setdefault(event["name"], []).append(base64.b64decode(event["data"]))
    return {name: gzip.decompress(b"".join(data)) for name, data in parts.items()}
