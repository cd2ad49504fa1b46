#!/usr/bin/env python3
"""runners.py FOLDER MACHINE...: the smallest files that pass for static programs of nbkatib, to be sent and not run, as
NBKATIB_RUNNERS names them."""
import pathlib
import struct
import sys

MACHINES = {"x86_64": 62, "aarch64": 183}  # of ELF


def make(folder, *machines):
    for machine in machines:
        path = pathlib.Path(folder) / machine / "nbkatib"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8) +
                         struct.pack("<HHIQQQIHHHHHH", 2, MACHINES[machine], 1, 0, 0, 0, 0, 64, 56, 0, 0, 0, 0))
    return str(folder)


if __name__ == "__main__":
    make(sys.argv[1], *sys.argv[2:])
