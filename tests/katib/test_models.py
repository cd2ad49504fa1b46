"""Every document that is written must pass through the official Python models of Katib and Kubernetes without loss: what a model
does not know, Katib drops, and a Job that reads back differently Katib refuses."""
import json
import pathlib
import tempfile
import unittest

import pod
import world

try:
    import kubernetes.client
    from kubeflow import katib
except ImportError:
    katib = None

BODY = "score = lr * depth * len(opt)\nloss = 1 - score\n"
METRICS = "print(score)\nprint(loss)\n"
KALE = {
    "docker_image": "reg/stored:1",
    "steps_defaults": ["label:access-ml-pipeline:true", "annotation:a.b/c:d e", "limit:memory:1Gi"],
    "storage_class_name": "standard",
    "volume_access_mode": "rwm",
    "security_context": {"enabled": True, "run_as_user": 1000, "run_as_group": 0, "run_as_non_root": True},
    "volumes": [
        {"type": "clone", "name": "workspace", "mount_point": "/home/jovyan", "size": 5, "size_type": "Gi"},
        {"type": "new_pvc", "name": "data", "mount_point": "/data", "size": "1", "size_type": "Gi",
         "annotations": [{"key": "rok/origin", "value": "http://rok/x"}, {"key": "", "value": "y"}], "snapshot": True},
        {"type": "pvc", "name": "shared", "mount_point": "/shared", "annotations": []},
    ],
}
OPTIONS = {
    "plain": [],
    "everything": ["--timeout", "2h", "--trial-timeout", "10m", "--cell-timeout", "60", "--ttl", "1d", "--cpu", "500m", "--memory", "2Gi",
                   "--gpu", "amd.com/gpu=2", "--service-account", "editor", "--namespace", "team", "--node-selector", "disk=ssd",
                   "--toleration", "gpu=yes:NoSchedule", "--toleration", "spot", "--debug", "--reports", "--goal", "0.5",
                   "--fix", "depth=3"],
    "volumes": ["--volume", "shared:/data", "--volume", "new:scratch:/scratch:10Gi", "--volume", "clone:work:/home/jovyan:5Gi",
                "--volume", "snapshot:snap-1:/old:1Gi", "--volume", "snapshot:http://rok/b/f?v=1:/rok:1Gi", "--storage-class", "fast",
                "--access-mode", "ReadWriteMany"],
    "hostile choices": ["--param", 'opt=adam,"quo\\te",$(HOME)'],
}


def without_empty(value):
    """Models leave out what is None; empty lists and mappings are told apart."""
    if isinstance(value, dict):
        return {k: without_empty(v) for k, v in value.items() if v is not None}
    return [without_empty(v) for v in value] if isinstance(value, list) else value


class Response:
    """What the generated clients deserialise."""

    def __init__(self, document):
        self.data = json.dumps(document)


def through(client, document, kind):
    return without_empty(client.sanitize_for_serialization(client.deserialize(Response(document), kind)))


def through_katib(document, kind):
    return through(katib.ApiClient(), document, kind)


def through_kubernetes(document, kind):
    return through(kubernetes.client.ApiClient(), document, kind)


