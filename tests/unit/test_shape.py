"""Holds the C code to its shape: function and file sizes, branches, banned functions, left-over words."""
import pathlib
import re
import statistics
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BANNED = "sprintf vsprintf strcpy strcat strtok atoi atol atof sscanf gets strtol strtoll strtoul strtoull".split()
BRANCH = re.compile(r"\b(if|for|while|case)\b|&&|\|\||\?")


def strip(text):
    """Without comments and the contents of strings, line numbers kept."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
    return pattern.sub(lambda m: '""' if m[0][0] in "\"'" else "\n" * m[0].count("\n"), text)


def sources():
    for top in ("nbtags", "kernel_ext"):
        yield from sorted((ROOT / top).rglob("*.c"))


def functions(text):
    """(name, lines, branches) of each function: its braces stand in the first column."""
    lines = strip(text).splitlines()
    start = None
    for number, line in enumerate(lines):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            head = " ".join(lines[max(0, start - 3) : start])
            names = re.findall(r"([A-Za-z_]\w*)\s*\(", head)
            body = "\n".join(lines[start + 1 : number])
            yield (names[-1] if names else "?"), number - start - 1, len(BRANCH.findall(body)) + 1
            start = None


class Shape(unittest.TestCase):
    def test_functions(self):
        found = [(n, b, name, s) for s in sources() for name, n, b in functions(s.read_text())]
        self.assertGreater(len(found), 50, "no functions were found: is the layout still the one this test reads?")
        long = [f"{s.relative_to(ROOT)}: {name} has {n} lines" for n, b, name, s in found if n > 80]
        branchy = [f"{s.relative_to(ROOT)}: {name} has complexity {b}" for n, b, name, s in found if b > 20]
        self.assertEqual(long + branchy, [])
        median = statistics.median(n for n, *_ in found)
        over = sum(n > 35 for n, *_ in found) / len(found)
        print(f"{len(found)} functions, median {median:.0f} lines, {100 * over:.1f} % over 35, longest {max(found)[0]}")
        self.assertLessEqual(median, 12)
        self.assertLessEqual(over, 0.1)

    def test_files(self):
        long = [str(s.relative_to(ROOT)) for s in sources() if len(s.read_text().splitlines()) > 500]
        self.assertEqual(long, [], "files over 500 lines")

    def test_banned_functions(self):
        pattern = re.compile(r"\b(%s)\s*\(" % "|".join(BANNED))
        wrong = [f"{s.relative_to(ROOT)}: {m[1]}" for s in sources() for m in pattern.finditer(strip(s.read_text()))]
        self.assertEqual(wrong, [])

    def test_no_promises(self):
        pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
        wrong = [str(s.relative_to(ROOT)) for s in sources() if pattern.search(s.read_text())]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=0).result.wasSuccessful() else 1)
