"""Experiments on the plane: run to their end, refused at admission, failing in each of Katib's ways."""
import json
import unittest

from kubernetes import client

from processes import until
from world import ClusterTest, experiment, runner_map, state


class Experiments(ClusterTest):
    def setUp(self):
        super().setUp()
        self.plane.create(runner_map(), self.namespace)

    def test_six_trials_three_at_a_time(self):
        name = self.submit(experiment("six"))
        most, done = 0, None
        while not done:
            found = self.plane.get("experiments", name, self.namespace)
            most = max(most, found.get("status", {}).get("trialsRunning", 0))
            done = found if state(found) in ("Succeeded", "Failed") else None
        status = done["status"]
        self.assertEqual((state(done), status["trials"], status["trialsSucceeded"]), ("Succeeded", 6, 6), status)
        self.assertEqual(most, 3)
        self.assertEqual(status["conditions"][-1]["reason"], "ExperimentMaxTrialsReached")
        self.optimal(status)

    def optimal(self, status):
        """The best trial is the one whose formula says so, worked out again from every trial's own parameters."""
        trials = self.plane.list("trials", self.namespace)
        values = {}
        for trial in trials:
            point = {a["name"]: float(a["value"]) for a in trial["spec"]["parameterAssignments"]}
            values[trial["metadata"]["name"]] = -(point["lr"] - 0.3) ** 2 - 0.1 * (point["depth"] - 4) ** 2
        best = status["currentOptimalTrial"]
        self.assertEqual(best["bestTrialName"], max(values, key=values.get))
        measured = best["observation"]["metrics"][0]
        self.assertEqual((measured["name"], measured["min"]), ("score", measured["max"]))
        self.assertAlmostEqual(float(measured["latest"]), max(values.values()), 9)

    def test_objects_of_a_trial(self):
        name = self.submit(experiment("objects", trials=1, parallel=1))
        self.finished(name)
        trial = self.plane.list("trials", self.namespace, f"katib.kubeflow.org/experiment={name}")[0]
        trial_name = trial["metadata"]["name"]
        self.assertRegex(trial_name, r"^objects-[bcdfghjklmnpqrstvwxz2456789]{8}$")
        pod = self.plane.core.list_namespaced_pod(self.namespace, label_selector=f"katib.kubeflow.org/trial={trial_name}").items[0]
        self.assertEqual([c.name for c in pod.spec.containers], ["main", "metrics-logger-and-collector"])
        self.assertTrue(pod.spec.containers[0].args[0].startswith("sh /nbk/runner.sh && echo completed > /var/log/nbkatib/"))
        self.assertIn("trial of lr=", self.plane.pod_log(pod.metadata.name, self.namespace, container="main"))
        job = self.plane.batch.read_namespaced_job(trial_name, self.namespace)
        self.assertEqual(job.metadata.owner_references[0].kind, "Trial")

    def test_metrics_from_the_output(self):
        """The sidecar has the log, because the command's output goes to its file."""
        spec = {"metricsCollectorSpec": {"collector": {"kind": "StdOut"}}}
        name = self.submit(experiment("stdout", trials=1, parallel=1, runner="python3 -c 'import time; time.sleep(1); print(\"score=0.5\"); time.sleep(1)'", **spec))
        done = self.finished(name)
        best = done["status"]["currentOptimalTrial"]
        self.assertEqual(best["observation"]["metrics"], [{"name": "score", "min": "0.5", "max": "0.5", "latest": "0.5"}])
        pod = self.plane.core.list_namespaced_pod(self.namespace, label_selector=f"katib.kubeflow.org/trial={best['bestTrialName']}").items[0]
        self.assertEqual(self.plane.pod_log(pod.metadata.name, self.namespace, container="main"), "")
        self.assertRegex(self.plane.pod_log(pod.metadata.name, self.namespace, container="metrics-logger-and-collector"), r"(?m)^I\d{4} .*\] score=0\.5$")

    def test_failed_trials_fail_the_experiment(self):
        name = self.submit(experiment("bad", runner="exit 3", maxFailedTrialCount=2))
        done = self.finished(name)
        self.assertEqual(state(done), "Failed")
        self.assertEqual(done["status"]["conditions"][-1]["message"], "Experiment has failed because max failed count has reached")
        failed = self.plane.get("trials", done["status"]["failedTrialList"][0], self.namespace)
        self.assertIn("Job reason: BackoffLimitExceeded", failed["status"]["conditions"][-1]["reason"])

    def test_trial_without_its_metric(self):
        script = "mkdir -p /var/log/nbkatib; sleep 1; echo other=1 > /var/log/nbkatib/metrics.log; sleep 1"
        self.plane.core.replace_namespaced_config_map("runner", self.namespace, runner_map(script))
        done = self.finished(self.submit(experiment("silent", trials=1, parallel=1)))
        self.assertEqual((done["status"]["trialMetricsUnavailable"], done["status"]["metricsUnavailableTrialList"][0][:7]), (1, "silent-"), done["status"])
        self.assertEqual(state(done), "Failed")

    def test_trial_without_a_metrics_file(self):
        done = self.finished(self.submit(experiment("nothing", trials=1, parallel=1, runner="sleep 1")))
        self.assertEqual((state(done), done["status"]["trialsFailed"]), ("Failed", 1), done["status"])

    def test_goal_ends_it(self):
        goal = {"type": "maximize", "objectiveMetricName": "score", "goal": -100}
        done = self.finished(self.submit(experiment("goal", trials=30, parallel=1, objective=goal)))
        self.assertEqual(done["status"]["conditions"][-1]["reason"], "ExperimentGoalReached")
        self.assertLess(done["status"]["trials"], 30)

    def test_deletion_takes_everything(self):
        name = self.submit(experiment("gone", runner="sleep 60"))
        until("pods run", lambda: self.plane.core.list_namespaced_pod(self.namespace).items)
        self.plane.custom.delete_namespaced_custom_object("kubeflow.org", "v1beta1", self.namespace, "experiments", name)
        until("all is gone", lambda: not self.plane.list("trials", self.namespace) and not self.plane.core.list_namespaced_pod(self.namespace).items, 90)


