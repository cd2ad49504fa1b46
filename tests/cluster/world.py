"""One plane for all tests of a run, a namespace for each, and the documents that they submit."""
import atexit
import contextlib
import itertools
import unittest

import plane as planes
from processes import until

_number = itertools.count(1)
_plane = None

RUNNER = r"""
echo "trial of lr=$HP_LR depth=$HP_DEPTH"
sleep ${NAP:-1}
mkdir -p /var/log/nbkatib
score=$(python3 -c "import os; print(-(float(os.environ['HP_LR']) - 0.3) ** 2 - 0.1 * (int(os.environ['HP_DEPTH']) - 4) ** 2)")
echo "$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ) score=$score" >>/var/log/nbkatib/metrics.log
sleep 1
"""


def shared():
    """The plane, started at its first use."""
    global _plane
    if _plane is None:
        reason = planes.available()
        if reason:
            raise unittest.SkipTest(reason)
        _plane = planes.Plane()
        atexit.register(_plane.stop)
        _plane.start()
    return _plane


class ClusterTest(unittest.TestCase):
    """Each test has a namespace of its own, and leaves the plane as it was."""

    @classmethod
    def setUpClass(cls):
        cls.plane = shared()

    def setUp(self):
        self.namespace = self.plane.namespace(f"team-{next(_number)}")
        self.addCleanup(self.plane.settings)
        self.addCleanup(self._delete)

    def _delete(self):
        with contextlib.suppress(Exception):
            self.plane.core.delete_namespace(self.namespace)

    def pod(self, name, *command, image="host", volumes=(), mounts=(), restart="Never", containers=None, **spec):
        """Creates a Pod of one container, `main`."""
        main = {"name": "main", "image": image, "command": list(command), "volumeMounts": list(mounts), **(containers or {})}
        self.plane.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {
            "restartPolicy": restart, "containers": [main], "volumes": list(volumes), "terminationGracePeriodSeconds": 2, **spec}}, self.namespace)
        return name

    def phase(self, name):
        return self.plane.core.read_namespaced_pod(name, self.namespace).status.phase

    def ended(self, name, timeout=60):
        """Waits for a Pod's end, and returns its phase and its log."""
        until(f"pod {name} ends", lambda: self.phase(name) in ("Succeeded", "Failed"), timeout)
        return self.phase(name), self.plane.pod_log(name, self.namespace, container="main")

    def claim(self, name, source=None, size="1Gi", mode="ReadWriteMany", storage_class=None):
        spec = {"accessModes": [mode], "resources": {"requests": {"storage": size}}}
        if source:
            spec["dataSource"] = source
        if storage_class:
            spec["storageClassName"] = storage_class
        self.plane.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}, self.namespace)
        return name

    def submit(self, document):
        self.plane.create(document, self.namespace)
        return document["metadata"]["name"]

    def finished(self, name, timeout=120):
        """Waits for an Experiment's end, and returns it."""
        def done():
            found = self.plane.get("experiments", name, self.namespace)
            return found if state(found) in ("Succeeded", "Failed") else None

        return until(f"experiment {name} ends", done, timeout, 0.2)


def state(experiment):
    """The state of an Experiment, in the order that holds in spite of Restarting."""
    holds = [c["type"] for c in experiment.get("status", {}).get("conditions", []) if c["status"] == "True"]
    return next((s for s in ("Failed", "Succeeded", "Running", "Restarting", "Created") if s in holds), "")


def volume(name, **source):
    return {"name": name, **source}


def mount(name, path, **more):
    return {"name": name, "mountPath": path, **more}


def experiment(name, trials=6, parallel=3, runner="sh /nbk/runner.sh", **spec):
    """An Experiment of the shape that nbkatib submits: one container, values by environment, metrics in a file of its own."""
    job = {
        "apiVersion": "batch/v1", "kind": "Job",
        "spec": {"backoffLimit": 0, "template": {"metadata": {"labels": {"sidecar.istio.io/inject": "false"}}, "spec": {
            "restartPolicy": "Never",
            "containers": [{
                "name": "main", "image": "host", "command": ["sh", "-c"], "args": [runner],
                "env": [{"name": "HP_LR", "value": "${trialParameters.lr}"}, {"name": "HP_DEPTH", "value": "${trialParameters.depth}"}],
                "volumeMounts": [mount("nbk", "/nbk")],
            }],
            "volumes": [volume("nbk", configMap={"name": "runner"})],
        }}},
    }
    return {
        "apiVersion": "kubeflow.org/v1beta1", "kind": "Experiment", "metadata": {"name": name},
        "spec": {
            "objective": {"type": "maximize", "objectiveMetricName": "score"},
            "algorithm": {"algorithmName": "random", "algorithmSettings": []},
            "maxTrialCount": trials, "parallelTrialCount": parallel, "maxFailedTrialCount": trials,
            "parameters": [
                {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.01", "max": "1"}},
                {"name": "depth", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "8"}},
            ],
            "metricsCollectorSpec": {"collector": {"kind": "File"}, "source": {"fileSystemPath": {
                "kind": "File", "path": "/var/log/nbkatib/metrics.log", "format": "TEXT"}}},
            "trialTemplate": {
                "retain": True, "primaryContainerName": "main", "trialSpec": job,
                "trialParameters": [{"name": "lr", "reference": "lr"}, {"name": "depth", "reference": "depth"}],
            },
            **spec,
        },
    }


def runner_map(text=RUNNER):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "runner"}, "data": {"runner.sh": text}}
