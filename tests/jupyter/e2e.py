"""Experiments from notebook to best trial, and what may happen to them on the way."""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import unittest

import car_price
from world import World, assignments, notebook, tunable

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOKS = os.environ.get("NBKATIB_NOTEBOOKS") or None
R_KERNEL = any(pathlib.Path(folder, "jupyter/kernels/ir/kernel.json").exists() for folder in ("/usr/local/share", "/usr/share"))
DEV = RELEASE = None  # programs, set by run.py

QUICK = ("import time\ntime.sleep(0.3)", "score = x * n")
SPACE = ("--param", "x=0..1", "--param", "n=1..9")


class Case(unittest.TestCase):
    release = False

    def setUp(self):
        self.world = World(RELEASE if self.release else DEV)
        self.addCleanup(self.world.close)

    def ok(self, done, code=0):
        self.assertEqual(done.returncode, code, f"{done.args}\n{done.stdout}\n{done.stderr}")
        return done

    def clean(self):
        self.assertEqual(self.world.leftovers(), [])


class MainJob(Case):
    """`nbkatib run` on a plain notebook."""

    def test_best_of_twelve(self):
        path = self.world.write("a b/it's ü.ipynb", tunable(*QUICK))
        before = path.read_bytes()
        done = self.ok(self.world.run("run", path, *SPACE, "--seed", 1, "--name", "best", "--objective", "max:score"))
        shown = self.world.show("best")
        self.assertEqual(shown["state"], "Succeeded")
        status = shown["experiment"]["status"]
        self.assertEqual(status["trialsSucceeded"], 12)
        values = {t["name"]: float(t["observation"]["metrics"][0]["max"]) for t in shown["trials"]}
        best = max(values, key=values.get)
        self.assertEqual(status["currentOptimalTrial"]["bestTrialName"], best)
        for trial in shown["trials"]:
            chosen = {a["name"]: float(a["value"]) for a in trial["assignments"]}
            self.assertAlmostEqual(values[trial["name"]], chosen["x"] * chosen["n"], places=9)
            executed = json.loads((pathlib.Path(trial["folder"]) / "executed.ipynb").read_text())
            codes = [c for c in executed["cells"] if c["cell_type"] == "code"]
            self.assertEqual([c["metadata"]["nbkatib"]["status"] for c in codes], ["completed"] * len(codes))
            self.assertIn("injected-parameters", [t for c in codes for t in c["metadata"].get("tags", [])])
        self.assertIn(best, done.stdout)
        self.assertIn("nbkatib apply", done.stdout)
        self.assertEqual(path.read_bytes(), before)
        self.clean()

    def test_apply_changes_two_literals_only(self):
        path = self.world.write("nb.ipynb", tunable(*QUICK, parameters="# keep\nx = 2.0  # a comment\nn = 3\nother = 'q'"))
        self.ok(self.world.run("run", path, *SPACE, "--trials", 2, "--parallel", 2, "--name", "app", "--seed", 3))
        best = self.world.show("app")["experiment"]["status"]["currentOptimalTrial"]["parameterAssignments"]
        best = {a["name"]: a["value"] for a in best}
        dry = self.ok(self.world.run("apply", path, "app", "--dry-run"))
        self.assertIn("+", dry.stdout)
        before = path.read_text()
        self.ok(self.world.run("apply", path, "app"))
        after = path.read_text()
        expected = before.replace("x = 2.0 ", f"x = {best['x']} ").replace("n = 3\\n", f"n = {best['n']}\\n")
        self.assertEqual(after, expected)

    def test_same_seed_same_trials(self):
        path = self.world.write("nb.ipynb", tunable(*QUICK))
        for algorithm in ("random", "grid"):
            seen = []
            for i in range(2):
                name = f"{algorithm}-{i}"
                self.ok(self.world.run("run", path, *SPACE, "--algorithm", algorithm, "--trials", 4, "--seed", 9, "--name", name))
                seen.append(assignments(self.world.show(name)))
            self.assertEqual(seen[0], seen[1])
            self.assertEqual(len({str(v) for v in seen[0].values()}), 4)

    def test_goal_ends_it(self):
        path = self.world.write("nb.ipynb", tunable("score = n"))
        self.ok(self.world.run("run", path, "--param", "n=1..50", "--param", "x=0..1", "--trials", "none", "--goal", 10,
                               "--algorithm", "random", "--seed", 1, "--name", "goal", "--objective", "max:score"))
        shown = self.world.show("goal")
        self.assertEqual(shown["state"], "Succeeded")
        reasons = [c["reason"] for c in shown["experiment"]["status"]["conditions"] if c["status"] == "True"]
        self.assertIn("ExperimentGoalReached", reasons)
        self.clean()

    def test_failures_end_it(self):
        path = self.world.write("nb.ipynb", tunable("raise ValueError('no luck')", "score = 1"))
        done = self.world.run("run", path, *SPACE, "--max-failed", 1, "--name", "fails")
        self.ok(done, 1)
        shown = self.world.show("fails")
        self.assertEqual(shown["state"], "Failed")
        self.assertGreaterEqual(shown["experiment"]["status"]["trialsFailed"], 2)
        self.assertIn("no luck", done.stdout + done.stderr)
        self.clean()

    def test_space_exhausted(self):
        path = self.world.write("nb.ipynb", tunable("score = n"))
        self.ok(self.world.run("run", path, "--param", "n=1..3", "--fix", "x=1.5", "--trials", "none", "--algorithm", "grid",
                               "--name", "all"))
        shown = self.world.show("all")
        self.assertEqual(sorted(a["n"] for a in assignments(shown).values()), ["1", "2", "3"])
        self.assertEqual(shown["state"], "Succeeded")

    def test_two_runs_at_once(self):
        path = self.world.write("nb.ipynb", tunable(*QUICK))
        args = ("run", path, *SPACE, "--trials", 2, "--parallel", 1)
        one, two = self.world.start(*args, "--name", "one"), self.world.start(*args, "--name", "two")
        same = self.world.start(*args, "--name", "one")
        codes = [p.wait() for p in (one, two, same)]
        for process in (one, two, same):
            process.communicate()
        self.assertEqual(codes[1], 0)
        self.assertEqual(sorted([codes[0], codes[2]]), [0, 5])
        self.clean()

    def test_parallel_trials_do_not_share_files(self):
        path = self.world.write("folder/nb.ipynb", tunable(
            "open('out.txt', 'w').write(str(x))", "import time\ntime.sleep(0.5)", "score = float(open('out.txt').read()) == x"))
        self.world.write("folder/data.txt", "data")
        self.ok(self.world.run("run", path, *SPACE, "--trials", 3, "--name", "iso"))
        for trial in self.world.show("iso")["trials"]:
            self.assertEqual(trial["observation"]["metrics"][0]["max"], "1")
        self.assertFalse((path.parent / "out.txt").exists())


