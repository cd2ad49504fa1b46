"""Runs a command on a terminal of its own; checks that only colours and cursor movement reach it, and that the cursor stays."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

ALLOWED = re.compile(r"\x1b\[(\?25[lh]|[0-9]*m|[0-9]+A|K|J)")


def run(columns, interrupts, term, argv):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = term
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a suite that runs in the background ignores it
        os.execvp(argv[0], argv)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    out, started = b"", time.monotonic()
    while time.monotonic() - started < 90:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            if not data:
                break
            out += data
        if interrupts and interrupts[0].encode() in out:
            interrupts.pop(0)
            os.write(fd, b"\x03")
    else:
        os.kill(pid, signal.SIGKILL)
    return out.decode("utf-8", "replace"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


columns, interrupts, term = int(sys.argv[1]), [i for i in sys.argv[2].split("|") if i], sys.argv[3]
text, status = run(columns, interrupts, term, sys.argv[4:])
rest = ALLOWED.sub("", text)
print("exit", status)
print("foreign escapes", len(re.findall("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", rest)))
print("cursor hidden", text.count("\x1b[?25l") - text.count("\x1b[?25h"))
print("colours", len(re.findall("\x1b\\[[1-9][0-9]*m", text)) > 0)
print("live", "\x1b[?25l" in text)
pictures = [p for p in re.split(r"\x1b\[\?25l", text)[1:]]
lines = [re.sub(ALLOWED, "", line) for p in pictures[:-1] for line in p.split("\x1b[?25h")[0].split("\r\n")]
print("wide lines", sum(len(line.strip("\r")) > columns for line in lines))
print(rest.replace("\r", "")[-2000:])
