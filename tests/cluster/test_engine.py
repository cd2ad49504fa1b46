"""The engine katib from the command line: what a person does with experiments of a cluster, and what may happen to them meanwhile."""
import json
import os
import pathlib
import time
import unittest

try:
    from processes import until
    from program import PROGRAM, Program
    from world import ClusterTest, experiment
except ImportError as problem:  # no plane can be had here
    raise unittest.SkipTest(str(problem))

PARAMETERS = ("lr = 0.1\ndepth = 3", "pipeline-parameters")
BODY = "import os, time\nprint('learning with', lr)\nscore = -(lr - 0.3) ** 2 - 0.1 * (depth - 4) ** 2"
METRICS = ("print(score)", "pipeline-metrics")
RANGES = ("--param", "lr=0.01..1", "--param", "depth=1..8", "--objective", "max:score")
ENDED = ("Succeeded", "Failed", "Stopped")


@unittest.skipUnless(os.access(PROGRAM, os.X_OK), f"{PROGRAM} is not built: scripts/build dev")
class EngineTest(ClusterTest):
    def setUp(self):
        super().setUp()
        self.plane.grant(self.namespace)
        self.program = Program(self.plane, self.namespace, self.plane.user_kubeconfig(self.namespace))

    def words(self, name, trials=6, parallel=3, body=BODY):
        path = self.program.notebook(PARAMETERS, body, METRICS)
        return ("run", path, "--engine", "katib", "--image", "host", "--name", name, "--trials", trials, "--parallel", parallel,
                "--algorithm", "random", *RANGES)

    def detached(self, name, **more):
        done = self.program.run(*self.words(name, **more), "--detach")
        self.assertEqual(done.returncode, 0, done.stderr)
        return name

    def show(self, name):
        return self.program.json("show", name)

    def awaited(self, name, state=ENDED, timeout=120):
        def there():
            found = self.show(name)
            return found if found["state"] in state else None

        return until(f"{name} is {state}", there, timeout, 0.5)

    def running(self, name, count=1):
        until("trials run", lambda: sum(p.status.phase == "Running" for p in self.plane.core.list_namespaced_pod(
            self.namespace, label_selector=f"katib.kubeflow.org/experiment={name}").items) >= count, 90)

    def left(self):
        """What there is of ours in the namespace."""
        custom = [o["metadata"]["name"] for kind in ("experiments", "trials", "suggestions") for o in self.plane.list(kind, self.namespace)]
        pods = [p.metadata.name for p in self.plane.core.list_namespaced_pod(self.namespace).items]
        maps = [m.metadata.name for m in self.plane.core.list_namespaced_config_map(self.namespace).items if m.metadata.name != "kube-root-ca.crt"]
        return custom + pods + maps