class Refusals(ClusterTest):
    """What admission refuses, with Katib's own words."""

    def refused(self, document, *words):
        with self.assertRaises(client.ApiException) as caught:
            self.submit(document)
        self.assertEqual(caught.exception.status, 400, caught.exception.body)
        message = json.loads(caught.exception.body)["message"]
        for word in words:
            self.assertIn(word, message)

    def test_texts(self):
        denied = 'admission webhook "validator.experiment.katib.kubeflow.org" denied the request: '
        rows = (
            (experiment("4ever"), [denied + "metadata.name: Invalid value: \"4ever\": name must consist of lower case"]),
            (experiment("a" * 41), ["and may not be longer than 40 characters"]),
            (experiment("few", trials=2), [denied + "spec.parallelTrialCount: Invalid value: 3: should be less than or equal to spec.maxTrialCount"]),
            (experiment("none", algorithm={"algorithmName": "magic"}), ["failed to find suggestion config for algorithm: magic in ConfigMap: katib-config"]),
            (experiment("kind", objective={"type": "up", "objectiveMetricName": "score"}), ["spec.objective.type: Invalid value: \"up\": must be minimize or maximize"]),
            (experiment("left", parameters=[{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0", "max": "1"}}]),
             ["parameter reference depth does not exist in spec.parameters"]),
            (experiment("list", parameters=[]), ["spec.parameters or spec.nasConfig must be specified"]),
        )
        for document, words in rows:
            with self.subTest(document["metadata"]["name"]):
                self.refused(document, *words)

    def test_number_where_a_string_belongs(self):
        document = experiment("number")
        document["spec"]["parameters"][0]["feasibleSpace"]["min"] = 0.01
        self.refused(document, "json: cannot unmarshal number into Go struct field")

    def test_field_that_a_job_does_not_have(self):
        document = experiment("unknown")
        document["spec"]["trialTemplate"]["trialSpec"]["spec"]["backofLimit"] = 0
        self.refused(document, "invalid spec.trialTemplate: unable to convert: /spec/backofLimit - 0 to Job")

    def test_namespace_without_the_label(self):
        self.plane.core.patch_namespace(self.namespace, {"metadata": {"labels": {"katib.kubeflow.org/metrics-collector-injection": None}}})
        self.refused(experiment("label"), "the namespace lacks label")


if __name__ == "__main__":
    unittest.main()
