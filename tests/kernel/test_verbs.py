"""Commands that show while they work: one trial, a trial's log as it grows, the report; and values of a notebook's own kernel."""
import html
import re
import subprocess
import sys
import time
import unittest
import uuid

from house import Kernel, call, execute, iopub_of, open_comm, reply_to, send, tunable
from jupyter_client import KernelManager

TALKS = "import time\nfor i in range(40):\n    print('epoch', i, flush=True)\n    time.sleep(0.05)\nscore = x"


class Verbs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        cls.client = cls.kernel.client()
        cls.world = cls.kernel.world
        cls.world.write("model.ipynb", tunable("a = x + n", "score = a"))
        cls.world.write("talks.ipynb", tunable(TALKS))

    @classmethod
    def tearDownClass(cls):
        cls.kernel.__exit__(None)

    def ok(self, code, **options):
        reply, outputs = execute(self.client, code, **options)
        self.assertEqual(reply["status"], "ok", reply)
        return outputs

    def error(self, code, **options):
        reply, outputs = execute(self.client, code, **options)
        self.assertEqual(reply["status"], "error", outputs)
        return reply, outputs

    def interrupt(self, msg_id):
        interrupt = send(self.client, "interrupt_request", {}, "control")
        self.assertEqual(reply_to(self.client, interrupt, "control")["content"]["status"], "ok")
        reply = reply_to(self.client, msg_id, timeout=10)["content"]
        outputs = [(m["msg_type"], m["content"]) for m in iopub_of(self.client, msg_id)]
        return reply, outputs

    def published(self, msg_id, kind, timeout=30):
        """The next message of this kind that a cell publishes."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == msg_id and message["msg_type"] == kind:
                return message["content"]
        raise AssertionError(f"no {kind} of {msg_id} within {timeout} s")

    def test_trial(self):
        outputs = self.ok("trial model.ipynb --set x=5 -o out", timeout=60)
        displays = [c for k, c in outputs if k in ("display_data", "update_display_data")]
        self.assertEqual([k for k, _ in outputs][0], "display_data")
        self.assertEqual(len({c["transient"]["display_id"] for c in displays}), 1)
        cells = [re.search(r"cell (\d+) of (\d+)", c["data"]["text/plain"]).groups() for c in displays]
        self.assertEqual(cells[0], ("1", "4"))
        self.assertEqual(cells[-1], ("4", "4"))
        self.assertIn("<progress", displays[-1]["data"]["text/html"])
        kind, content = outputs[-1]
        self.assertEqual(kind, "execute_result")
        self.assertRegex(content["data"]["text/plain"], r"score +8")
        self.assertIn("executed.ipynb", content["data"]["text/plain"])
        self.assertTrue((self.world.folder / "out/executed.ipynb").exists())

    def test_trial_tells_alone(self):
        outputs = self.ok("trial model.ipynb --quiet --json -o quiet", timeout=60)
        self.assertEqual([k for k, _ in outputs], ["execute_result"])
        result = outputs[0][1]["data"]["application/json"]
        self.assertEqual((result["state"], result["metrics"][0]["values"]), ("Succeeded", [5.0]))

    def test_trial_that_fails(self):
        self.world.write("fails.ipynb", tunable("raise ValueError('no luck')\nscore = x"))
        reply, outputs = self.error("trial fails.ipynb -o failed", timeout=60)
        self.assertEqual(reply["ename"], "bad-state")
        self.assertIn("no luck", reply["evalue"])
        self.assertIn("execute_result", [k for k, _ in outputs])
        rows = [("trial", "invalid-value", "NOTEBOOK"), ("trial absent.ipynb", "not-found", "absent.ipynb"), ("trial model.ipynb --set x", "invalid-value", "NAME=VALUE"),
                ("trial model.ipynb --set nothing=1", "invalid-value", "1 error"), ("trial --spec x --status-fd 3", "unsupported", "engines")]
        for code, name, text in rows:
            reply, _ = self.error(code)
            self.assertEqual(reply["ename"], name, (code, reply))
            self.assertIn(text, reply["evalue"], code)

    def test_trial_is_interrupted(self):
        msg_id = self.client.execute("trial talks.ipynb -o killed")
        self.published(msg_id, "update_display_data")
        began = time.monotonic()
        reply, _ = self.interrupt(msg_id)
        self.assertLess(time.monotonic() - began, 8)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "canceled"))
        self.assertTrue((self.world.folder / "killed/executed.ipynb").exists())

    def test_log_is_followed(self):
        self.ok("run talks.ipynb --trials 1 --parallel 1 --name talks --detach")
        trial = self.running("talks")
        outputs = self.ok(f"logs talks {trial} --follow", timeout=60)
        self.assertEqual({k for k, _ in outputs}, {"display_data", "update_display_data"})
        self.assertEqual(len({c["transient"]["display_id"] for _, c in outputs}), 1)
        self.assertGreater(len(outputs), 2)
        texts = [c["data"]["text/plain"] for _, c in outputs]
        self.assertEqual(sorted(texts, key=len), texts, "it grows")
        self.assertNotIn("epoch 39", texts[0])
        self.assertIn("epoch 0\n", texts[-1])
        self.assertIn("epoch 39", texts[-1])
        again = self.ok(f"logs talks {trial} --follow")
        self.assertEqual([c["data"]["text/plain"] for _, c in again], texts[-1:])
        self.assertEqual(self.error("logs talks nothing --follow")[0]["ename"], "not-found")

    def test_a_followed_log_is_interrupted(self):
        self.ok("run talks.ipynb --trials 1 --parallel 1 --name leave --detach")
        trial = self.running("leave")
        msg_id = self.client.execute(f"logs leave {trial} --follow")
        self.published(msg_id, "update_display_data")
        reply, _ = self.interrupt(msg_id)
        self.assertEqual(reply["ename"], "canceled")
        self.assertIn("goes on", reply["evalue"])
        self.assertEqual(self.world.wait("leave")["state"], "Succeeded")

    def test_progress_bars_are_one_line(self):
        self.world.write("bar.ipynb", tunable("print('10%\\r20%\\r30%\\r\\nend\\r')\nscore = x"))
        self.ok("run bar.ipynb --trials 1 --name bar --quiet", timeout=60)
        trial = self.world.show("bar")["trials"][0]["name"]
        text = self.ok(f"logs bar {trial} --follow")[-1][1]["data"]["text/plain"]
        self.assertIn("30%\nend\n", text)
        self.assertNotIn("20%", text)

    def running(self, experiment):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for trial in self.world.show(experiment)["trials"]:
                if trial["state"] == "Running":
                    return trial["name"].removeprefix(experiment + "-")
            time.sleep(0.1)
        raise AssertionError(f"no trial of {experiment} runs")

    def test_report(self):
        self.ok("run model.ipynb --trials 2 --name told --quiet", timeout=60)
        shown = self.ok("report told")[-1][1]["data"]
        self.assertEqual(shown["text/plain"], "wrote told.html")
        self.assertIn('href="told.html"', shown["text/html"])
        page = (self.world.folder / "told.html").read_text()
        self.assertIn("nbkatib apply", page)
        (self.world.folder / "a b").mkdir()
        self.assertIn('href="a%20b/%3Cr%3E.html"', self.ok("report told -o 'a b/<r>.html'")[-1][1]["data"]["text/html"])
        self.assertEqual((self.world.folder / "a b/<r>.html").read_text(), page)
        self.assertNotIn("text/html", self.ok(f"report told -o {self.world.folder}/told2.html")[-1][1]["data"])
        frame = self.ok("report told -o -")[-1][1]["data"]["text/html"]
        self.assertTrue(frame.startswith('<iframe sandbox="allow-scripts"'), frame[:80])
        self.assertIn(html.escape(page[-40:]), frame)
        charts = self.ok("report told --json -o with.html")[-1][1]["data"]["application/json"]
        self.assertEqual(charts["experiment"], "told")
        self.assertTrue((self.world.folder / "with.html").exists())
        for code, name in (("report nothing", "not-found"), ("report told --json -o -", "invalid-value"), ("report told -o absent/x.html", "not-found")):
            self.assertEqual(self.error(code)[0]["ename"], name, code)


class Values(unittest.TestCase):
    """Where only the server's configuration says where kernels have their files, they are beside ours."""

    def test_beside_our_own_file(self):
        with Kernel() as kernel:
            client = kernel.client()
            name = str(uuid.uuid4())
            manager = KernelManager(kernel_name="python3", connection_file=str(kernel.world.folder / f"kernel-{name}.json"))
            manager.kernel_spec.argv[0] = sys.executable
            manager.start_kernel(env=kernel.world.env, stderr=subprocess.DEVNULL)
            try:
                peer = manager.client()
                peer.start_channels()
                peer.wait_for_ready(timeout=30)
                execute(peer, "lr = 0.25")
                peer.stop_channels()
                open_comm(client, "values")
                ask = lambda asked: call(client, "values", "values", {"kernelId": asked, "names": ["lr"]})["result"]
                self.assertEqual(ask(name), {"values": {"lr": {"type": "float", "value": "0.25"}}, "missing": [], "skipped": None})
                self.assertEqual(ask(str(uuid.uuid4()))["skipped"], "dead")
                # Nobody else's word is taken for it: a link could lead anywhere.
                (kernel.world.folder / "kernel-link.json").symlink_to(manager.connection_file)
                self.assertIn("no file of this user", call(client, "values", "values", {"kernelId": "link", "names": ["lr"]})["error"]["message"])
            finally:
                manager.shutdown_kernel(now=True)