class Interruptions(Case):
    def long(self, name, *more, sleep=1.0, trials=6):
        path = self.world.write("nb.ipynb", tunable(f"import time\ntime.sleep({sleep})", "score = x"))
        return ("run", path, *SPACE, "--trials", trials, "--seed", 5, "--name", name, *more)

    def running(self, name):
        end = time.monotonic() + 60
        while not any(t["state"] == "Running" and t.get("step") for t in self.world.show(name)["trials"]):
            self.assertLess(time.monotonic(), end, "no trial started")
            time.sleep(0.05)

    def test_detach_outlives_its_starter(self):
        done = self.ok(self.world.run(*self.long("det", "--detach", trials=2)))
        self.assertIn("det", done.stdout)
        self.assertEqual(self.world.wait("det")["state"], "Succeeded")
        self.clean()

    def test_one_interrupt_stops_gently(self):
        process = self.world.start(*self.long("gentle", sleep=2))
        time.sleep(0.3)
        while "gentle" not in self.world.run("list").stdout:
            time.sleep(0.1)
        self.running("gentle")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        shown = self.world.show("gentle")
        self.assertEqual(shown["state"], "Stopped")
        self.assertNotIn("Running", [t["state"] for t in shown["trials"]])
        self.assertIn("Succeeded", [t["state"] for t in shown["trials"]])
        self.clean()
        self.ok(self.world.run("resume", "gentle"))
        self.assertEqual(self.world.show("gentle")["experiment"]["status"]["trialsSucceeded"], 6)
        self.clean()

    def test_two_interrupts_kill(self):
        process = self.world.start(*self.long("twice", sleep=60))
        time.sleep(0.3)
        while "twice" not in self.world.run("list").stdout:
            time.sleep(0.1)
        self.running("twice")
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertEqual({t["state"] for t in self.world.show("twice")["trials"]}, {"Killed"})
        self.clean()

    def test_terminal_dies(self):
        process = self.world.start(*self.long("hup", sleep=1))
        time.sleep(0.3)
        while "hup" not in self.world.run("list").stdout:
            time.sleep(0.1)
        self.running("hup")
        process.kill()
        process.communicate()
        self.assertEqual(self.world.wait("hup")["state"], "Stopped")
        self.clean()

    def test_stop_and_delete(self):
        self.ok(self.world.run(*self.long("stop", "--detach", sleep=60)))
        self.running("stop")
        self.ok(self.world.run("delete", "stop", "--yes"), 5)
        self.ok(self.world.run("stop", "stop", "--now"))
        self.assertEqual(self.world.wait("stop")["state"], "Stopped")
        self.ok(self.world.run("delete", "stop", "--yes"))
        self.ok(self.world.run("show", "stop"), 4)
        self.clean()

    def test_notebook_edited_meanwhile(self):
        args = self.long("edit", "--detach", trials=3)
        self.ok(self.world.run(*args))
        args[1].write_text("not a notebook any more")
        self.assertEqual(self.world.wait("edit")["experiment"]["status"]["trialsSucceeded"], 3)


