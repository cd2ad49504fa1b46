#!/usr/bin/env python3
"""Runs the program on the case folders tests/cases/<area>/<case>/ that hold a file `cmd`.

    run.py [PROGRAM] [PATTERN...]     PROGRAM: else $NBKATIB_PROGRAM, else build/dev/nbkatib

`cmd` is a bash script; it runs in a copy of its folder with `nbkatib` first on PATH, a state folder of its own in
NBKATIB_HOME, `as_user COMMAND...`, which gives up root's rights, $CASES/terminal.py, which runs a command on a terminal,
and $CASES/without_locks.py, which runs one as on a filesystem without locks. What is expected, each file optional:

    expect.exit     the exit status (default 0)
    expect.stdout   lines that must occur, each as a part of an output line, in this order; "!" before a line: must not occur
    expect.stderr   the same for stderr
    expect.json     a JSON value that stdout, as JSON, must contain: objects may have more members, arrays are compared whole

No output may ever hold a control character but newline and tab. `needs-kernel` marks a case that needs ipykernel.
"""
import fnmatch
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

CASES = pathlib.Path(__file__).resolve().parent
PRELUDE = """
as_user() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}
"""
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
TIMEOUT_S = 120


def lines_of(path):
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def check_lines(name, expected, actual):
    """Problems of an output against its expectation."""
    found = actual.splitlines()
    at = 0
    for line in expected:
        if line.startswith("!"):
            if line[1:] in actual:
                yield f"{name} holds what it must not: {line[1:]!r}"
            continue
        while at < len(found) and line not in found[at]:
            at += 1
        if at == len(found):
            yield f"{name} lacks, from here on: {line!r}"
            return


def contains(actual, expected, path="$"):
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if key not in actual:
                yield f"{path}.{key} is missing"
            else:
                yield from contains(actual[key], value, f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(actual) == len(expected):
        for index, value in enumerate(expected):
            yield from contains(actual[index], value, f"{path}[{index}]")
    elif actual != expected:
        yield f"{path} is {json.dumps(actual)}; expected {json.dumps(expected)}"


def check_json(path, text):
    try:
        actual = json.loads(text)
    except ValueError as error:
        yield f"stdout is not JSON: {error}"
        return
    yield from contains(actual, json.loads(path.read_text(encoding="utf-8")))


def run_case(case, program, folder):
    work = folder / "work"
    shutil.copytree(case, work)
    binaries = folder / "bin"
    binaries.mkdir()
    shutil.copy2(program, binaries / "nbkatib")
    environment = dict(os.environ, PATH=f"{binaries}:{os.environ['PATH']}", NBKATIB_HOME=str(folder / "home"),
                       CASES=str(CASES),
                       LC_ALL="C.UTF-8", TERM="dumb")
    folder.chmod(0o755)
    script = PRELUDE + (case / "cmd").read_text(encoding="utf-8")
    process = subprocess.Popen(["bash", "-c", script], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, err = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        return subprocess.CompletedProcess(script, f"none after {TIMEOUT_S} s", out, err)
    return subprocess.CompletedProcess(script, process.returncode, out, err)


def problems_of(case, done):
    expected = int((case / "expect.exit").read_text()) if (case / "expect.exit").exists() else 0
    if done.returncode != expected:
        yield f"exit status {done.returncode}, expected {expected}"
    for name, output in (("stdout", done.stdout), ("stderr", done.stderr)):
        text = output.decode("utf-8", "replace")
        if CONTROL.search(output):
            yield f"{name} holds a control character: {CONTROL.search(output).group()!r}"
        if "AddressSanitizer" in text or "runtime error" in text or "LeakSanitizer" in text:
            yield f"{name} holds a sanitizer's report"
        if (case / f"expect.{name}").exists():
            yield from check_lines(name, lines_of(case / f"expect.{name}"), text)
    if (case / "expect.json").exists():
        yield from check_json(case / "expect.json", done.stdout.decode("utf-8", "replace"))


def has_kernel(program):
    done = subprocess.run([program, "doctor", "--json"], capture_output=True, check=False,
                          env=dict(os.environ, NBKATIB_HOME=tempfile.gettempdir() + "/nbkatib-cases"))
    try:
        checks = json.loads(done.stdout)["checks"]
    except (ValueError, KeyError):
        return False
    return any(check["name"] == "python3 kernel" and check["status"] == "ok" for check in checks)


def report(case, done, problems):
    print(f"FAILED {case.relative_to(CASES)}")
    for problem in problems:
        print(f"    {problem}")
    for name, output in (("stdout", done.stdout), ("stderr", done.stderr)):
        print(f"  {name}:\n" + "".join(f"    | {line}\n" for line in output.decode("utf-8", "replace").splitlines()[:60]), end="")


def main(arguments):
    program = os.environ.get("NBKATIB_PROGRAM", str(CASES.parents[1] / "build/dev/nbkatib"))
    if arguments and os.path.isfile(arguments[0]):
        program = arguments.pop(0)
    program = str(pathlib.Path(program).resolve())
    cases = sorted(path.parent for path in CASES.rglob("cmd"))
    if arguments:
        cases = [c for c in cases if any(fnmatch.fnmatch(str(c.relative_to(CASES)), f"*{a}*") for a in arguments)]
    if not cases:
        print("no case fits", file=sys.stderr)
        return 2
    kernel = has_kernel(program)
    failed = skipped = 0
    for case in cases:
        if (case / "needs-kernel").exists() and not kernel:
            skipped += 1
            continue
        with tempfile.TemporaryDirectory(prefix="nbkatib-case-") as folder:
            done = run_case(case, program, pathlib.Path(folder))
        problems = list(problems_of(case, done))
        if problems:
            failed += 1
            report(case, done, problems)
    print(f"cases: {len(cases) - failed - skipped} passed, {failed} failed, {skipped} skipped (no kernel)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