@unittest.skipIf(katib is None, "kubeflow-katib is not installed")
class Documents(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="nbkatib-models-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def written(self, *options, image=True, parameters="lr = 0.1\ndepth = 4\nopt = 'adam'\n", **metadata):
        path = world.write(self.folder / "model.ipynb", world.notebook(parameters, BODY, METRICS, **metadata))
        named = ["--image", "reg/image:1"] if image else []
        out, _ = world.experiment(self.folder, path, "--objects", *named, *options)
        return pod.documents(out)

    def check(self, documents):
        experiment, *objects = documents
        self.assertEqual(through_katib(experiment, "V1beta1Experiment"), without_empty(experiment))
        job = experiment["spec"]["trialTemplate"]["trialSpec"]
        self.assertEqual(through_kubernetes(job, "V1Job"), job)
        for item in objects:
            if item["kind"] == "ConfigMap":
                self.assertEqual(through_kubernetes(item, "V1ConfigMap"), item)
                size = sum(len(v) for key in ("data", "binaryData") for v in item.get(key, {}).values())
                self.assertLess(size, 1 << 20)
                self.assertTrue(item["immutable"])
        return experiment, objects

    def test_options(self):
        for name, options in OPTIONS.items():
            with self.subTest(name):
                self.check(self.written(*options))

    def test_stored_by_kale(self):
        experiment, objects = self.check(self.written(image=False, kubeflow_notebook=KALE))
        spec = experiment["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]
        self.assertEqual(spec["metadata"]["labels"], {"access-ml-pipeline": "true", "sidecar.istio.io/inject": "false"})
        self.assertEqual(spec["metadata"]["annotations"], {"a.b/c": "d e"})
        self.assertEqual(spec["spec"]["securityContext"], {"runAsUser": 1000, "runAsGroup": 0, "runAsNonRoot": True})
        self.assertEqual(spec["spec"]["containers"][0]["image"], "reg/stored:1")
        self.assertEqual(spec["spec"]["containers"][0]["resources"], {"limits": {"memory": "1Gi"}})
        claims = {v["name"]: v for v in spec["spec"]["volumes"] if v["name"].startswith("volume-")}
        new = claims["volume-0"]["ephemeral"]["volumeClaimTemplate"]
        self.assertEqual(new["metadata"], {"annotations": {"rok/origin": "http://rok/x"}})
        self.assertEqual(new["spec"], {"accessModes": ["ReadWriteMany"], "storageClassName": "standard",
                                       "resources": {"requests": {"storage": "1Gi"}}})
        self.assertEqual(claims["volume-1"]["persistentVolumeClaim"], {"claimName": "shared"})
        self.assertEqual([o["kind"] for o in objects if o["kind"] != "ConfigMap"], [])

    def test_volumes(self):
        experiment, objects = self.check(self.written(*OPTIONS["volumes"], "--name", "exp"))
        pod_spec = experiment["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
        volumes = [v for v in pod_spec["volumes"] if v["name"].startswith("volume-")]
        sources = [v.get("ephemeral", {}).get("volumeClaimTemplate", {}) for v in volumes]
        named = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot"}
        self.assertEqual([s.get("spec", {}).get("dataSource") for s in sources],
                         [None, None, dict(named, name="exp-volume-2"), dict(named, name="snap-1"), None])
        self.assertEqual(sources[4]["metadata"]["annotations"], {"rok/origin": "http://rok/b/f?v=1"})
        snapshots = [o for o in objects if o["kind"] == "VolumeSnapshot"]
        self.assertEqual([(s["metadata"]["name"], s["spec"]) for s in snapshots],
                         [("exp-volume-2", {"source": {"persistentVolumeClaimName": "work"}})])

    def test_algorithms(self):
        settings = {"hyperband": ["--setting", "r_l=9", "--setting", "resource_name=depth", "--parallel", "9"]}
        for name in ("auto", "random", "grid", "tpe", "multivariate-tpe", "bayesianoptimization", "cmaes", "sobol", "hyperband"):
            with self.subTest(name):
                ranges = ["--param", "lr=0.1..1", "--param", "depth=1..9", "--param", "opt=adam,sgd"]
                experiment, _ = self.check(self.written("--algorithm", name, *ranges, *settings.get(name, [])))
                self.assertNotEqual(experiment["spec"]["algorithm"]["algorithmName"], "auto")

    def test_what_was_written_is_run_as_it_is(self):
        """A file that was written for Katib and changed by hand keeps the change; its objects follow its name."""
        experiment, _ = self.check(self.written("--name", "first", "--volume", "clone:work:/home/jovyan:5Gi"))
        job = experiment["spec"]["trialTemplate"]["trialSpec"]["spec"]
        job["template"]["spec"]["priorityClassName"] = "low"
        path = world.write(self.folder / "changed.json", experiment)
        out, _ = world.experiment(self.folder, path, "--objects", "--name", "second")
        again, objects = self.check(pod.documents(out))
        text = json.dumps([again, objects])
        self.assertEqual(again["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["priorityClassName"], "low")
        self.assertNotIn("first", text)
        self.assertEqual([o["metadata"]["name"] for o in objects],
                         ["second-volume-0", "second-nbkatib", "second-nbkatib-amd64-00", "second-nbkatib-arm64-00"])

    def test_one_processor(self):
        path = world.write(self.folder / "model.ipynb", world.notebook("lr = 0.1\n", "score = lr\n", "print(score)\n"))
        out, _ = world.experiment(self.folder, path, "--image", "reg/i:1", machines=("aarch64",))
        experiment = pod.documents(out)[0]
        pod_spec = experiment["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
        self.assertEqual(pod_spec["nodeSelector"], {"kubernetes.io/arch": "arm64"})


if __name__ == "__main__":
    unittest.main()
