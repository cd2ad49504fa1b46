"""A Jupyter kernel that misbehaves on request: bad_kernel.py MODE CONNECTION_FILE.

MODE is what it does wrong, at its start or when it is given code; everything else it does as a kernel should.
"""

import hashlib
import hmac
import json
import os
import signal
import sys
import threading
import time
import uuid

import zmq

DELIMITER = b"<IDS|MSG>"


class Kernel:
    def __init__(self, mode, path):
        self.mode = mode
        with open(path, encoding="utf-8") as file:
            self.info = json.load(file)
        self.key = self.info["key"].encode()
        self.session = uuid.uuid4().hex
        context = zmq.Context()
        self.shell = self.bind(context, zmq.ROUTER, "shell_port")
        self.control = self.bind(context, zmq.ROUTER, "control_port")
        self.context = context
        if mode not in ("asks-input-late", "no-stdin"):
            self.bind_stdin()
        self.iopub = self.bind(context, zmq.PUB, "iopub_port")
        self.count = 0
        self.lock = threading.Lock()

    def bind(self, context, kind, port):
        socket = context.socket(kind)
        socket.linger = 1000
        if kind == zmq.PUB:
            socket.sndhwm = 0
        colon = ":" if self.info["transport"] == "tcp" else "-"
        socket.bind(f"{self.info['transport']}://{self.info['ip']}{colon}{self.info[port]}")
        return socket

    def bind_stdin(self):
        self.stdin = self.bind(self.context, zmq.ROUTER, "stdin_port")

    def sign(self, parts):
        mac = hmac.new(self.key, digestmod=hashlib.sha256)
        for part in parts:
            mac.update(part)
        return mac.hexdigest().encode()

    def parts(self, kind, content, parent):
        header = {
            "msg_id": uuid.uuid4().hex,
            "session": self.session,
            "username": "bad",
            "date": "2026-01-01T00:00:00.1Z",
            "msg_type": kind,
            "version": "5.3",
        }
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return [json.dumps(header).encode(), json.dumps(parent).encode(), b"{}", raw]

    def send(self, socket, kind, content, parent, identity=(), wrong=False):
        parts = self.parts(kind, content, parent)
        signature = b"0" * 64 if wrong else self.sign(parts)
        with self.lock:
            socket.send_multipart([*identity, DELIMITER, signature, *parts])

    def publish(self, kind, content, parent, **options):
        self.send(self.iopub, kind, content, parent, identity=[kind.encode()], **options)

    def status(self, state, parent):
        self.publish("status", {"execution_state": state}, parent)

    def stream(self, text, parent, **options):
        self.publish("stream", {"name": "stdout", "text": text}, parent, **options)

    def kernel_info(self, identity, header):
        self.status("busy", header)
        content = {
            "status": "ok",
            "protocol_version": "5.3",
            "implementation": "bad",
            "implementation_version": "1",
            "language_info": {"name": "python"},
            "banner": self.mode,
        }
        if self.mode != "mute":
            self.send(self.shell, "kernel_info_reply", content, header, identity)
        self.status("idle", header)
        if self.mode == "asks-input-late" and not hasattr(self, "stdin"):
            time.sleep(0.2)
            self.bind_stdin()

    def execute(self, identity, header, content):
        self.count += 1
        reply = {"status": "ok", "execution_count": self.count, "user_expressions": {}, "payload": []}
        before = getattr(self, "do_" + self.mode.replace("-", "_"), None)
        if self.mode not in ("no-busy", "no-busy-no-reply"):
            self.status("busy", header)
        steps = before(identity, header, content) if before else None
        steps = steps or {}
        reply.update(steps.get("reply", {}))
        if steps.get("reply_raw"):
            reply = steps["reply_raw"]
        if not steps.get("no_reply"):
            self.send(self.shell, "execute_reply", reply, steps.get("parent", header), identity)
        if not steps.get("no_idle"):
            self.status("idle", header)
        after = getattr(self, "after_" + self.mode.replace("-", "_"), None)
        if after:
            after(header)

    # What each mode does with code.

    def do_dies_mid_cell(self, identity, header, content):
        self.stream("last words\n", header)
        print("segmentation imminent", file=sys.stderr, flush=True)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGSEGV)

    def do_exits_after_reply(self, identity, header, content):
        threading.Timer(0.2, os._exit, (0,)).start()

    def do_ignores_interrupt(self, identity, header, content):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.stream("deaf\n", header)
        while True:
            time.sleep(1)

    def do_dies_on_interrupt(self, identity, header, content):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        time.sleep(60)

    def do_heeds_interrupt(self, identity, header, content):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            self.stream("interrupted\n", header)
            return {"reply": {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}}

    def do_no_idle(self, identity, header, content):
        self.stream("printed\n", header)
        return {"no_idle": True}

    def do_no_reply(self, identity, header, content):
        self.stream("printed\n", header)
        return {"no_reply": True}

    def do_no_busy_no_reply(self, identity, header, content):
        return {"no_reply": True, "no_idle": True}

    def do_no_busy(self, identity, header, content):
        self.stream("printed\n", header)

    def do_slow_no_busy(self, identity, header, content):
        time.sleep(2.5)

    def do_reply_without_parent(self, identity, header, content):
        return {"parent": {}}

    def do_abort(self, identity, header, content):
        return {"reply_raw": {"status": "abort"}}

    def do_reply_not_json(self, identity, header, content):
        return {"reply_raw": b"this is not JSON"}

    def do_asks_input(self, identity, header, content):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self.send(self.stdin, "input_request", {"prompt": "your name? ", "password": False}, header, identity)
            time.sleep(60)
        except KeyboardInterrupt:
            return {"reply": {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}}

    do_asks_input_late = do_asks_input

    def do_asks_input_deaf(self, identity, header, content):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.send(self.stdin, "input_request", {"prompt": "p", "password": False}, header, identity)
        time.sleep(60)

    def do_wrong_hmac(self, identity, header, content):
        self.stream("forged\n", header, wrong=True)
        self.send(self.shell, "execute_reply", {"status": "ok", "execution_count": 666}, header, identity, wrong=True)
        self.stream("true\n", header)

    def do_bad_json(self, identity, header, content):
        data = b'{"data": {"application/json": {"a": NaN, "b": 123456789012345678901234567890, "c": 1e999}, '
        data += b'"text/plain": "bad \xff utf8 \\ud83d lone \\u0000 nul"}, "metadata": {}}'
        self.publish("display_data", data, header)
        self.publish("stream", b"not JSON \xfe at all", header)
        self.publish("display_data", b"{", header)
        self.publish("stream", b"[]", header)

    def do_junk_frames(self, identity, header, content):
        with self.lock:
            self.iopub.send_multipart([b"junk"])
            self.iopub.send_multipart([DELIMITER, b"", b"{}"])
            self.iopub.send_multipart([b"x"] * 100)
            parts = self.parts("stream", {"name": "stdout", "text": "many buffers\n"}, header)
            self.iopub.send_multipart([DELIMITER, self.sign(parts), *parts, *([b"buffer"] * 200)])
            parts = [b"[1]", b"{}", b"{}", b"{}"]
            self.iopub.send_multipart([DELIMITER, self.sign(parts), *parts])

    def do_floods(self, identity, header, content):
        text = "y" * 65536
        for _ in range(int(content["code"])):
            self.stream(text, header)

    def do_floods_stdout(self, identity, header, content):
        line = b"z" * 65535 + b"\n"
        for _ in range(1600):
            os.write(1, line)
        os.write(2, b"the end\n")

    def do_no_parent_output(self, identity, header, content):
        self.stream("from a library\n", {})
        self.stream("of a stranger\n", {"msg_id": "someone-else", "session": "x"})

    def do_empty_parents(self, identity, header, content):
        parts = self.parts("stream", {"name": "stdout", "text": "list parent\n"}, header)
        parts[1] = b"[]"
        with self.lock:
            self.iopub.send_multipart([b"stream", DELIMITER, self.sign(parts), *parts])

    def after_late_output(self, header):
        def late():
            time.sleep(0.2)
            self.stream(f"late {self.count}\n", header)

        threading.Thread(target=late).start()

    def run(self):
        poller = zmq.Poller()
        poller.register(self.shell, zmq.POLLIN)
        poller.register(self.control, zmq.POLLIN)
        self.status("starting", {})
        while True:
            for socket, _ in poller.poll():
                frames = socket.recv_multipart()
                at = frames.index(DELIMITER)
                header, content = json.loads(frames[at + 2]), json.loads(frames[at + 5])
                kind, identity = header["msg_type"], frames[:at]
                if kind == "kernel_info_request":
                    self.kernel_info(identity, header)
                elif kind == "execute_request":
                    self.execute(identity, header, content)
                elif kind == "shutdown_request":
                    if self.mode != "ignores-shutdown":
                        self.send(socket, "shutdown_reply", {"status": "ok", "restart": False}, header, identity)
                        sys.exit(0)


def main():
    mode, path = sys.argv[1:3]
    if mode == "dies-at-start":
        print("cannot go on", file=sys.stderr)
        sys.exit(3)
    if mode == "killed-at-start":
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "never-ready":
        time.sleep(600)
    Kernel(mode, path).run()


if __name__ == "__main__":
    main()
