"""Reads every #include and holds the code to the table of ARCHITECTURE.md: data flows one way, top to bottom."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
EXTERNAL = {"zmq.h": {"jupyter"}, "sqlite3.h": {"engine/local"}, "yaml.h": {"experiment"}, "curl/curl.h": {"engine/katib/kube"}}


def table():
    """{room: (folder, allowed rooms)} in the order of ARCHITECTURE.md."""
    rooms = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text().splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and "`" in cells[1]:
            allowed = list(rooms) if cells[3] == "all above" else [a.strip() for a in cells[3].split(",") if a.strip()]
            rooms[cells[0]] = (cells[1].strip("`").rstrip("/"), allowed)
    return rooms


def room_of(rooms, path):
    """The room of a path, the deepest folder wins; a file of its own (main.c) is its own room."""
    best = None
    for name, (folder, _) in rooms.items():
        if path == folder or path.startswith(folder + "/"):
            if best is None or len(folder) > len(rooms[best][0]):
                best = name
    return best


def target(include):
    """An include as a path from the root: kernel_ext/ is on the include path."""
    return include if include.startswith("nbtags/") else "kernel_ext/" + include


def sources():
    for top in ("nbtags", "kernel_ext"):
        yield from sorted((ROOT / top).rglob("*.[ch]"))


class Layers(unittest.TestCase):
    def test_table_is_read(self):
        rooms = table()
        self.assertEqual(list(rooms)[:2], ["nbtags", "base"])
        self.assertGreaterEqual(len(rooms), 10)
        for name, (folder, allowed) in rooms.items():
            self.assertTrue((ROOT / folder).exists(), f"{name}: {folder} is not there")
            for other in allowed:
                known = other in rooms or (ROOT / other).is_file()
                self.assertTrue(known, f"{name}: {other} is neither a room nor a header")
                if other in rooms:
                    self.assertLess(list(rooms).index(other), list(rooms).index(name), f"{name} may not look down at {other}")

    def test_includes(self):
        rooms = table()
        wrong = []
        for source in sources():
            path = str(source.relative_to(ROOT))
            own = room_of(rooms, path)
            if own is None:
                wrong.append(f"{path}: in no room of ARCHITECTURE.md")
                continue
            for include in INCLUDE.findall(source.read_text()):
                other = room_of(rooms, target(include))
                if not (ROOT / target(include)).is_file():
                    wrong.append(f"{path}: {include} is not there")
                elif other != own and other not in rooms[own][1] and target(include) not in rooms[own][1]:
                    wrong.append(f"{path}: room {own} may not include {include} of room {other}")
        self.assertEqual(wrong, [])

    def test_libraries_stay_in_their_rooms(self):
        rooms = table()
        for source in sources():
            path = str(source.relative_to(ROOT))
            for header, allowed in EXTERNAL.items():
                if re.search(rf"#\s*include\s+<{re.escape(header)}>", source.read_text()):
                    self.assertIn(room_of(rooms, path), allowed, f"{path} includes {header}")


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False, verbosity=0).result.wasSuccessful() else 1)
