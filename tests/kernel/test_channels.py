"""Channels, transports, comms, signatures, life and death of the kernel."""
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time
import unittest
import uuid

import zmq
from house import Kernel, alive, call, execute, iopub_of, open_comm, reply_to, send, silent, slow_notebook
from jupyter_client.session import Session

import house


class Transports(unittest.TestCase):
    def check(self, transport):
        with Kernel(transport=transport) as kernel:
            client = kernel.client()
            info = reply_to(client, client.kernel_info())["content"]
            self.assertEqual((info["status"], info["language_info"]["name"]), ("ok", "nbkatib"))
            self.assertGreaterEqual(tuple(map(int, info["protocol_version"].split("."))), (5, 3))
            self.assertNotIn("kernel subshells", info["supported_features"])
            reply, outputs = execute(client, "list")
            self.assertEqual((reply["status"], outputs[0][0]), ("ok", "execute_result"))
            self.assertTrue(client.is_alive() or client.hb_channel.is_beating())
            kernel.shutdown()
        if transport == "ipc":
            self.assertEqual(list(kernel.world.folder.glob("k-*")), [])

    def test_tcp(self):
        self.check("tcp")

    def test_ipc(self):
        self.check("ipc")

    def test_heartbeat_echoes_any_bytes(self):
        with Kernel() as kernel:
            kernel.client()
            socket = zmq.Context.instance().socket(zmq.REQ)
            socket.linger = 0
            socket.connect(f"tcp://127.0.0.1:{kernel.info['hb_port']}")
            for beat in (b"ping", b"", os.urandom(100000)):
                socket.send(beat)
                self.assertTrue(socket.poll(2000))
                self.assertEqual(socket.recv(), beat)
            socket.close()

    def test_bad_connection_files(self):
        world = house.World(house.DEV)
        rows = [("{}", "shell_port"), ("[]", "not a JSON object"), (json.dumps({"transport": "udp"}), "tcp and ipc are supported")]
        for text, want in rows:
            done = world.run("kernel", "-f", world.write("c.json", text))
            self.assertEqual(done.returncode != 0, True)
            self.assertIn(want, done.stderr)
        self.assertEqual(world.run("kernel").returncode, 2)
        self.assertEqual(world.run("kernel", "-f", "absent.json").returncode, 4)
        self.assertIn("connection file", world.run("kernel", "--help").stdout)
        world.close()

    def test_a_port_that_is_taken(self):
        with Kernel() as kernel:
            kernel.client()
            done = kernel.world.run("kernel", "-f", kernel.file)
            self.assertEqual(done.returncode, 6)
            self.assertIn("is another kernel running with this connection file?", done.stderr)


class Requests(unittest.TestCase):
    def setUp(self):
        self.kernel = Kernel()
        self.addCleanup(self.kernel.__exit__, None)
        self.client = self.kernel.client()

    def test_status_surrounds_every_request(self):
        for channel, kind in (("shell", "kernel_info_request"), ("control", "kernel_info_request"), ("shell", "what_is_this"), ("control", "execute_request"), ("control", "debug_request")):
            msg_id = send(self.client, kind, {}, channel)
            states = [m["content"]["execution_state"] for m in iopub_of(self.client, msg_id)]
            self.assertEqual(states, ["busy", "idle"], (channel, kind))

    def test_kernel_info_on_control(self):
        msg_id = send(self.client, "kernel_info_request", {}, "control")
        self.assertEqual(reply_to(self.client, msg_id, "control")["msg_type"], "kernel_info_reply")

    def test_content_of_any_shape(self):
        """Members of the wrong type, none at all: the kernel answers or ignores, and lives."""
        kinds = ("execute_request", "complete_request", "inspect_request", "is_complete_request", "history_request", "comm_open", "comm_msg", "comm_close", "comm_info_request")
        contents = ({}, {"code": 7, "cursor_pos": "x"}, {"code": "run ", "cursor_pos": -9}, {"code": "list", "cursor_pos": 10**18}, {"comm_id": 3}, {"comm_id": "", "target_name": []},
                    {"hist_access_type": "range", "session": 10**18, "start": -5, "stop": -9}, {"hist_access_type": "search", "pattern": "[", "n": -1}, {"user_expressions": [1]})
        for kind in kinds:
            for content in contents:
                iopub_of(self.client, send(self.client, kind, content))
        self.assertEqual(execute(self.client, "list")[0]["status"], "ok")

    def test_two_clients(self):
        other = self.kernel.client()
        first, second = self.client.execute("list"), other.execute("doctor")
        self.assertEqual(reply_to(self.client, first)["parent_header"]["msg_id"], first)
        self.assertEqual(reply_to(other, second)["parent_header"]["msg_id"], second)
        # Each sees what both publish.
        for client in (self.client, other):
            for msg_id in (first, second):
                kinds = [m["msg_type"] for m in iopub_of(client, msg_id)] if msg_id == first else ["execute_result"]
                self.assertIn("execute_result", kinds)

    def test_a_client_that_comes_back(self):
        """A peer of the same identity takes over."""
        identity = self.client.session.bsession
        for _ in range(3):
            socket = zmq.Context.instance().socket(zmq.DEALER)
            socket.linger, socket.identity = 0, identity
            socket.connect(f"tcp://127.0.0.1:{self.kernel.info['shell_port']}")
            self.client.session.send(socket, "kernel_info_request", {})
            self.assertTrue(socket.poll(5000))
            socket.close()