class Trials(Case):
    """Bad cells: the trial says what happened, where, and the folder keeps what ran."""

    CASES = {
        "undefined": (("y = 1",), "CellFailed", "name 'score' is not defined"),
        "nan": (("score = float('nan')",), "MetricInvalid", "NaN"),
        "infinite": (("score = float('-inf')",), "MetricInvalid", "inf"),
        "string": (("score = '0.9'",), "MetricInvalid", "0.9"),
        "raises": (("1/0",), "CellFailed", "ZeroDivisionError"),
        "exits": (("import os\nos._exit(3)",), "KernelDied", "3"),
        "killed": (("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",), "KernelDied", "signal 9"),
        "asks": (("input('name? ')",), "InputRequested", "input"),
    }

    def test_states(self):
        for name, (body, reason, text) in self.CASES.items():
            with self.subTest(name):
                path = self.world.write(f"{name}.ipynb", tunable(*body))
                done = self.world.run("trial", path, "--json", "--output", self.world.folder / f"out-{name}")
                self.ok(done, 1)
                result = json.loads((self.world.folder / f"out-{name}/result.json").read_text())
                self.assertEqual(result["reason"], reason, result)
                self.assertIn(text, result["message"])
                json.loads((self.world.folder / f"out-{name}/executed.ipynb").read_text())
        self.clean()

    def test_accepted_numbers(self):
        for name, code in {"np": "import numpy as np\nscore = np.float32(0.5)", "zerod": "import numpy as np\nscore = np.array(0.5)",
                           "int": "score = 1"}.items():
            with self.subTest(name):
                path = self.world.write(f"{name}.ipynb", tunable(code))
                self.ok(self.world.run("trial", path, "--output", self.world.folder / f"out-{name}"))
                line = (self.world.folder / f"out-{name}/metrics.log").read_text().splitlines()[-1]
                self.assertRegex(line, r"^\d{4}-\d\d-\d\dT[\d:.]+Z score=(0\.5|1)$")

    def test_timeouts(self):
        stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
        for name, code in {"sleep": "import time\ntime.sleep(60)", "stubborn": stubborn}.items():
            with self.subTest(name):
                path = self.world.write(f"{name}.ipynb", tunable(code))
                done = self.world.run("trial", path, "--cell-timeout", "1s", "--output", self.world.folder / f"out-{name}", timeout=60)
                self.ok(done, 1)
                result = json.loads((self.world.folder / f"out-{name}/result.json").read_text())
                self.assertEqual(result["reason"], "CellTimeout", result)
        self.clean()

    def test_daemon_does_not_survive(self):
        code = "import subprocess\nsubprocess.Popen(['setsid', 'sleep', '987'], start_new_session=True)"
        path = self.world.write("daemon.ipynb", tunable(code, "score = 1"))
        self.ok(self.world.run("trial", path, "--output", self.world.folder / "out"))
        self.clean()

    def test_expressions_follow(self):
        path = self.world.write("expr.ipynb", tunable("score = x2", parameters="x = 2.0\nx2 = x * 10\nn = 3"))
        self.ok(self.world.run("trial", path, "--set", "x=0.25", "--output", self.world.folder / "out"))
        self.assertIn("score=2.5", (self.world.folder / "out/metrics.log").read_text())

    def test_missing_kernel(self):
        path = self.world.write("nb.ipynb", notebook(("x = 1.0", "pipeline-parameters"), ("print(x)", "pipeline-metrics"), kernel="no-such"))
        done = self.world.run("trial", path, "--output", self.world.folder / "out")
        self.ok(done, 6)
        self.assertIn("no-such", done.stderr)
        self.assertIn("python3", done.stderr)

    def test_flood(self):
        code = "line = 'x' * 99 + '\\n'\nfor _ in range(1000):\n    print(line * 10000, end='')\nscore = 1"
        path = self.world.write("flood.ipynb", tunable(code))
        world = World(RELEASE)
        self.addCleanup(world.close)
        done = world.run("trial", path, "--output", self.world.folder / "out", timeout=400)
        self.ok(done)
        self.assertLess((self.world.folder / "out/executed.ipynb").stat().st_size, 64 << 20)


