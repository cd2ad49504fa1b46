"""What `nbkatib experiment --engine katib --objects` writes, on a real API server with Katib or its stand-in: admitted, run and finished."""
import json
import os
import pathlib
import subprocess
import tempfile

import yaml
from kubernetes import client

from world import ClusterTest, mount, volume

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
    def setUp(self):
        super().setUp()
        holder = tempfile.TemporaryDirectory(prefix="nbk-manifest-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def documents(self, *options, beside=True):
        folder = self.folder / f"work-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        (folder / "model.ipynb").write_text(json.dumps(notebook()))
        options = [o.format(folder=folder) for o in options]
        if beside:
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

    def submit_all(self, *options, **more):
        experiment, objects = self.documents(*options, **more)
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

    def test_folder_on_a_volume(self):
        """Each trial has a copy of the claim where the notebook lies; what is beside the notebook is on it."""
        text = "def score(lr, depth, opt):\n    open('mark', 'x').close()\n    return lr\n"
        self.claim("work")
        self.pod("fill", "sh", "-c", "printf %s \"$0\" > /work-volume/helper.py", text, volumes=[
            volume("work", persistentVolumeClaim={"claimName": "work"})], mounts=[mount("work", "/work-volume")])
        self.assertEqual(self.ended("fill")[0], "Succeeded")
        name = self.submit_all("--trials", "2", "--parallel", "2", "--algorithm", "random", "--name", "cloned", "--volume",
                               "clone:work:{folder}:1Gi", beside=False)
        status = self.finished(name, 180)["status"]
        self.assertEqual(status["trialsSucceeded"], 2, status)
        snapshot = self.plane.custom.get_namespaced_custom_object("snapshot.storage.k8s.io", "v1", self.namespace, "volumesnapshots", "cloned-volume-0")
        self.assertTrue(snapshot["status"]["readyToUse"])

    def test_what_katib_refuses_is_refused_before(self):
        """Of Katib's own admission alone: a stand-in knows the rules that its tests need."""
        if not self.plane.katib.real:
            self.skipTest("Katib's own programs are not here (KATIB_BIN)")
        for number, case in enumerate(sorted((HERE.parent / "cases/katib").iterdir())):
            document = yaml.safe_load((case / "input.yaml").read_text())
            problems = json.loads((case / "expect.json").read_text())["problems"]
            if "trialTemplate" not in document["spec"]:
                continue  # gets one when it is submitted
            if document["metadata"]["name"] == "wine":
                document["metadata"]["name"] = f"wine-{number}"
            try:
                self.plane.create(document, self.namespace)
            except client.ApiException as error:
                self.assertTrue(problems, f"{case.name}: Katib says {error.body}")
