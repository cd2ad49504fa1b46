"""What `nbkatib experiment --engine katib --objects` writes, on a real API server with Katib or its stand-in: admitted, run and finished."""
import json
import os
import pathlib
import subprocess
import tempfile

import yaml

from world import ClusterTest

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = str(pathlib.Path(os.environ.get("NBKATIB_PROGRAM", HERE.parents[1] / "build/dev/nbkatib")).resolve())


def cell(source, *tags):
    return {"cell_type": "code", "execution_count": None, "metadata": {"tags": list(tags)}, "outputs": [], "source": source}


def notebook():
    cells = [cell("lr = 0.1\ndepth = 4\nopt = 'adam'\n", "pipeline-parameters"),
             cell("import helper\nscore = helper.score(lr, depth, opt)\n"), cell("print(score)\n", "pipeline-metrics")]
    return {"cells": cells, "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                                         "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 4}


def runners(folder):
    """A static program that runs the one under test, since that is linked with this machine's libraries."""
    source = folder / "runner.c"
    source.write_text('#include <unistd.h>\nint main(int n, char **v) { (void)n; execv("%s", v); return 127; }\n' % PROGRAM)
    target = folder / "runners" / os.uname().machine
    target.mkdir(parents=True)
    subprocess.run(["gcc", "-static", "-O1", "-o", target / "nbkatib", source], check=True)
    return folder / "runners"


class Manifests(ClusterTest):
    def documents(self, *options):
        holder = tempfile.TemporaryDirectory(prefix="nbk-manifest-")
        self.addCleanup(holder.cleanup)
        folder = pathlib.Path(holder.name)
        (folder / "model.ipynb").write_text(json.dumps(notebook()))
        (folder / "helper.py").write_text("def score(lr, depth, opt):\n    return -(lr - 0.3) ** 2 - depth + len(opt)\n")
        environment = dict(os.environ, NBKATIB_RUNNERS=str(runners(folder)), NBKATIB_HOME=str(folder / "home"))
        done = subprocess.run([PROGRAM, "experiment", folder / "model.ipynb", "--engine", "katib", "--image", "host", "--objects",
                               "--namespace", self.namespace, *options], env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        experiment, *objects = yaml.safe_load_all(done.stdout)
        for item in objects:
            if "job.json" in item.get("data", {}):
                job = json.loads(item["data"]["job.json"])
                del job["programs"]
                item["data"]["job.json"] = json.dumps(job)
        return experiment, objects

    def submit_all(self, *options):
        experiment, objects = self.documents(*options)
        for document in [experiment, *objects]:
            self.plane.create(document, self.namespace)
        return experiment["metadata"]["name"]

    def test_notebook_is_tuned(self):
        name = self.submit_all("--trials", "4", "--parallel", "2", "--algorithm", "random", "--param", 'opt=adam,a"b$(HOME)',
                               "--trial-timeout", "5m", "--cpu", "500m", "--name", "tuned")
        status = self.finished(name, 180)["status"]
        self.assertEqual((status["trials"], status["trialsSucceeded"]), (4, 4), status)
        best = status["currentOptimalTrial"]
        for trial in self.plane.list("trials", self.namespace):
            values = {a["name"]: a["value"] for a in trial["spec"]["parameterAssignments"]}
            length = len({"c0": "adam", "c1": 'a"b$(HOME)'}[values["opt"]])
            score = -(float(values["lr"]) - 0.3) ** 2 - int(values["depth"]) + length
            metric = trial["status"]["observation"]["metrics"][0]
            self.assertEqual(metric["name"], "score")
            self.assertAlmostEqual(float(metric["latest"]), score, 9)
        pod = self.plane.core.list_namespaced_pod(self.namespace, label_selector=f"katib.kubeflow.org/trial={best['bestTrialName']}").items[0]
        log = self.plane.pod_log(pod.metadata.name, self.namespace, container="trial")
        events = [json.loads(line)["event"] for line in log.splitlines()]
        self.assertIn("finished", events)
        self.assertIn("file", events)

    def test_every_algorithm_is_admitted(self):
        for algorithm in ("random", "tpe", "cmaes", "sobol"):
            with self.subTest(algorithm):
                experiment, _ = self.documents("--algorithm", algorithm, "--name", f"dry-{algorithm}", "--param", "lr=0.01..1",
                                               "--param", "depth=1..9:2", "--trials", "1")
                self.plane.create(experiment, self.namespace)
