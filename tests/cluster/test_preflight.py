"""What doctor and a submission say of a cluster where something is missing: the finding, and its cure."""
import json
import unittest

try:
    from kubernetes import client
    from processes import until
    from test_engine import EngineTest
except ImportError as problem:  # no plane can be had here
    raise unittest.SkipTest(str(problem))

LABEL = "katib.kubeflow.org/metrics-collector-injection"


class Preflight(EngineTest):
    def checks(self):
        """{name: check} of what is said of the cluster."""
        return {c["name"]: c for c in json.loads(self.program.run("doctor", "--engine", "katib", "--json").stdout)["checks"]}

    def doctor(self, status=0):
        done = self.program.run("doctor", "--engine", "katib")
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return self.checks()

    def found(self, check, status, text, cure):
        self.assertEqual(check["status"], status, check)
        self.assertIn(text, check["text"])
        self.assertIn(cure, check["cure"])

    def refused_words(self, *texts, more=()):
        done = self.program.run(*self.words("checked"), *more)
        self.assertEqual(done.returncode, 6, done.stdout + done.stderr)
        for text in texts:
            self.assertIn(text, done.stderr)

    def refused(self, *texts, more=()):
        """A submission says the same, and makes nothing."""
        self.refused_words(*texts, more=more)
        self.assertEqual((self.left(), self.program.json("list")), ([], []))

    def test_all_is_there(self):
        checks = self.doctor()
        for name in ("API server", "Katib", "namespace", "permissions", "service account"):
            self.assertEqual(checks[name]["status"], "ok", checks[name])
        self.assertRegex(checks["API server"]["text"], "^Kubernetes v.* at https:")

    def test_namespace_without_the_label(self):
        self.plane.core.patch_namespace(self.namespace, {"metadata": {"labels": {LABEL: None}}})
        cure = f"kubectl label namespace {self.namespace} {LABEL}=enabled"
        self.found(self.doctor(6)["namespace"], "missing", "it lacks the label", cure)
        self.refused(cure)

    def test_no_such_namespace(self):
        self.refused("there is no namespace nowhere", "--namespace", more=("--namespace", "nowhere"))

    def test_rights_that_are_missing(self):
        self.program.use(self.plane.token_kubeconfig(self.namespace))
        check = self.doctor(6)["permissions"]
        self.found(check, "missing", "create experiments", "kubeflow-katib-edit")
        for right in ("watch trials", "create configmaps", "get pods/log"):
            self.assertIn(right, check["text"])
        self.assertNotIn("volumesnapshots", check["text"])
        self.refused("not allowed in namespace", "create experiments")

    def test_rights_that_only_some_commands_need(self):
        """They are told of and do not keep anybody from submitting."""
        rules = [{"apiGroups": ["kubeflow.org"], "resources": ["experiments", "trials"], "verbs": ["get", "list", "watch", "create"]},
                 {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]}]
        self.plane.rbac.create_namespaced_role(self.namespace, {"metadata": {"name": "few"}, "rules": rules})
        self.plane.rbac.create_namespaced_role_binding(self.namespace, {
            "metadata": {"name": "few"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "few"},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": self.namespace}]})
        self.program.use(self.plane.token_kubeconfig(self.namespace))
        check = self.doctor()["permissions"]
        self.found(check, "warning", "delete pods", "edit")
        self.assertNotIn("create experiments", check["text"])
        self.detached("few", trials=1, parallel=1)

    def test_no_such_service_account(self):
        self.refused("there is no service account nobody", "--service-account", more=("--service-account", "nobody"))

    def test_algorithm_that_is_not_installed(self):
        self.refused("no algorithm multivariate-tpe", "--algorithm random", more=("--algorithm", "multivariate-tpe"))

    def test_server_that_is_away(self):
        with self.plane.link.cut():
            self.found(self.doctor(6)["API server"], "missing", "", "kubectl version")

    def test_no_cluster(self):
        self.program.use(None)
        self.found(self.doctor(6)["cluster"], "missing", "KUBECONFIG", "KUBECONFIG")

    def serve(self, served):
        """Whether the cluster knows Experiments; those that are there stay."""
        client.ApiextensionsV1Api(self.plane.api).patch_custom_resource_definition(
            "experiments.kubeflow.org", [{"op": "replace", "path": "/spec/versions/0/served", "value": served}])
        until(f"served: {served}", lambda: (self.checks()["Katib"]["status"] == "ok") == served)

    def test_cluster_without_katib(self):
        self.serve(False)
        try:
            self.found(self.doctor(6)["Katib"], "missing", "no Experiments", "kubeflow.org")
            self.refused_words("no Experiments")
        finally:
            self.serve(True)


if __name__ == "__main__":
    unittest.main()
