"""Runs a program in a network of its own, and passes connections to an address outside on to it.

Usage: own_network.py ADDRESS PORT SOCKET PROGRAM...      what comes to ADDRESS:PORT goes to the program's 127.0.0.1:PORT, by way of SOCKET,
a file, because those are the same in every network.
"""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading

DIE_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"]


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for s in (source, sink):
        with contextlib.suppress(OSError):
            s.shutdown(socket.SHUT_RDWR)


def forward(listener, connect):
    """Passes each connection on to a new one."""
    while True:
        client, _ = listener.accept()
        try:
            server = connect()
        except OSError:
            client.close()
            continue
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def unix_listener(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    return listener


def unix_connection(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s


def inside(port, path, program):
    """The half in the new network."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    process = subprocess.Popen([*DIE_WITH_PARENT, *program])
    threading.Thread(target=forward, args=(unix_listener(path), lambda: socket.create_connection(("127.0.0.1", port))), daemon=True).start()
    sys.exit(process.wait())


def outside(address, port, path, program):
    """The half in the machine's network."""
    process = subprocess.Popen([*DIE_WITH_PARENT, "unshare", "--net", sys.executable, __file__, "--inside", str(port), path, *program])
    signal.signal(signal.SIGTERM, lambda *_: (process.kill(), os._exit(0)))
    listener = socket.create_server((address, port), backlog=64)
    threading.Thread(target=forward, args=(listener, lambda: unix_connection(path)), daemon=True).start()
    sys.exit(process.wait())


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        inside(int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    outside(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:])
