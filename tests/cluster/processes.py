"""Programs that a test starts, restarts and stops. None outlives the test, however that ends: the kernel kills them with it."""
import os
import pathlib
import signal
import socket
import subprocess
import time


def free_ports(count):
    """Ports of this machine that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


class Ended(AssertionError):
    """A program that should be running has ended: there is nothing to wait for."""


def until(what, holds, timeout=60, pause=0.05):
    """Waits until holds() is true, and returns what it returned; an exception counts as not yet, but for Ended."""
    end, last = time.monotonic() + timeout, None
    while True:
        try:
            found = holds()
            if found:
                return found
        except Ended:
            raise
        except Exception as error:  # whatever it is, it is told when time is over
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not so after {timeout} s{f' ({last})' if last else ''}")
        time.sleep(pause)


class Process:
    """One program with a log of its own."""

    def __init__(self, folder, name, argv, env=None):
        self.name = name
        self.argv = ["setpriv", "--pdeathsig", "KILL", *map(str, argv)]
        self.log = pathlib.Path(folder) / f"{name}.log"
        self.env = {**os.environ, **(env or {})}
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, start_new_session=True)
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self, timeout=15):
        """SIGTERM, and SIGKILL where that is not enough."""
        self.signal(signal.SIGTERM)
        try:
            if self.process:
                self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def check(self):
        if not self.running():
            raise Ended(f"{self.name} ended with status {self.process.returncode}; the end of {self.log}:\n{self.tail()}")

    def tail(self, lines=20):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