class Hostile(unittest.TestCase):
    def setUp(self):
        self.kernel = Kernel()
        self.addCleanup(self.kernel.__exit__, None)
        self.client = self.kernel.client()
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.connect(f"tcp://127.0.0.1:{self.kernel.info['shell_port']}")
        self.addCleanup(self.socket.close)

    def lives(self):
        self.assertEqual(execute(self.client, "list")[0]["status"], "ok")

    def unanswered(self):
        self.assertFalse(self.socket.poll(300), "it was answered")

    def test_unsigned(self):
        Session(key=b"").send(self.socket, "kernel_info_request", {})
        Session(key=b"another").send(self.socket, "shutdown_request", {"restart": False})
        self.unanswered()
        self.lives()

    def test_changed_after_signing(self):
        frames = self.client.session.serialize(self.client.session.msg("execute_request", {"code": "list"}))
        frames[-1] = frames[-1].replace(b"list", b"help")
        self.socket.send_multipart(frames)
        self.unanswered()
        self.lives()

    def test_no_messages(self):
        for frames in ([b""], [b"x"], [b"<IDS|MSG>"], [b"<IDS|MSG>"] * 30, [b"x"] * 100, [os.urandom(1000)] * 7, [b"<IDS|MSG>", b"", b"{", b"{", b"{", b"{"]):
            self.socket.send_multipart(frames)
        self.unanswered()
        self.lives()

    def test_signed_nonsense(self):
        session = self.client.session
        for parts in ([b"[]", b"{}", b"{}", b"{}"], [b"{\"msg_type\":\"comm_msg\"}", b"1", b"2", b"\xff\xfe"], [b"{" * 100000] * 4):
            self.socket.send_multipart([b"<IDS|MSG>", session.sign(parts), *parts])
        self.unanswered()
        self.lives()

    def test_huge(self):
        """A frame beyond the limit costs its sender the connection, and nobody else anything."""
        before = self.kernel.rss()
        session = self.client.session
        self.socket.send_multipart(session.serialize(session.msg("execute_request", {"code": "#" * (80 << 20)})))
        self.unanswered()
        self.lives()
        self.assertLess(self.kernel.rss() - before, 200 << 20)

    def test_large_comm_message(self):
        open_comm(self.client, "big")
        response = call(self.client, "big", "list", {"pad": "x" * (10 << 20)})
        self.assertEqual(response["error"]["code"], -32600)
        large = {"protocol": 1, "client": "x" * (8 << 20)}
        self.assertEqual(call(self.client, "big", "hello", large)["result"]["experiments"], [])

    def test_subscriptions_of_any_kind(self):
        socket = zmq.Context.instance().socket(zmq.SUB)
        socket.linger = 0
        socket.connect(f"tcp://127.0.0.1:{self.kernel.info['iopub_port']}")
        for topic in (b"", b"\xff\xfe", b"x" * 5000):
            socket.subscribe(topic)
        self.assertTrue(socket.poll(3000))
        self.assertIn(b"iopub_welcome", b"".join(socket.recv_multipart()))
        socket.close()
        self.lives()