@unittest.skipUnless(R_KERNEL, "no kernelspec ir: install r-cran-irkernel")
class R(Case):
    """R notebooks with the real IRkernel, which has no user_expressions and says "abort" for an interrupted cell."""

    PARAMETERS = 'lr <- 0.01\ndepth <- 4L\nuse_bias <- TRUE\nopt <- "adam"\nlr2 <- lr * 2'
    SCORE = "score <- lr2 * depth + use_bias * nchar(opt)"
    FAILING = {
        "stops": (("y <- 1", "stop('no luck on line 7')"), "CellFailed", 2,
                  "cell 2 (plain) failed: ERROR: Error in eval(expr, envir, enclos): no luck on line 7"),
        "syntax": (("score <- (1",), "CellFailed", 1, "unexpected end of input"),
        "undefined": (("y <- 1",), "CellFailed", 2, "object 'score' not found"),
        "unprinted": (("print <- function(...) NULL",), "MetricMissing", 2,
                      "metric score is not defined (Error in eval(expr, envir, enclos): object 'score' not found); assign it"),
        "nan": (("score <- NaN",), "MetricInvalid", 2, "metric score is NaN, not a finite number"),
        "missing": (("score <- NA",), "MetricInvalid", 2, "metric score is NaN, not a finite number"),
        "infinite": (("score <- -Inf",), "MetricInvalid", 2, "minus infinity"),
        "vector": (("score <- c(1, 2)",), "MetricInvalid", 2, "numeric of length 2"),
        "empty": (("score <- NULL",), "MetricInvalid", 2, "NULL of length 0"),
        "string": (("score <- '0.9'",), "MetricInvalid", 2, "character of length 1"),
        "killed": (("tools::pskill(Sys.getpid(), 9)",), "KernelDied", 1, "signal 9"),
        "asks": (("readline('name? ')",), "InputRequested", 1, "input"),
    }

    def notebook(self, name, *body, parameters=PARAMETERS):
        cells = ((parameters, "pipeline-parameters"), *body, ("print(score)", "pipeline-metrics"))
        spec = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}
        return self.world.write(f"{name}.ipynb", notebook(*cells, metadata=spec))

    def trial(self, path, *more):
        """The process that ended, result.json, and where they lie."""
        out = self.world.folder / f"out-{path.stem}"
        done = self.world.run("trial", path, "--output", out, *more, timeout=60)
        return done, json.loads((out / "result.json").read_text()), out

    def injected(self, folder):
        cells = json.loads((pathlib.Path(folder) / "executed.ipynb").read_text())["cells"]
        return ["".join(c["source"]) for c in cells if "injected-parameters" in c["metadata"].get("tags", [])]

    def test_inspect(self):
        found = json.loads(self.ok(self.world.run("inspect", self.notebook("nb", self.SCORE), "--json")).stdout)
        self.assertEqual([(p["name"], p["type"], p["value"]) for p in found["parameters"]],
                         [("lr", "float", "0.01"), ("depth", "int", "4"), ("use_bias", "bool", "True"), ("opt", "str", "adam"),
                          ("lr2", "expression", "lr * 2")])

    def test_run_and_apply(self):
        path = self.notebook("nb", self.SCORE)
        before = path.read_text()
        self.ok(self.world.run("run", path, "--param", "opt=adam,sgd", "--trials", 3, "--seed", 1, "--name", "r",
                               "--objective", "max:score"))
        shown = self.world.show("r")
        self.assertEqual((shown["state"], shown["experiment"]["status"]["trialsSucceeded"]), ("Succeeded", 3))
        for trial in shown["trials"]:
            chosen = {a["name"]: a["value"] for a in trial["assignments"]}
            want = 2 * float(chosen["lr"]) * int(chosen["depth"]) + (chosen["use_bias"] == "True") * len(chosen["opt"])
            self.assertAlmostEqual(float(trial["observation"]["metrics"][0]["max"]), want, places=12)
            truth = chosen["use_bias"].upper()
            self.assertEqual(self.injected(trial["folder"]), [
                f'# Parameters\nlr <- {chosen["lr"]}\ndepth <- {chosen["depth"]}L\nuse_bias <- {truth}\nopt <- "{chosen["opt"]}"\nlr2 <- lr * 2'])
        self.clean()
        self.ok(self.world.run("apply", path, "r"))
        best = shown["experiment"]["status"]["currentOptimalTrial"]["parameterAssignments"]
        best = {a["name"]: a["value"] for a in best}
        self.assertEqual(path.read_text(), before.replace("lr <- 0.01", f"lr <- {best['lr']}").replace("4L", f"{best['depth']}L")
                         .replace("TRUE", best["use_bias"].upper()).replace("adam", best["opt"]))

    def test_values_keep_their_types(self):
        typed = "score <- as.numeric(is.double(lr) && is.integer(depth) && is.logical(use_bias) && identical(opt, 'a\"b\\\\é'))"
        done, result, out = self.trial(self.notebook("typed", typed), "--set", "lr=1", "--set", "depth=7", "--set", "use_bias=False",
                                       "--set", 'opt=a"b\\é')
        self.ok(done)
        self.assertEqual(result["metrics"][0]["values"], [1.0])
        self.assertEqual(self.injected(out),
                         ['# Parameters\nlr <- 1.0\ndepth <- 7L\nuse_bias <- FALSE\nopt <- "a\\"b\\\\é"\nlr2 <- lr * 2'])

    def test_accepted_numbers(self):
        for name, (code, value) in {"int": ("score <- 3L", 3.0), "exact": ("score <- 0.1 + 0.2", 0.1 + 0.2), "matrix": ("score <- matrix(0.5)", 0.5),
                                    "masked": ("cat <- function(...) NULL\nclass <- cat\nis.numeric <- cat\nscore <- 0.5", 0.5)}.items():
            with self.subTest(name):
                done, result, _ = self.trial(self.notebook(name, code))
                self.ok(done)
                self.assertEqual(result["metrics"][0]["values"], [value])

    def test_failures(self):
        for name, (body, reason, cell, text) in self.FAILING.items():
            with self.subTest(name):
                done, result, out = self.trial(self.notebook(name, *body))
                self.ok(done, 1)
                self.assertEqual((result["reason"], result["cell"]), (reason, cell), result)
                self.assertIn(text, result["message"])
                self.assertFalse(result["message"].endswith("\\x0a"), result)
                self.assertEqual(result["metrics"][0]["values"], [])
                json.loads((out / "executed.ipynb").read_text())
        self.clean()

    def test_timeouts(self):
        for name, code in {"sleep": "Sys.sleep(60)", "busy": "while (TRUE) {}",
                           "stubborn": "while (TRUE) tryCatch(Sys.sleep(60), interrupt = function(e) NULL)"}.items():
            with self.subTest(name):
                done, result, _ = self.trial(self.notebook(name, code), "--cell-timeout", "1s")
                self.ok(done, 1)
                self.assertEqual((result["reason"], result["cell"]), ("CellTimeout", 1), result)
        self.clean()

    def test_children_do_not_survive(self):
        path = self.notebook("daemon", "system('setsid sleep 987', wait = FALSE)", self.SCORE)
        self.ok(self.trial(path)[0])
        self.clean()

    def test_stop_now(self):
        path = self.notebook("long", "Sys.sleep(60)", self.SCORE)
        self.ok(self.world.run("run", path, "--trials", 2, "--name", "long", "--detach"))
        end = time.monotonic() + 60
        while not any(t.get("step") for t in self.world.show("long")["trials"]):
            self.assertLess(time.monotonic(), end, "no trial started")
            time.sleep(0.05)
        self.ok(self.world.run("stop", "long", "--now"))
        shown = self.world.wait("long")
        self.assertEqual(shown["state"], "Stopped")
        self.assertLessEqual({t["state"] for t in shown["trials"]}, {"Killed"})
        self.clean()


