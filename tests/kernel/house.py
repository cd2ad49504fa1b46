"""A kernel of its own for a test: its world, its connection, its clients; and that it ends well."""
import os
import queue
import subprocess
import time

import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from world import World, notebook, tunable  # noqa: F401

DEV = RELEASE = ""


class Kernel:
    def __init__(self, program=None, transport="tcp", world=None, **environment):
        self.world = world or World(program or DEV, virtual_env=None)
        self.own_world = world is None
        self.world.env.update({"PYTHONWARNINGS": "ignore", **environment})
        ip = "127.0.0.1" if transport == "tcp" else str(self.world.folder / "k")
        self.file, self.info = write_connection_file(str(self.world.folder / f"kernel-{time.monotonic_ns()}.json"), ip=ip, transport=transport, key=os.urandom(16).hex().encode(), kernel_name="nbkatib")
        self.clients = []
        self.start()

    def start(self):
        self.process = self.world.start("kernel", "-f", self.file)

    def client(self, timeout=20):
        client = BlockingKernelClient(connection_file=self.file)
        client.load_connection_file()
        client.start_channels()
        self.wait_until_bound(timeout)
        client.wait_for_ready(timeout=timeout)
        self.clients.append(client)
        return client

    def wait_until_bound(self, timeout):
        """The client takes a kernel for dead whose heartbeat is late."""
        end = time.monotonic() + timeout
        with zmq.Context.instance().socket(zmq.REQ) as beat:
            beat.linger = 0
            beat.connect(f"tcp://127.0.0.1:{self.info['hb_port']}" if self.info["transport"] == "tcp" else f"ipc://{self.info['ip']}-{self.info['hb_port']}")
            beat.send(b"?")
            while not beat.poll(100):
                if self.process.poll() is not None:
                    raise AssertionError(self.process.communicate())
                if time.monotonic() > end:
                    raise AssertionError(f"the kernel has bound nothing after {timeout} s")

    def close_clients(self):
        for client in self.clients:
            client.stop_channels()
        self.clients = []

    def shutdown(self, patience=10, **content):
        """Asks it to end; what it printed. It must end by itself, with status 0 and nothing to say (a leak says something)."""
        client = self.clients[0] if self.clients else self.client()
        client.shutdown(**content)
        return self.ended(patience)

    def ended(self, patience=10):
        out, err = self.process.communicate(timeout=patience)
        assert self.process.returncode == 0, (self.process.returncode, err)
        assert (out, err) == ("", ""), (out, err)

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        try:
            if kind is None and self.process.poll() is None:
                self.shutdown()
        finally:
            self.close_clients()
            if self.process.poll() is None:
                self.process.kill()
                self.process.communicate()
            if self.own_world:
                self.world.close()


def reply_to(client, msg_id, channel="shell", timeout=20):
    get = client.get_shell_msg if channel == "shell" else client.get_control_msg
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        message = get(timeout=timeout)
        if message["parent_header"].get("msg_id") == msg_id:
            return message
    raise AssertionError(f"no reply to {msg_id}")


def iopub_of(client, msg_id, timeout=20):
    """What a request published, until its idle."""
    found = []
    while True:
        message = client.get_iopub_msg(timeout=timeout)
        if message["parent_header"].get("msg_id") != msg_id:
            continue
        found.append(message)
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return found


def execute(client, code, timeout=60, **options):
    """(reply content, [(type, content)] without status and execute_input) of a cell."""
    msg_id = client.execute(code, **options)
    reply = reply_to(client, msg_id, timeout=timeout)["content"]
    outputs = iopub_of(client, msg_id, timeout)
    return reply, [(m["msg_type"], m["content"]) for m in outputs if m["msg_type"] not in ("status", "execute_input")]


def send(client, kind, content, channel="shell"):
    message = client.session.msg(kind, content)
    getattr(client, f"{channel}_channel").send(message)
    return message["header"]["msg_id"]


def call(client, comm_id, method, params=None, timeout=20):
    """A JSON-RPC request over a comm; its response."""
    number = time.monotonic_ns()
    msg_id = send(client, "comm_msg", {"comm_id": comm_id, "data": {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}})
    for message in iopub_of(client, msg_id, timeout):
        if message["msg_type"] == "comm_msg" and message["content"]["data"].get("id") == number:
            return message["content"]["data"]
    raise AssertionError(f"no response to {method}")


def open_comm(client, comm_id, target="nbkatib", greet=True):
    msg_id = send(client, "comm_open", {"comm_id": comm_id, "target_name": target, "data": {}})
    published = [m["msg_type"] for m in iopub_of(client, msg_id)]
    if greet:
        response = call(client, comm_id, "hello", {"protocol": 1, "client": "test"})
        assert "result" in response, response
    return published


def silent(client, seconds=0.3):
    """Nothing more is published."""
    try:
        message = client.get_iopub_msg(timeout=seconds)
    except queue.Empty:
        return True
    raise AssertionError(message)


SLOW = ("import time\ntime.sleep(0.4 * x)\nscore = x",)


def slow_notebook(world, name="slow.ipynb"):
    return world.write(name, tunable(*SLOW))


def alive(pid):
    return subprocess.run(["kill", "-0", str(pid)], capture_output=True).returncode == 0