class Comms(unittest.TestCase):
    def setUp(self):
        self.kernel = Kernel()
        self.addCleanup(self.kernel.__exit__, None)
        self.client = self.kernel.client()

    def info(self, **content):
        return reply_to(self.client, send(self.client, "comm_info_request", content))["content"]["comms"]

    def test_unknown_target(self):
        self.assertIn("comm_close", open_comm(self.client, "a", target="other", greet=False))
        self.assertEqual(self.info(), {})

    def test_unknown_comm(self):
        msg_id = send(self.client, "comm_msg", {"comm_id": "of-an-earlier-kernel", "data": {}})
        self.assertIn("comm_close", [m["msg_type"] for m in iopub_of(self.client, msg_id)])

    def test_info(self):
        open_comm(self.client, "a")
        open_comm(self.client, "b")
        self.assertEqual(self.info(), {"a": {"target_name": "nbkatib"}, "b": {"target_name": "nbkatib"}})
        self.assertEqual(self.info(target_name="nbkatib"), self.info())
        self.assertEqual(self.info(target_name="jupyter.widget"), {})
        iopub_of(self.client, send(self.client, "comm_close", {"comm_id": "a"}))
        self.assertEqual(list(self.info()), ["b"])

    def test_hello_comes_first(self):
        open_comm(self.client, "a", greet=False)
        self.assertEqual(call(self.client, "a", "list")["error"]["code"], -32002)
        self.assertIn("result", call(self.client, "a", "hello", {"protocol": 1, "client": "test"}))
        self.assertIn("result", call(self.client, "a", "list"))

    def test_order_is_kept(self):
        """Of what is answered at once (tags, an unknown method) and what is not."""
        open_comm(self.client, "a")
        methods = ("list", "tags", "nothing", "tags")
        sent = [send(self.client, "comm_msg", {"comm_id": "a", "data": {"jsonrpc": "2.0", "id": i, "method": methods[i % 4], "params": {}}}) for i in range(60)]
        got = []
        while len(got) < len(sent):
            message = self.client.get_iopub_msg(timeout=20)
            if message["msg_type"] == "comm_msg":
                got.append(message["content"]["data"]["id"])
                self.assertEqual(message["parent_header"]["msg_id"], sent[got[-1]])
        self.assertEqual(got, list(range(60)))

    def test_close_with_requests_on_their_way(self):
        open_comm(self.client, "a")
        sent = [send(self.client, "comm_msg", {"comm_id": "a", "data": {"jsonrpc": "2.0", "id": i, "method": "list"}}) for i in range(20)]
        sent.append(send(self.client, "comm_close", {"comm_id": "a"}))
        idle = set()
        while idle < set(sent):
            message = self.client.get_iopub_msg(timeout=20)
            if message["content"].get("execution_state") == "idle":
                idle.add(message["parent_header"]["msg_id"])
        silent(self.client)

    def test_messages_that_are_no_requests(self):
        open_comm(self.client, "a")
        for data in ({}, [], [1], "x", None, {"jsonrpc": "1.0", "id": 1, "method": "list"}, {"jsonrpc": "2.0", "id": {}, "method": 5}):
            iopub_of(self.client, send(self.client, "comm_msg", {"comm_id": "a", "data": data}))
        self.assertIn("result", call(self.client, "a", "list"))

    def test_out_of_order(self):
        """Messages before comm_open, a second open of one id, a second close."""
        send(self.client, "comm_msg", {"comm_id": "a", "data": {}})
        send(self.client, "comm_close", {"comm_id": "a"})
        open_comm(self.client, "a")
        open_comm(self.client, "a")
        self.assertEqual(len(self.info()), 1)
        send(self.client, "comm_close", {"comm_id": "a"})
        iopub_of(self.client, send(self.client, "comm_close", {"comm_id": "a"}))
        self.assertEqual(self.info(), {})

    def open_and_close(self, client, count):
        for _ in range(count):
            name = uuid.uuid4().hex
            open_comm(client, name)
            iopub_of(client, send(client, "comm_close", {"comm_id": name}))

    def test_thousand_comms_leak_nothing(self):
        """Under the sanitizers' leak check, which speaks when the kernel ends."""
        self.open_and_close(self.client, 1000)
        self.kernel.shutdown()

    def test_thousand_comms_keep_memory(self):
        with Kernel(program=house.RELEASE) as kernel:
            client = kernel.client()
            self.open_and_close(client, 100)
            before = kernel.rss()
            self.open_and_close(client, 1000)
            self.assertLess(kernel.rss() - before, 2 << 20)