class Runs(EngineTest):
    def test_six_trials_three_at_a_time(self):
        done = self.program.run(*self.words("six"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for text in ("six  Succeeded: 6 of 6 trials succeeded", "best trial  six-", "notebook    "):
            self.assertIn(text, done.stdout)
        found = self.show("six")
        self.assertEqual((found["state"], found["engine"], len(found["trials"])), ("Succeeded", "katib", 6), found)
        self.the_best(found)
        self.the_list(found)
        self.the_files(found)
        self.the_events()

    def the_best(self, found):
        """The best of the trials' own values, worked out again from what they were given."""
        def score(trial):
            point = {a["name"]: float(a["value"]) for a in trial["assignments"]}
            return -(point["lr"] - 0.3) ** 2 - 0.1 * (point["depth"] - 4) ** 2

        best = max(found["trials"], key=score)
        self.assertEqual(found["experiment"]["status"]["currentOptimalTrial"]["bestTrialName"], best["name"])
        self.assertAlmostEqual(float(best["observation"]["metrics"][0]["latest"]), score(best), 9)

    def the_list(self, found):
        item, = self.program.json("list")
        self.assertEqual((item["name"], item["engine"], item["state"], item["trialsSucceeded"]), ("six", "katib", "Succeeded", 6))
        self.assertEqual(item["best"]["trial"], found["experiment"]["status"]["currentOptimalTrial"]["bestTrialName"])

    def the_files(self, found):
        trial = found["trials"][0]
        value = next(a["value"] for a in trial["assignments"] if a["name"] == "lr")
        log = self.program.run("logs", "six", trial["name"])
        self.assertIn(f"learning with {value}", log.stdout, log.stderr)
        best = found["experiment"]["status"]["currentOptimalTrial"]["bestTrialName"]
        executed = json.loads((self.program.folder / "state/clusters/six/trials" / best / "executed.ipynb").read_text())
        self.assertIn("learning with", json.dumps(executed["cells"]))

    def the_events(self):
        events = [json.loads(line) for line in self.program.run("logs", "six", "--json").stdout.splitlines()]
        self.assertEqual([e["seq"] for e in events], list(range(1, len(events) + 1)))
        kinds = [e["kind"] for e in events]
        self.assertEqual(kinds[:2] + kinds[-1:], ["experiment-created", "engine-started", "engine-ended"])
        self.assertEqual([kinds.count(k) for k in ("trial-created", "trial-started", "trial-finished")], [6, 6, 6])
        self.assertGreaterEqual(kinds.count("optimal"), 1)
        self.assertGreaterEqual(kinds.count("trial-step"), 1)

    def test_failing_trial_says_why(self):
        self.detached("bad", trials=2, parallel=2, body="raise ValueError('no such data')\nscore = 1")
        found = self.awaited("bad")
        self.assertEqual(found["state"], "Failed")
        for trial in found["trials"]:
            self.assertEqual((trial["state"], trial["reason"], trial["cell"]), ("Failed", "CellFailed", 1), trial)
            self.assertIn("no such data", trial["message"])

    def test_followed_by_another_after_the_first_was_killed(self):
        first = self.program.start(*self.words("left", body=BODY + "\ntime.sleep(2)"))
        self.running("left")
        first.kill()
        first.communicate()
        done = self.program.run("logs", "left", "--follow")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("left  Succeeded: 6 of 6", done.stdout)

    def test_log_of_a_running_trial(self):
        """What the notebook prints is there while it runs, and once alone."""
        self.detached("talk", trials=1, parallel=1, body=BODY + "\nfor i in range(8):\n    print('round', i, flush=True)\n    time.sleep(1)")
        self.running("talk")
        trial = until("there is a trial", lambda: self.show("talk")["trials"])[0]["name"]
        until("it has begun", lambda: "round 0" in self.program.run("logs", "talk", trial).stdout, 90, 0.5)
        self.assertEqual(self.show("talk")["state"], "Running")
        done = self.program.run("logs", "talk", trial, "--follow")
        self.assertEqual([line for line in done.stdout.splitlines() if line.startswith("round")], [f"round {i}" for i in range(8)], done.stdout + done.stderr)

    def test_deleted_by_others(self):
        self.detached("lost", trials=1, parallel=1)
        self.awaited("lost")
        self.plane.custom.delete_namespaced_custom_object("kubeflow.org", "v1beta1", self.namespace, "experiments", "lost")
        until("it is gone", lambda: not self.plane.list("experiments", self.namespace))
        shown = self.program.run("show", "lost")
        self.assertEqual(shown.returncode, 6, shown.stderr)
        self.assertIn("lost is not in the cluster any more; `nbkatib delete lost` forgets it", shown.stderr)
        item, = self.program.json("list")
        self.assertIn("not in the cluster any more", item["error"])
        self.assertEqual(self.program.run("delete", "lost", "--yes").returncode, 0)
        self.assertEqual(self.program.json("list"), [])

    def test_server_that_restarts_meanwhile(self):
        run = self.program.start(*self.words("away", body=BODY + "\ntime.sleep(1)"))
        self.running("away")
        self.plane.restart("apiserver")
        out, err = run.communicate(timeout=150)
        self.assertEqual(run.returncode, 0, out + err)
        self.assertIn("away  Succeeded: 6 of 6", out)


class Changes(EngineTest):
    LONG = BODY + "\nif os.path.exists('/tmp/never'): pass\ntime.sleep(4)"

    def test_stop_gently_then_resume(self):
        self.detached("gentle", trials=9, parallel=2, body=self.LONG)
        self.running("gentle")
        self.assertEqual(self.program.run("stop", "gentle").returncode, 0)
        found = self.awaited("gentle")
        states = [t["state"] for t in found["trials"]]
        self.assertEqual(found["state"], "Stopped")
        self.assertGreaterEqual(states.count("Succeeded"), 1, states)
        self.assertLess(states.count("Succeeded"), 9)
        self.assertLessEqual(states.count("Killed"), 1, states)
        self.assertEqual(set(states) - {"Succeeded", "Killed"}, set())
        done = self.program.run("resume", "gentle")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        again = self.show("gentle")
        self.assertEqual((again["state"], again["experiment"]["spec"]["maxTrialCount"], len(again["trials"])), ("Succeeded", 9, 9), done.stdout)
        self.assertEqual([t["state"] for t in again["trials"]].count("Killed"), states.count("Killed"))

    def test_stop_now_then_delete(self):
        self.detached("now", trials=9, parallel=3, body=BODY + "\ntime.sleep(120)")
        self.running("now", 3)
        self.assertEqual(self.program.run("delete", "now", "--yes").returncode, 5)
        self.assertEqual(self.program.run("stop", "now", "--now").returncode, 0)
        found = self.awaited("now")
        self.assertEqual(found["state"], "Stopped")
        self.assertEqual({t["state"] for t in found["trials"]}, {"Killed"})
        done = self.program.run("delete", "now", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        until("nothing is left", lambda: not self.left(), 60)
        self.assertEqual(self.program.json("list"), [])

    def test_more_trials(self):
        self.detached("more", trials=2, parallel=2)
        self.awaited("more")
        refused = self.program.run("resume", "more")
        self.assertEqual(refused.returncode, 5)
        self.assertIn("nbkatib resume more --trials", refused.stderr)
        self.assertEqual(self.program.run("resume", "more", "--trials", "4", "--detach").returncode, 0)
        found = self.awaited("more")
        self.assertEqual([t["state"] for t in found["trials"]], ["Succeeded"] * 4)
        kinds = [json.loads(line)["kind"] for line in self.program.run("logs", "more", "--json").stdout.splitlines()]
        self.assertEqual(kinds.count("engine-ended"), 2, kinds)


class Refusals(EngineTest):
    def refused(self, done, status, *texts):
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for text in texts:
            self.assertIn(text, done.stderr)
        self.assertEqual(self.program.json("list"), [])

    def test_admission_tells_where_nothing_else_can(self):
        """Who may not read the namespace gets Katib's own words."""
        self.plane.core.patch_namespace(self.namespace, {"metadata": {"labels": {"katib.kubeflow.org/metrics-collector-injection": None}}})
        self.account("katib-user")
        self.refused(self.program.run(*self.words("label")), 3, "denied the request", "the namespace lacks label")
        self.assertEqual(self.left(), [])

    def account(self, role):
        """Goes on as the namespace's service account, with the rights of a role in the namespace alone."""
        self.plane.rbac.create_namespaced_role_binding(self.namespace, {
            "metadata": {"name": role}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": self.namespace}]})
        self.program.use(self.plane.token_kubeconfig(self.namespace))

    def test_name_is_taken(self):
        self.submit(experiment("taken", trials=1, parallel=1))
        self.refused(self.program.run(*self.words("taken")), 5, 'experiments.kubeflow.org "taken" already exists')
        self.assertIn("taken", self.left())

    def test_name_is_taken_here(self):
        local = self.program.run("run", self.program.notebook(PARAMETERS, BODY, METRICS), "--name", "twin", "--single", "--quiet")
        self.assertEqual(local.returncode, 0, local.stderr)
        done = self.program.run(*self.words("twin"))
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("of the engine local", done.stderr)
        self.assertEqual(self.left(), [])

    def test_what_goes_with_it_is_refused(self):
        """An Experiment whose ConfigMaps cannot be made is taken back."""
        self.plane.core.create_namespaced_resource_quota(self.namespace, {"metadata": {"name": "few"}, "spec": {"hard": {"count/configmaps": "1"}}})
        until("the quota counts", lambda: self.plane.core.read_namespaced_resource_quota("few", self.namespace).status.used)
        self.refused(self.program.run(*self.words("half")), 6, "configmaps", "exceeded quota: few")
        until("it is taken back", lambda: not self.left(), 60)

    def test_no_cluster_is_configured(self):
        self.program.use(None)
        self.refused(self.program.run(*self.words("none")), 4, "KUBECONFIG", ".kube/config")

    def test_cluster_that_is_away(self):
        """The overview does not wait for it, and tells so; what is here is listed."""
        self.detached("far", trials=2, parallel=2)
        self.awaited("far")
        config = self.program.env["KUBECONFIG"]
        lost = self.program.folder / "lost"
        lost.write_text(pathlib.Path(config).read_text())
        for fault in (self.plane.link.cut, self.plane.link.silent):
            with self.subTest(fault.__name__), fault():
                begin = time.monotonic()
                item, = self.program.json("list")
                self.assertLess(time.monotonic() - begin, 8)
                self.assertEqual((item["name"], item["engine"]), ("far", "katib"))
                self.assertTrue(item["error"])
        lost.write_text(lost.read_text().replace("127.0.0.1", "localhost"))
        self.program.use(lost)
        item, = self.program.json("list")
        self.assertIn("it was submitted to the cluster at", item["error"])


if __name__ == "__main__":
    unittest.main()
