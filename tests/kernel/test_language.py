"""Cells: what the commands show, queues, interrupts, history, completion at cursor positions."""
import time
import unittest

from house import Kernel, execute, iopub_of, notebook, reply_to, send, slow_notebook, tunable


class Language(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()
        cls.client = cls.kernel.client()
        cls.world = cls.kernel.world
        cls.world.write("model.ipynb", tunable("score = x + n"))

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
        self.assertEqual([kind for kind, _ in outputs if kind == "error"], ["error"])
        return reply

    def test_errors_name_their_code(self):
        rows = [("show nothing", "not-found", "nothing"), ("lst", "invalid-value", "did you mean 'list'?"), ("run", "invalid-value", "needs NOTEBOOK"),
                ("inspect absent.ipynb", "not-found", "absent.ipynb"), ("list 'x", "syntax", "a quote is not closed"), ("list \\", "syntax", "backslash"),
                ("man", "unsupported", "command line"), ("delete nothing", "not-found", "nothing"), ("list --trials 3", "invalid-value", "no option --trials")]
        for code, name, text in rows:
            reply = self.error(code)
            self.assertEqual(reply["ename"], name, code)
            self.assertIn(text, reply["evalue"], code)
            self.assertIn(reply["evalue"], reply["traceback"][0])

    def test_problems_of_a_notebook_are_in_the_traceback(self):
        self.world.write("wrong.ipynb", notebook("x = 1"))
        reply = self.error("run wrong.ipynb")
        self.assertGreater(len(reply["traceback"]), 1)
        self.assertIn("wrong.ipynb: error:", "\n".join(reply["traceback"]))

    def test_words(self):
        self.world.write("a name's.ipynb", tunable("score = x"))
        for code in ('inspect "a name\'s.ipynb"', "inspect 'a name'\"'\"'s.ipynb'", "inspect a\\ name\\'s.ipynb", "nbkatib inspect \\\n  \"a name's.ipynb\"  # why not"):
            self.assertIn("a name's.ipynb", self.ok(code)[0][1]["data"]["text/plain"], code)

    def test_markup_is_escaped(self):
        self.world.write("<b>.ipynb", notebook(("x = '<script>'\ny = 2.0", "pipeline-parameters"), "z = y", ("print(z)", "pipeline-metrics")))
        html = self.ok("inspect '<b>.ipynb'")[0][1]["data"]["text/html"]
        self.assertIn("&lt;b&gt;.ipynb", html)
        self.assertNotIn("<script>", html)

    def test_all_but_the_last_are_displayed(self):
        kinds = [kind for kind, _ in self.ok("doctor\n\n# between\ndoctor\nlist --json")]
        self.assertEqual(kinds, ["display_data", "display_data", "execute_result"])
        self.assertEqual([kind for kind, _ in self.ok("doctor", silent=True)], [])

    def test_what_follows_an_error_in_a_cell_is_not_run(self):
        reply, outputs = execute(self.client, "doctor\nshow nothing\ndoctor")
        self.assertEqual([kind for kind, _ in outputs], ["display_data", "error"])

    def test_life_of_an_experiment(self):
        outputs = self.ok("run model.ipynb --trials 2 --parallel 2 --name life", timeout=120)
        kinds = [kind for kind, _ in outputs if kind != "stream"]
        self.assertEqual((kinds[0], kinds[-1]), ("display_data", "execute_result"))
        charts = [c["data"] for k, c in outputs if k == "display_data" and "application/vnd.vegalite.v5+json" in c["data"]]
        self.assertEqual(len(charts), 4)
        self.assertEqual(set(kinds[1 : -1 - len(charts)]), {"update_display_data"})
        progress = [c for k, c in outputs if "display_data" in k and c["data"] not in charts]
        self.assertEqual(len({c["transient"]["display_id"] for c in progress}), 1)
        last = [c for k, c in outputs if k == "update_display_data"][-1]["data"]
        self.assertIn("2 of 2 trials succeeded", last["text/plain"])
        self.assertIn("best so far", last["text/html"])
        result = outputs[-1][1]["data"]
        self.assertIn("life  Succeeded", result["text/plain"])
        self.assertIn("apply with  apply", result["text/plain"])
        self.assertIn("BEST TRIAL", result["text/html"])
        self.assertIn("life", self.ok("list --names")[0][1]["data"]["text/plain"].split("\n"))
        shown = self.ok("show life --json")[0][1]["data"]["application/json"]
        trial = shown["trials"][0]["name"].removeprefix("life-")
        self.assertIn("Succeeded", self.ok(f"show life --trial {trial}")[0][1]["data"]["text/plain"])
        self.assertIn("trial-finished", "".join(c["text"] for k, c in self.ok("logs life --json") if k == "stream"))
        self.ok(f"logs life {trial}")
        self.assertIn("-x = 2.0", self.ok("apply model.ipynb life --dry-run")[0][1]["data"]["text/plain"])
        self.assertIn("apiVersion", self.ok("experiment model.ipynb")[0][1]["data"]["text/plain"])
        self.assertIn("3 trials", self.ok("run model.ipynb --trials 3 --dry-run")[0][1]["data"]["text/plain"])
        self.assertEqual(self.error("stop life")["ename"], "bad-state")
        self.assertIn("--yes", self.error("delete life")["evalue"])
        self.ok("delete life --yes")
        self.assertEqual(self.error("show life")["ename"], "not-found")

    def test_updates_come_at_most_four_a_second(self):
        slow_notebook(self.world)
        msg_id = self.client.execute("run slow.ipynb --trials 3 --parallel 3 --name slowly")
        times = []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") == msg_id and message["msg_type"] == "update_display_data":
                times.append(time.monotonic())
            if message["content"].get("execution_state") == "idle":
                break
        reply_to(self.client, msg_id)
        # The last one, at the end, does not wait.
        self.assertGreater(len(times), 2)
        self.assertLessEqual(len(times) - 1, 4 * (times[-1] - times[0]) + 2)

    def test_interrupt_leaves_the_experiment_running(self):
        slow_notebook(self.world)
        msg_id = self.client.execute("run slow.ipynb --trials 3 --parallel 1 --name kept")
        queued = self.client.execute("list")
        while self.client.get_iopub_msg(timeout=20)["msg_type"] != "display_data":
            pass
        interrupt = send(self.client, "interrupt_request", {}, "control")
        self.assertEqual(reply_to(self.client, interrupt, "control")["content"]["status"], "ok")
        reply = reply_to(self.client, msg_id, timeout=5)["content"]
        self.assertEqual((reply["status"], reply["ename"]), ("error", "canceled"))
        self.assertIn("kept goes on", reply["evalue"])
        aborted = reply_to(self.client, queued)["content"]
        self.assertEqual((aborted["status"], aborted["ename"]), ("error", "canceled"))
        iopub_of(self.client, queued)
        self.assertEqual(self.world.wait("kept")["state"], "Succeeded")

    def test_queue_is_aborted_after_an_error(self):
        for stop, second in ((True, "error"), (False, "ok")):
            cells = [self.client.execute(code, stop_on_error=stop) for code in ("doctor\n" * 40 + "show nothing", "list")]
            replies = [reply_to(self.client, cell)["content"] for cell in cells]
            self.assertEqual([r["status"] for r in replies], ["error", second])
            iopub_of(self.client, cells[1])
            self.assertEqual(execute(self.client, "list")[0]["status"], "ok")

    def test_counting(self):
        first = execute(self.client, "list")[0]["execution_count"]
        self.assertEqual(execute(self.client, "list")[0]["execution_count"], first + 1)
        self.assertEqual(execute(self.client, "list", store_history=False)[0]["execution_count"], first + 1)
        self.assertEqual(execute(self.client, "list", silent=True)[0]["execution_count"], first + 1)

    def test_user_expressions(self):
        reply = execute(self.client, "", user_expressions={"a": "list --json", "b": "show nothing", "c": "list\nlist"})[0]
        found = reply["user_expressions"]
        self.assertIsInstance(found["a"]["data"]["application/json"], list)
        self.assertEqual((found["b"]["status"], found["b"]["ename"], found["c"]["status"]), ("error", "not-found", "error"))

    def complete(self, code, cursor=None):
        content = {"code": code, "cursor_pos": len(code) if cursor is None else cursor}
        found = reply_to(self.client, send(self.client, "complete_request", content))["content"]
        self.assertEqual(found["cursor_end"], content["cursor_pos"])
        return found["matches"], found["cursor_start"]

    def test_completion(self):
        self.world.write("é😀 nb.ipynb", tunable("score = x"))
        self.world.write("folder/inner.ipynb", tunable("score = x"))
        rows = [
            ("", None, "run", 0), ("li", None, "list", 0), ("nbkatib li", None, "list", 8), ("list\nsho", None, "show", 5), ("help ru", None, "run", 5),
            ("sho list", 3, "show", 0), ("run fol", None, "folder/", 4), ("run folder/", None, "folder/inner.ipynb", 4), ("run \"mod", None, "model.ipynb", 4),
            ("# é😀\nrun é", None, '"é😀 nb.ipynb"', 9), ("stop x --n", None, "--now", 7), ("run model.ipynb --engine l", None, "local", 25),
            ("run model.ipynb --trials n", None, "none", 25), ("apply --trial t mod", None, "model.ipynb", 16),
        ]
        for code, cursor, match, start in rows:
            matches, at = self.complete(code, cursor)
            self.assertIn(match, matches, code)
            self.assertEqual(at, start, code)
        for code in ("nothing x", "run model.ipynb ", "# ru"):
            self.assertEqual(self.complete(code)[0], [] if code != "# ru" else self.complete("")[0], code)

    def test_inspection(self):
        rows = [("run", 1, "Usage: nbkatib run"), ("run x --trials 3", 9, "--trials N|none"), ("list\nshow x", 7, "Usage: nbkatib show"), ("# é\nstop x --now", 13, "--now")]
        for code, cursor, want in rows:
            found = reply_to(self.client, send(self.client, "inspect_request", {"code": code, "cursor_pos": cursor, "detail_level": 0}))["content"]
            self.assertTrue(found["found"], code)
            self.assertTrue(found["data"]["text/plain"].startswith(want), found)
        found = reply_to(self.client, send(self.client, "inspect_request", {"code": "nothing", "cursor_pos": 2}))["content"]
        self.assertEqual((found["status"], found["found"], found["data"]), ("ok", False, {}))

    def test_help_is_a_page(self):
        for code, want in (("help", "Commands:"), ("help show", "Usage: nbkatib show"), ("show --help", "Usage: nbkatib show")):
            page = execute(self.client, code)[0]["payload"]
            self.assertEqual([p["source"] for p in page], ["page"])
            self.assertIn(want, page[0]["data"]["text/plain"])


class History(unittest.TestCase):
    def ask(self, client, **content):
        return reply_to(client, send(client, "history_request", {"raw": True, "output": False, **content}))["content"]["history"]

    def test_over_sessions(self):
        with Kernel() as kernel:
            client = kernel.client()
            for code in ("list", "doctor", "list --names", "list"):
                execute(client, code)
            execute(client, "help", store_history=False)
            self.assertEqual(self.ask(client, hist_access_type="tail", n=2), [[1, 3, "list --names"], [1, 4, "list"]])
            self.assertEqual(self.ask(client, hist_access_type="range", session=0, start=2, stop=4), [[1, 2, "doctor"], [1, 3, "list --names"]])
            self.assertEqual(self.ask(client, hist_access_type="search", pattern="list*", unique=True, n=9), [[1, 1, "list"], [1, 3, "list --names"]])
            self.assertEqual(self.ask(client, hist_access_type="tail", n=1, output=True), [[1, 4, ["list", None]]])
            kernel.shutdown()
            kernel.start()
            client = kernel.client()
            execute(client, "doctor --json")
            self.assertEqual(self.ask(client, hist_access_type="range", session=-1, start=1, stop=2), [[1, 1, "list"]])
            self.assertEqual(self.ask(client, hist_access_type="tail", n=1), [[2, 1, "doctor --json"]])
            kernel.close_clients()
            kernel.client()

    def test_a_file_that_is_damaged(self):
        with Kernel() as kernel:
            kernel.world.write("state/kernel/history", '[1,1,"list"]\n{"x":\n\xff\n[1,2]\n[1,2,"doctor"]')
            client = kernel.client()
            self.assertEqual(self.ask(client, hist_access_type="tail", n=9), [[1, 1, "list"], [1, 2, "doctor"]])

    def test_a_state_folder_that_cannot_be_written(self):
        with Kernel(NBKATIB_HOME="/proc/nowhere") as kernel:
            client = kernel.client()
            execute(client, "help")
            self.assertEqual(self.ask(client, hist_access_type="tail", n=9), [[1, 1, "help"]])
