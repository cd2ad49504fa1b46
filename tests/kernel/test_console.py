"""jupyter console, on a terminal: commands, errors, completion, the way out."""
import sys
import unittest

import house
import pexpect
from world import World


class Console(unittest.TestCase):
    def setUp(self):
        self.world = World(house.DEV)
        self.addCleanup(self.world.close)
        done = self.world.run("install", "--prefix", self.world.folder / "prefix")
        self.assertEqual(done.returncode, 0, done.stderr)
        env = {**self.world.env, "JUPYTER_PATH": str(self.world.folder / "prefix/share/jupyter"), "TERM": "xterm"}
        self.console = pexpect.spawn(sys.executable, ["-m", "jupyter_console", "--kernel", "nbkatib"], env=env, cwd=str(self.world.folder),
                                     encoding="utf-8", dimensions=(40, 120), timeout=60)
        self.addCleanup(self.console.close, force=True)

    def prompt(self, number):
        self.console.expect(rf"In \[.*{number}.*\]: ")

    def say(self, keys, *answers):
        self.console.send(keys)
        for answer in answers:
            self.console.expect(answer)

    def test_commands(self):
        self.console.expect("nbkatib tunes Jupyter notebooks")
        self.prompt(1)
        self.say("list\r", "no experiment yet; 'run NOTEBOOK' makes one")
        self.prompt(2)
        self.say("show nothing\r", "not-found: there is no experiment 'nothing'")
        self.prompt(3)
        # What is typed and what is completed are drawn apart.
        self.say("doc\t", "doc", "tor")
        self.say("\r", "CHECK", "state folder|state")
        self.prompt(4)
        self.say("\x04", r"\[y\]|y/n")
        self.say("y\r", pexpect.EOF)


if __name__ == "__main__":
    unittest.main()