class Examples(Case):
    release = True

    def test_both_run_as_they_are(self):
        for name in ("breast_cancer", "diabetes"):
            with self.subTest(name):
                shutil.copy(ROOT / f"examples/{name}.ipynb", self.world.folder)
                began = time.monotonic()
                try:
                    subprocess.run(["/usr/bin/python3", "-c", "import sklearn"], check=True, capture_output=True)
                except subprocess.CalledProcessError:
                    self.skipTest("scikit-learn is not installed for /usr/bin/python3")
                self.ok(self.world.run("run", self.world.folder / f"{name}.ipynb", "--name", name.replace("_", "-")))
                shown = self.world.show(name.replace("_", "-"))
                self.assertEqual(shown["experiment"]["status"]["trialsSucceeded"], 12)
                print(f"{name}: {time.monotonic() - began:.1f} s")
        self.clean()


class Kill(Case):
    """kill -9 of the engine, a trial or a kernel at random moments: resume ends at the assignments of an undisturbed run."""

    release = True
    MOMENTS = int(os.environ.get("NBKATIB_KILLS", "50"))
    DAEMON = "import subprocess\nsubprocess.Popen(['sleep', '988'], start_new_session=True)\nimport time\ntime.sleep(0.2)"

    def undisturbed(self, path, algorithm):
        name = f"calm-{algorithm}"
        self.ok(self.world.run("run", path, *SPACE, "--algorithm", algorithm, "--trials", 8, "--seed", 11, "--name", name))
        return assignments(self.world.show(name))

    def disturb(self, rng, kind, span):
        """Kills one process of the kind at a random moment, or soon after it; False when there was none any more."""
        time.sleep(rng.uniform(0, span))
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            try:
                os.kill(rng.choice(self.world.pids(kind)), signal.SIGKILL)
                return True
            except (IndexError, ProcessLookupError):
                time.sleep(0.01)
        return False

    def one_moment(self, rng, kind, name, path, algorithm, calm):
        self.ok(self.world.run("run", path, *SPACE, "--algorithm", algorithm, "--trials", 4, "--max-failed", 3, "--seed", 11,
                               "--parallel", 3, "--name", name, "--detach"))
        hit = self.disturb(rng, kind, 2.5)
        shown = self.world.wait(name)
        interrupted = shown["state"] == "Interrupted"
        if interrupted:
            self.ok(self.world.run("resume", name))
            shown = self.world.show(name)
        states = [t["state"] for t in shown["trials"]]
        self.assertEqual(shown["state"], "Succeeded")
        self.assertEqual(states.count("Succeeded"), 4)
        self.assertLessEqual(states.count("Failed"), hit and kind != "engine")
        self.assertEqual(len(states), 4 + states.count("Failed"))
        for index, chosen in assignments(shown).items():
            self.assertEqual(chosen, calm[algorithm][index], f"trial {index} of {name} after a kill of {kind}")
        self.assertEqual(self.world.leftovers(), [])
        return hit, interrupted, states.count("Failed")

    def test_fifty_moments(self):
        path = self.world.write("nb.ipynb", tunable(self.DAEMON, "score = x * n"))
        calm = {a: self.undisturbed(path, a) for a in ("random", "grid")}
        rng = random.Random(2026)
        counts = {kind: {"killed": 0, "interrupted": 0, "failed trials": 0} for kind in ("engine", "trial", "kernel")}
        # A moment may come when all is over already: then nothing is killed, and the next one is tried.
        for attempt in range(2 * self.MOMENTS):
            killed = sum(c["killed"] for c in counts.values())
            if killed == self.MOMENTS:
                break
            kind = tuple(counts)[killed % len(counts)]
            with self.subTest(attempt=attempt, kind=kind):
                hit, interrupted, failed = self.one_moment(rng, kind, f"k{attempt}", path, ("random", "grid")[attempt % 2], calm)
                counts[kind]["killed"] += hit
                counts[kind]["interrupted"] += interrupted
                counts[kind]["failed trials"] += failed
        print(f"killed: {counts} in {attempt} experiments")
        self.assertGreaterEqual(min(c["killed"] for c in counts.values()), self.MOMENTS // 3)


@unittest.skipUnless(NOTEBOOKS, "NBKATIB_NOTEBOOKS names no folder")
class Inspect(Case):
    """`inspect` on the real notebooks: what their authors wrote, no false error, and the table of derived ranges."""

    # file: cells, code cells, parameters, metrics, steps, stored and searched parameters, run, errors
    WANT = {
        "car-price/predict_car_price.ipynb": (
            65, 41, {"NUM_ESTIMATORS": "500", "MAX_DEPTH": "3", "LEARNING_RATE": "0.01"}, ["xgb-r2-score", "xgb-sq-err", "xgb-sq-log-err"],
            ["read_data", "clean_data", "prep_data", "split_data", "train_xgb", "eval_xgb"], ["NUM_ESTIMATORS", "MAX_DEPTH", "LEARNING_RATE"],
            ("grid", 3, 12, 3, "maximize", None), []),
        "kale/pipeline_parameters_and_metrics.ipynb": (
            5, 5, {"d1": "5", "d2": "6", "booltest": "True", "strtest": "test"}, ["d1", "d2", "sum-result"], ["create_matrix", "sum_matrix"],
            [], ("auto", 3, 12, 3, "maximize", None), []),
        "kale/dog-breed-katib.ipynb": (
            73, 38, {"nodes_number": "256", "learning_rate": "0.0001"}, ["test-accuracy-resnet"], ["load_data", "detect_dogs", "cnn_resnet50"],
            ["nodes_number", "learning_rate"], ("grid", 1, 16, 3, "maximize", 90), []),
        "kale/xgboost_iris.ipynb": (
            22, 14, {"ETA": "0.3", "MAX_DEPTH": "3", "OBJECTIVE": "multi:softprob", "STEPS": "20"}, ["precision", "recall", "f1", "accuracy"],
            ["load_transform_data", "train_model", "evaluate_model"], ["ETA", "MAX_DEPTH", "OBJECTIVE", "STEPS"],
            ("grid", 3, 15, 3, "maximize", 1), []),
        "kale/taxicab_pipeline.ipynb": (
            23, 13, {"EPOCHS": "1", "STEPS": "3", "BATCH_SIZE": "32", "HIDDEN_LAYER_SIZE": "1500", "LEARNING_RATE": "0.1"}, [],
            ["data_validation", "data_transformation", "train", "eval"], [], ("auto", 3, 12, 3, "maximize", None), ["no-metrics-cell"]),
        "kale/open-vaccine.ipynb": (
            51, 27, {"LR": "0.001", "EPOCHS": "10", "BATCH_SIZE": "64", "EMBED_DIM": "100", "HIDDEN_DIM": "128", "DROPOUT": "0.5",
                     "SP_DROPOUT": "0.3", "TRAIN_SEQUENCE_LENGTH": "107"}, [],
            ["load_data", "preprocess_data", "model_training", "model_evaluation"], ["LR", "BATCH_SIZE", "EMBED_DIM", "DROPOUT", "SP_DROPOUT"],
            ("grid", 1, 12, 3, "minimize", 0), ["no-metrics-cell"]),
    }

    def inspect(self, path):
        done = self.world.run("inspect", path, "--json")
        found = json.loads(done.stdout)
        errors = [d["code"] for d in found["diagnostics"] if d["severity"] == "error"]
        self.assertEqual(done.returncode, 3 if errors else 0, done.stderr)
        return found, errors

    def test_as_they_are(self):
        for name, want in self.WANT.items():
            with self.subTest(name):
                found, errors = self.inspect(pathlib.Path(NOTEBOOKS) / name)
                run, objective = found["run"], found["objective"]
                got = (
                    len(found["cells"]), sum(c["type"] == "code" for c in found["cells"]), {p["name"]: p["value"] for p in found["parameters"]},
                    [m["name"] for m in found["metrics"]], [s["name"] for s in found["steps"]],
                    [p["name"] for p in found["parameters"] if p["selected"] and p["origin"] == "stored"],
                    (run["algorithm"]["algorithmName"], run["parallelTrialCount"], run["maxTrialCount"], run["maxFailedTrialCount"],
                     objective["type"], objective.get("goal")), errors)
                self.assertEqual(got, want)

    def test_without_stored_settings(self):
        for name in self.WANT:
            with self.subTest(name):
                path = pathlib.Path(NOTEBOOKS) / name
                document = json.loads(path.read_text())
                document["metadata"].pop("kubeflow_notebook", None)
                found, _ = self.inspect(self.world.write(path.name, json.dumps(document)))
                want = json.loads((ROOT / "tests/cases/derive" / path.stem / "expect.json").read_text())
                got = [{"name": p["name"], "selected": p["selected"], "parameterType": p["range"]["parameterType"],
                        "feasibleSpace": p["range"]["feasibleSpace"]} for p in found["parameters"]]
                self.assertEqual(got, want["parameters"])
                self.assertEqual({p["origin"] for p in found["parameters"]}, {"derived"})
                if want["objective"]:
                    objective = {k: v for k, v in found["objective"].items() if k not in ("origin", "metricStrategies")}
                    self.assertEqual(objective, want["objective"])


@unittest.skipUnless(NOTEBOOKS, "NBKATIB_NOTEBOOKS names no folder")
class CarPrice(Case):
    """The lab that the Katib dialog was taught with, tuned by one command with its own stored settings."""

    release = True

    def test_lab(self):
        venv = car_price.environment()
        world = World(RELEASE, venv)
        self.addCleanup(world.close)
        shutil.copytree(pathlib.Path(NOTEBOOKS) / "car-price", world.folder / "lab")
        world.write(f".ipython/{car_price.STARTUP_FILE}", car_price.STARTUP)
        began = time.monotonic()
        self.ok(world.run("run", world.folder / "lab/predict_car_price.ipynb", "--name", "lab", "--seed", 1, timeout=900))
        print(f"car-price: {time.monotonic() - began:.1f} s")
        shown = world.show("lab")
        spec, status = shown["experiment"]["spec"], shown["experiment"]["status"]
        self.assertEqual((spec["algorithm"]["algorithmName"], spec["parallelTrialCount"], spec["maxTrialCount"], spec["maxFailedTrialCount"]),
                         ("grid", 3, 12, 3))
        self.assertEqual((spec["objective"]["type"], spec["objective"]["objectiveMetricName"]), ("maximize", "xgb-r2-score"))
        self.assertEqual(sorted(p["name"] for p in spec["parameters"]), ["LEARNING_RATE", "MAX_DEPTH", "NUM_ESTIMATORS"])
        self.assertEqual(status["trialsSucceeded"], 12)
        scores = {}
        for trial in shown["trials"]:
            metrics = {m["name"]: m for m in trial["observation"]["metrics"]}
            self.assertEqual(sorted(metrics), ["xgb-r2-score", "xgb-sq-err", "xgb-sq-log-err"])
            scores[trial["name"]] = float(metrics["xgb-r2-score"]["max"])
            executed = pathlib.Path(trial["folder"]) / "executed.ipynb"
            subprocess.run([venv / "bin/python", "-c", "import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], 4))",
                            executed], check=True)
        self.assertEqual(status["currentOptimalTrial"]["bestTrialName"], max(scores, key=scores.get))
        self.assertEqual(world.leftovers(), [])