class Latency(unittest.TestCase):
    LIMIT = 0.050

    def probe(self, client, count=40):
        took = []
        for _ in range(count):
            began = time.perf_counter()
            reply_to(client, client.kernel_info())
            took.append(time.perf_counter() - began)
            time.sleep(0.02)
        return statistics.quantiles(took, n=10)[-1]

    def test_while_cells_and_trials_run(self):
        with Kernel(program=house.RELEASE) as kernel:
            slow_notebook(kernel.world)
            client, other = kernel.client(), kernel.client()
            open_comm(client, "a")
            cell = client.execute("run slow.ipynb --trials 4 --parallel 2")
            time.sleep(1)
            self.assertLess(self.probe(client), self.LIMIT)
            # The cell holds one worker; these hold the others.
            for _ in range(3):
                other.execute("list")
            self.assertLess(self.probe(client), self.LIMIT)
            self.assertIn("result", call(client, "a", "list"))
            self.assertEqual(reply_to(client, cell, timeout=120)["content"]["status"], "ok")

    def test_while_all_workers_block(self):
        """A history file that nobody reads from holds the cell that writes to it, and whoever asks for history."""
        with Kernel(program=house.RELEASE) as kernel:
            fifo = kernel.world.folder / "state/kernel/history"
            fifo.parent.mkdir(parents=True)
            os.mkfifo(fifo)
            client = kernel.client()
            asked = [client.execute("list")] + [client.history(hist_access_type="tail", n=1) for _ in range(6)]
            time.sleep(0.3)
            self.assertLess(self.probe(client), self.LIMIT)
            msg_id = send(client, "kernel_info_request", {}, "control")
            reply_to(client, msg_id, "control", timeout=1)
            reader = os.open(fifo, os.O_RDWR)
            replies = [client.get_shell_msg(timeout=20) for _ in asked]
            self.assertEqual({r["parent_header"]["msg_id"] for r in replies}, set(asked))
            self.assertEqual({r["content"]["status"] for r in replies}, {"ok"})
            os.close(reader)

    def test_shutdown_while_all_workers_block(self):
        with Kernel() as kernel:
            fifo = kernel.world.folder / "state/kernel/history"
            fifo.parent.mkdir(parents=True)
            os.mkfifo(fifo)
            client = kernel.client()
            client.execute("list")
            for _ in range(6):
                client.history(hist_access_type="tail", n=1)
            began = time.monotonic()
            kernel.shutdown()
            self.assertLess(time.monotonic() - began, 3)


class Life(unittest.TestCase):
    def test_shutdown_leaves_no_process(self):
        with Kernel() as kernel:
            client = kernel.client()
            slow_notebook(kernel.world)
            open_comm(client, "a")
            client.execute("logs nothing --follow")
            kernel.shutdown()
            self.assertEqual(kernel.world.leftovers(), [])

    def test_shutdown_replies_on_control_and_iopub(self):
        with Kernel() as kernel:
            client = kernel.client()
            msg_id = send(client, "shutdown_request", {"restart": True}, "control")
            self.assertEqual(reply_to(client, msg_id, "control")["content"], {"status": "ok", "restart": True})
            self.assertIn("shutdown_reply", [m["msg_type"] for m in iopub_of(client, msg_id)])
            kernel.ended()

    def test_shutdown_on_shell(self):
        with Kernel() as kernel:
            client = kernel.client()
            self.assertEqual(reply_to(client, send(client, "shutdown_request", {"restart": False}))["content"]["status"], "ok")
            kernel.ended()

    def test_shutdown_while_a_cell_runs(self):
        with Kernel() as kernel:
            client = kernel.client()
            slow_notebook(kernel.world)
            client.execute("run slow.ipynb --trials 3 --parallel 1 --name goes-on")
            while not kernel.world.pids("engine"):
                time.sleep(0.1)
            time.sleep(0.5)
            began = time.monotonic()
            kernel.shutdown()
            self.assertLess(time.monotonic() - began, 3)
            self.assertEqual(kernel.world.wait("goes-on")["state"], "Succeeded")

    def test_restart_on_the_same_ports(self):
        with Kernel() as kernel:
            client = kernel.client()
            open_comm(client, "a")
            kernel.shutdown(restart=True)
            kernel.start()
            client.wait_for_ready(timeout=20)
            # A comm of the old kernel is told that it is closed.
            msg_id = send(client, "comm_msg", {"comm_id": "a", "data": {}})
            self.assertIn("comm_close", [m["msg_type"] for m in iopub_of(client, msg_id)])

    def test_terminated(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with Kernel() as kernel:
                kernel.client()
                kernel.process.send_signal(number)
                kernel.ended()

    def test_its_starter_dies(self):
        with Kernel() as kernel:
            kernel.client()
            file = kernel.world.folder / "orphan.json"
            file.write_text(json.dumps({**kernel.info, "key": "k", "ip": str(kernel.world.folder / "o"), "transport": "ipc"}))
            script = ("import os, subprocess, sys, time\nos.environ['JPY_PARENT_PID'] = str(os.getpid())\n"
                      "print(subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL).pid, flush=True)\ntime.sleep(60)")
            starter = subprocess.Popen([sys.executable, "-c", script, house.DEV, "kernel", "-f", file], env=kernel.world.env, stdout=subprocess.PIPE, text=True)
            pid = int(starter.stdout.readline())
            while not list(kernel.world.folder.glob("o-*")):
                time.sleep(0.05)
            starter.kill()
            starter.communicate()
            end = time.monotonic() + 5
            while alive(pid) and pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" and time.monotonic() < end:
                time.sleep(0.05)
            self.assertEqual([p for p in kernel.world.processes() if p == pid], [])
