"""What breaks in a cluster, and that the plane can break it: server, network, rights, webhooks; and Katib's quirks."""
import time
import unittest

from kubernetes import client, config, watch

from processes import until
from world import ClusterTest, experiment, runner_map, state


class Faults(ClusterTest):
    def setUp(self):
        super().setUp()
        self.plane.create(runner_map(), self.namespace)

    def test_api_server_restarts_during_an_experiment(self):
        name = self.submit(experiment("restart"))
        until("trials run", lambda: self.plane.get("experiments", name, self.namespace).get("status", {}).get("trialsRunning"))
        self.plane.restart("apiserver")
        done = self.finished(name, 180)
        self.assertEqual((state(done), done["status"]["trialsSucceeded"]), ("Succeeded", 6), done["status"])

    def test_watch_from_a_time_that_is_forgotten(self):
        version = self.plane.core.list_namespaced_config_map(self.namespace).metadata.resource_version
        self.plane.core.create_namespaced_config_map(self.namespace, {"metadata": {"name": "meanwhile"}})
        self.plane.restart("apiserver")
        stream = watch.Watch().stream(self.plane.core.list_namespaced_config_map, self.namespace, resource_version=version, timeout_seconds=5)
        with self.assertRaises(client.ApiException) as caught:
            self.assertEqual([event["object"].metadata.name for event in stream], "nothing: the version is too old")
        self.assertEqual(caught.exception.status, 410)

    def test_node_restarts(self):
        self.pod("lost", "sleep", "600")
        until("it runs", lambda: self.phase("lost") == "Running")
        self.plane.restart("node")
        until("it is given up", lambda: self.phase("lost") == "Failed")
        lost = self.plane.core.read_namespaced_pod("lost", self.namespace).status.container_statuses[0].state.terminated
        self.assertEqual((lost.exit_code, lost.reason), (137, "ContainerStatusUnknown"))
        self.pod("next", "echo", "works")
        self.assertEqual(self.ended("next"), ("Succeeded", "works\n"))

    def test_snapshots_are_not_installed(self):
        arguments = ("snapshot.storage.k8s.io", "v1", self.namespace, "volumesnapshots")
        with self.plane.without("classes", "VolumeSnapshotClass"), self.plane.without("snapshot-crds"):
            until("they are unknown", lambda: self.unknown(*arguments))
        until("they are back", lambda: not self.unknown(*arguments))

    def unknown(self, *arguments):
        try:
            self.plane.custom.list_namespaced_custom_object(*arguments)
        except client.ApiException as error:
            return error.status == 404
        return False

    def test_network_is_cut(self):
        with self.plane.link.cut():
            with self.assertRaises(Exception):
                self.plane.core.list_namespace(_request_timeout=3)
        self.assertTrue(self.plane.core.list_namespace().items)

    def test_watch_outlives_silence(self):
        seen = []
        with self.plane.link.silent():
            began = time.monotonic()
            with self.assertRaises(Exception):
                self.plane.core.list_namespace(_request_timeout=1)
            self.assertGreater(time.monotonic() - began, 0.9)
        self.plane.core.create_namespaced_config_map(self.namespace, {"metadata": {"name": "after"}})
        for event in watch.Watch().stream(self.plane.core.list_namespaced_config_map, self.namespace, timeout_seconds=3):
            seen.append(event["object"].metadata.name)
        self.assertIn("after", seen)

    def test_least_rights(self):
        kubeconfig = self.plane.user_kubeconfig(self.namespace)
        custom = client.CustomObjectsApi(config.new_client_from_config(str(kubeconfig)))
        arguments = ("kubeflow.org", "v1beta1", self.namespace, "experiments")
        with self.assertRaises(client.ApiException) as caught:
            custom.list_namespaced_custom_object(*arguments)
        self.assertEqual(caught.exception.status, 403)
        self.plane.grant(self.namespace)
        until("the right is there", lambda: custom.list_namespaced_custom_object(*arguments) is not None)

    def test_short_token(self):
        self.plane.grant(self.namespace, "account:default")
        core = client.CoreV1Api(config.new_client_from_config(str(self.plane.token_kubeconfig(self.namespace, life=3))))
        until("it is accepted", lambda: core.list_namespaced_pod(self.namespace) is not None, 2.5)

        def refused():
            try:
                core.list_namespaced_pod(self.namespace)
            except client.ApiException as error:
                return error.status == 401
            return False

        until("it has expired", refused, 30)

    def stand_in(self, why):
        if self.plane.katib.real:
            self.skipTest(f"Katib's own programs are in use: {why}")

    def quirk(self, name, document):
        self.stand_in("they have no switches")
        self.plane.settings(quirks=name)
        return self.submit(document)

    def test_completion_time_is_null(self):
        name = self.quirk("null-completion-time", experiment("null", runner="sleep 60"))
        status = until("trials run", lambda: self.running(name))
        self.assertIn("completionTime", status)
        self.assertIsNone(status["completionTime"])

    def running(self, name):
        status = self.plane.get("experiments", name, self.namespace).get("status", {})
        return status if status.get("trialsRunning") else None

    def test_sidecar_is_missing(self):
        name = self.quirk("no-sidecar", experiment("alone", trials=1, parallel=1))
        until("the job is complete", lambda: any(j.status.succeeded for j in self.plane.batch.list_namespaced_job(self.namespace).items))
        time.sleep(2)
        self.assertEqual(self.running(name)["trialsRunning"], 1)

    def test_suggestion_is_not_ready(self):
        name = self.quirk("suggestion-not-ready", experiment("waits"))
        conditions = until("the suggestion says so", lambda: self.plane.get("suggestions", name, self.namespace)["status"]["conditions"])
        self.assertIn(("DeploymentReady", "False", "Deployment is not ready"), [(c["type"], c["status"], c["message"]) for c in conditions])
        self.assertEqual(state(self.plane.get("experiments", name, self.namespace)), "Created")

    def test_poison_value(self):
        script = "mkdir -p /var/log/nbkatib; sleep 1; echo score=nan > /var/log/nbkatib/metrics.log; sleep 1"
        self.plane.core.replace_namespaced_config_map("runner", self.namespace, runner_map(script))
        self.submit(experiment("poison", trials=3, parallel=1))
        until("it stalls", lambda: [m for k, r, m in self.plane.events(self.namespace) if (k, r) == ("Suggestion", "ReconcileError")])

    def test_restarted_experiment_says_so_forever(self):
        name = self.submit(experiment("again", trials=1, parallel=1, maxFailedTrialCount=1, resumePolicy="LongRunning"))
        self.finished(name)
        self.plane.custom.patch_namespaced_custom_object("kubeflow.org", "v1beta1", self.namespace, "experiments", name, {"spec": {"maxTrialCount": 2}})
        until("it ends again", lambda: (lambda e: e["status"].get("trials") == 2 and state(e) == "Succeeded" and e)(
            self.plane.get("experiments", name, self.namespace)), 60)
        conditions = {c["type"]: c["status"] for c in self.plane.get("experiments", name, self.namespace)["status"]["conditions"]}
        self.assertEqual((conditions["Restarting"], conditions["Succeeded"]), ("True", "True"))

    def test_webhooks_are_missing(self):
        self.addCleanup(self.plane.katib.register)
        self.plane.katib.unregister()
        document = experiment("raw")
        document["spec"]["objective"]["type"] = "up"
        until("nothing refuses it", lambda: self.submit(document))

    def test_early_stopping(self):
        self.stand_in("their early stopping service is not a program of Go")
        script = (
            "mkdir -p /var/log/nbkatib; sleep 1; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do "
            'echo "$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ) score=-$SERIAL" >> /var/log/nbkatib/metrics.log; sleep 0.3; SERIAL=$((SERIAL + 1)); done; sleep 1')
        script = 'SERIAL=$(python3 -c "import time; print(int(time.time()) % 100000)"); ' + script
        self.plane.core.replace_namespaced_config_map("runner", self.namespace, runner_map(script))
        stopping = {"algorithmName": "medianstop", "algorithmSettings": [{"name": "min_trials_required", "value": "1"}, {"name": "start_step", "value": "2"}]}
        done = self.finished(self.submit(experiment("early", trials=3, parallel=1, earlyStopping=stopping)), 180)
        self.assertEqual(state(done), "Succeeded")
        self.assertGreaterEqual(done["status"].get("trialsEarlyStopped", 0), 1, done["status"])


if __name__ == "__main__":
    unittest.main()
