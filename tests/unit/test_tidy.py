"""clang-tidy over every C file of the project, with .clang-tidy. Usage: test_tidy.py BUILD_FOLDER"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def check(build, source):
    run = subprocess.run(["clang-tidy", "--quiet", "-p", build, str(source)], capture_output=True, text=True)
    return source, run.returncode, run.stdout


def main():
    build = sys.argv[1]
    sources = sorted((ROOT / "nbtags").glob("*.c")) + sorted((ROOT / "kernel_ext").rglob("*.c"))
    sources = [s for s in sources if s.name != "example.c"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda s: check(build, s), sources))
    failed = [(s, out) for s, code, out in results if code]
    for source, out in failed:
        print(f"{source.relative_to(ROOT)}:\n{out}")
    print(f"clang-tidy: {len(results) - len(failed)} of {len(results)} files clean")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
