"""A trial through a real shell, exactly as Katib joins and wraps its words, with names that would break them."""
import json
import os
import pathlib
import signal
import tempfile
import time
import unittest

import pod
import world

HARD = "it's \"hard\"; $(touch pwned) & `x` é.ipynb"
PARAMETERS = 'lr = 0.5\nα = 2\nmode = "plain"\n'
BODY = "import helper\nfrom tools.deep import thing\nopen('data.txt', 'w').write(mode)\nscore = lr * α + helper.more + thing\n"
METRICS = "print(score)\n"
CHOICES = ["plain", 'quo"te', "back\\slash", "$(HOME) ${HOME} `id`", "new\nline", "; rm -rf /", "é"]


def choices(values):
    """spec.parameters[].feasibleSpace.list as YAML."""
    return json.dumps(values)


class Trials(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="nbkatib-pod-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def documents(self, document, *options, name=HARD):
        place = self.folder / "some where"
        place.mkdir(exist_ok=True)
        (place / "helper.py").write_text("from tools import inner\nmore = inner.ten\n")
        (place / "tools").mkdir(exist_ok=True)
        (place / "tools/__init__.py").write_text("")
        (place / "tools/inner.py").write_text("ten = 10\n")
        (place / "tools/deep.py").write_text("thing = 100\n")
        (place / "unused.py").write_text("raise SystemExit\n")
        path = world.write(place / name, document)
        out, _ = world.experiment(self.folder, path, "--image", "reg/image:1", "--objects", "--algorithm", "random", *options)
        experiment, *objects = pod.documents(out)
        return experiment, objects

    def pod(self, document, assignments, *options, **more):
        experiment, objects = self.documents(document, *options, **more)
        made = pod.Pod(self.folder / "pod", experiment, objects, assignments)
        made.use_program(world.PROGRAM)
        return made

    def test_hostile_names_and_choices(self):
        document = world.notebook(PARAMETERS, BODY, METRICS)
        document["metadata"]["kubeflow_notebook"] = {"katib_metadata": {"parameters": [
            {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "1"}},
            {"name": "α", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "4"}},
            {"name": "mode", "parameterType": "categorical", "feasibleSpace": {"list": CHOICES}}]}}
        experiment, objects = self.documents(document)
        sent = experiment["spec"]["parameters"][2]["feasibleSpace"]["list"]
        self.assertEqual(len(sent), len(CHOICES))
        for index, token in enumerate(sent):
            with self.subTest(choice=CHOICES[index]):
                made = pod.Pod(self.folder / f"pod{index}", experiment, objects, {"lr": "0.25", "α": "3", "mode": token})
                made.use_program(world.PROGRAM)
                status, events, err = made.run()
                self.assertEqual(status, 0, events[-1])
                self.assertIn("succeeded", err.lower())  # its log
                self.assertNotIn("Sanitizer", err)
                self.assertTrue(made.completed())
                self.assertEqual(made.metrics(), [("score", "110.75")])
                self.assertEqual((made.folder / "nbkatib/work/notebook/data.txt").read_text(), CHOICES[index])
        self.assertEqual(list(self.folder.rglob("pwned")), [])

    def test_only_imported_modules_travel(self):
        _, objects = self.documents(world.notebook(PARAMETERS, BODY, METRICS))
        job = next(json.loads(o["data"]["job.json"]) for o in objects if "job.json" in o.get("data", {}))
        self.assertEqual(sorted(f["path"] for f in job["files"]),
                         sorted([HARD, "helper.py", "tools/__init__.py", "tools/inner.py", "tools/deep.py"]))

    def test_files_come_back_in_the_log(self):
        made = self.pod(world.notebook(PARAMETERS, BODY + "print('x' * 100000)", METRICS),
                        {"lr": "0.5", "α": "2", "mode": "plain"}, "--param", "mode=plain,other")
        status, events, _ = made.run()
        self.assertEqual(status, 0)
        found = pod.files(events)
        self.assertEqual(sorted(found), ["executed.ipynb", "metrics.log", "result.json"])
        executed = json.loads(found["executed.ipynb"])
        self.assertIn("x" * 1000, json.dumps(executed))
        self.assertEqual(json.loads(found["result.json"])["state"], "Succeeded")
        kinds = [e["event"] for e in events]
        self.assertLess(kinds.index("finished"), kinds.index("file"))
        self.assertLess(max(len(json.dumps(e)) for e in events), 16 << 10)

    def test_failure_is_no_completion(self):
        made = self.pod(world.notebook("lr = 0.5\n", "score = lr / 0\n", METRICS), {"lr": "0.5"})
        status, events, _ = made.run()
        self.assertEqual(status, 1)
        self.assertFalse(made.completed())
        self.assertEqual(made.metrics(), [])
        self.assertIn("ZeroDivisionError", next(e for e in events if e["event"] == "finished")["message"])

    def test_nan_is_never_printed(self):
        made = self.pod(world.notebook("lr = 0.5\n", "score = lr * float('nan')\n", METRICS), {"lr": "0.5"})
        status, _, _ = made.run()
        self.assertEqual(status, 1)
        self.assertNotIn("nan", (made.metrics_folder / "metrics.log").read_text())

    def test_value_that_katib_did_not_fill_in(self):
        made = self.pod(world.notebook("lr = 0.5\n", "score = lr\n", METRICS), {"lr": "0.5"})
        made.container["env"][0]["value"] = "${trialParameters.lr}"
        status, events, _ = made.run()
        self.assertEqual(status, 3)
        self.assertIn("Katib replaced nothing", events[0]["message"])

    def test_another_program_than_the_one_that_was_sent(self):
        experiment, objects = self.documents(world.notebook("lr = 0.5\n", "score = lr\n", METRICS))
        made = pod.Pod(self.folder / "pod", experiment, objects, {"lr": "0.5"})
        programs = json.loads((made.inside / "job.json").read_text())["programs"]
        made.use_program(world.PROGRAM)
        job = json.loads((made.inside / "job.json").read_text())
        (made.inside / "job.json").write_text(json.dumps(dict(job, programs=programs)))
        status, events, _ = made.run()
        self.assertEqual(status, 3)
        self.assertIn("is not the one that was sent", events[0]["message"])

    def test_machine_without_a_program(self):
        experiment, objects = self.documents(world.notebook("lr = 0.5\n", "score = lr\n", METRICS))
        made = pod.Pod(self.folder / "pod", experiment, objects, {"lr": "0.5"})
        (made.inside / f"{os.uname().machine}.00").unlink()
        process = made.start()
        _, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"no program was sent for a machine of the kind", err)

    def test_terminated_by_early_stopping(self):
        body = "import time\nfor i in range(600):\n    print('score=%d' % i, flush=True)\n    time.sleep(0.1)\nscore = 1\n"
        made = self.pod(world.notebook("lr = 0.5\n", body, METRICS), {"lr": "0.5"}, "--reports")
        process = made.start()
        deadline = time.monotonic() + 60
        while len(made.metrics()) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertGreaterEqual(len(made.metrics()), 3)
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        self.assertEqual(len(children), 1, "Katib's sidecar wants one child of the shell")
        os.kill(int(children[0]), signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertFalse(made.completed())
        finished = next(e for e in pod.events(out) if e["event"] == "finished")
        self.assertEqual(finished["state"], "Killed")


if __name__ == "__main__":
    unittest.main()
