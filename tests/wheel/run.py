"""What people install: the portable program, the wheels, `pip install .` and the Debian package. Usage: run.py [TEST...]

It looks at what scripts/wheel x86_64, scripts/wheel aarch64 and scripts/build release have left in build/. The other systems that the
wheels are tried in come from the archive of Debian (tests/wheel/root) and are kept in build/roots.
"""
import json
import os
import pathlib
import platform
import shlex
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "jupyter"))
from world import World, tunable  # noqa: E402

import https  # noqa: E402

ROOT = HERE.parent.parent
MACHINE = platform.machine()
EXAMPLE = ROOT / "examples" / "diabetes.ipynb"
PROCESSORS = {"x86_64": 62, "aarch64": 183}
ARCHES = sorted(PROCESSORS)
DEBIAN = {"x86_64": "amd64", "aarch64": "arm64"}


def program_of(arch):
    return ROOT / "build" / "portable" / arch / "nbkatib"


def run(*command, **kwargs):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, **kwargs)


def must(*command, fails=False, **kwargs):
    done = run(*command, **kwargs)
    assert fails or done.returncode == 0, f"{command}: exit status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def wheel_of(arch):
    found = sorted((ROOT / "build" / "dist").glob(f"nbkatib-*_{arch}.whl"))
    assert len(found) == 1, f"wheels for {arch}: {found}"
    return found[0]


def segments(path):
    """The processor and the types of the program headers of a 64-bit little-endian ELF file."""
    data = path.read_bytes()
    assert data[:6] == b"\x7fELF\x02\x01", f"{path} is not a 64-bit little-endian ELF file"
    machine, = struct.unpack_from("<H", data, 18)
    start, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    return machine, [struct.unpack_from("<I", data, start + i * size)[0] for i in range(count)]


def files_under(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir() and "__pycache__" not in p.parts)


def folders_under(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_dir() and p.name != "__pycache__"}


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nbk-wheel-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def venv(self):
        must(sys.executable, "-m", "venv", self.folder / "venv")
        return self.folder / "venv"


class Portable(Folder):
    """The static program."""

    def test_it_is_static_and_of_its_processor(self):
        interpreter, dynamic, note = 3, 2, 4
        for arch in ARCHES:
            with self.subTest(arch):
                machine, types = segments(program_of(arch))
                self.assertEqual(machine, PROCESSORS[arch])
                self.assertNotIn(interpreter, types, "it asks for a dynamic linker")
                self.assertNotIn(dynamic, types, "it has a table of shared libraries")
                self.assertIn(note, types, "no note holds a build id")

    def test_no_path_of_the_building_machine_is_inside(self):
        for arch in ARCHES:
            with self.subTest(arch):
                self.assertFalse(str(ROOT).encode() in program_of(arch).read_bytes(), f"{ROOT} is in it")

    def test_it_reads_a_notebook_as_the_everyday_build_does(self):
        want = must(ROOT / "build/release/nbkatib", "inspect", EXAMPLE, "--json")
        self.assertEqual(must(program_of(MACHINE), "inspect", EXAMPLE, "--json"), want)

    def test_it_runs_where_there_is_nothing_else(self):
        for name in ("tmp", "state"):
            (self.folder / name).mkdir()
        shutil.copy(program_of(MACHINE), self.folder / "nbkatib")
        shutil.copy(EXAMPLE, self.folder / "model.ipynb")
        inside = ["chroot", self.folder, "/nbkatib"]
        if os.geteuid() != 0:
            inside = ["unshare", "--map-root-user", *inside]
            if run(*inside, "--version").returncode != 0:
                self.skipTest("this system lets no one but root change the root folder")
        env = {"NBKATIB_HOME": "/state", "PATH": os.environ["PATH"]}
        self.assertRegex(must(*inside, "--version", env=env), r"^nbkatib [0-9.]+\n$")
        self.assertIn("pipeline-parameters", must(*inside, "--help", env=env))
        cells = json.loads(must(*inside, "inspect", "/model.ipynb", "--json", env=env))
        everyday = json.loads(must(ROOT / "build/release/nbkatib", "inspect", EXAMPLE, "--json"))
        self.assertEqual(cells["parameters"], everyday["parameters"])
        must(*inside, "list", env=env)
        checks = {c["name"]: c for c in json.loads(must(*inside, "doctor", "--json", env=env, fails=True))["checks"]}
        self.assertEqual((checks["kernels"]["status"], checks["python3 kernel"]["status"]), ("missing", "warning"))
        self.assertIn("pip install ipykernel", checks["python3 kernel"]["cure"])

    def test_the_other_processors_program_under_an_emulator(self):
        for arch in ARCHES:
            if arch == MACHINE:
                continue
            emulator = shutil.which(f"qemu-{arch}-static") or shutil.which(f"qemu-{arch}")
            if not emulator:
                self.skipTest(f"qemu-{arch}-static is not here (Debian's qemu-user-static)")
            with self.subTest(arch):
                for arguments in (["--help"], ["inspect", EXAMPLE, "--json"], ["experiment", EXAMPLE, "--name", "same", "--seed", "7"]):
                    self.assertEqual(must(emulator, program_of(arch), *arguments), must(program_of(MACHINE), *arguments))


class Library(Folder):
    """libcurl as scripts/portable builds it, in a program of its own (https.c), against a server that asks for certificates."""

    def program(self, arch):
        home = ROOT / "build" / "portable" / arch
        flags = must("pkg-config", "--static", "--cflags", "--libs", "libcurl",
                     env={"PATH": os.environ["PATH"], "PKG_CONFIG_LIBDIR": home / "libraries/lib/pkgconfig"})
        must(home / "bin/cc", "-O2", "-static", "-s", "-Wl,--gc-sections", HERE / "https.c", "-o", self.folder / arch, *shlex.split(flags))
        return [self.folder / arch] if arch == MACHINE else [shutil.which(f"qemu-{arch}-static"), self.folder / arch]

    def ask(self, program, **arguments):
        return run(*program, *(f"{name}={value}" for name, value in arguments.items()), cwd=self.folder)

    def requests(self, program):
        files = {"ca": "ca.pem", "cert": "client.pem", "key": "client.key"}
        old = https.served(self, https.Server(self.folder, socket.AF_INET, "127.0.0.1", ssl.TLSVersion.TLSv1_2))
        new = https.served(self, https.Server(self.folder, socket.AF_INET, "127.0.0.1", ssl.TLSVersion.TLSv1_3))
        six = https.served(self, https.Server(self.folder, socket.AF_INET6, "::1", ssl.TLSVersion.TLSv1_3))
        other = https.served(self, https.Server(self.folder, socket.AF_INET, "127.0.0.2", ssl.TLSVersion.TLSv1_3))
        proxy = https.Proxy()
        by = {"proxy": f"http://127.0.0.1:{https.served(self, proxy)}"}
        for url, more, want in (
                (f"https://127.0.0.1:{old}/", files, "hello client by TLSv1.2\n200\n"),
                (f"https://127.0.0.1:{new}/", files, "hello client by TLSv1.3\n200\n"),
                (f"https://127.0.0.1:{new}/", {**files, "as": "blob"}, "hello client by TLSv1.3\n200\n"),
                (f"https://localhost:{new}/", {**files, "as": "blob"}, "hello client by TLSv1.3\n200\n"),
                (f"https://[::1]:{six}/", {**files, "as": "blob"}, "hello client by TLSv1.3\n200\n"),
                (f"https://127.0.0.1:{new}/", {**files, **by}, "hello client by TLSv1.3\n200\n")):
            done = self.ask(program, url=url, **more)
            self.assertEqual((done.returncode, done.stdout), (0, want), f"{url} {more}: {done.stderr}")
        self.assertEqual(proxy.tunnels, 1)
        for url, more, want in (
                (f"https://127.0.0.1:{new}/", {"ca": "ca.pem"}, "certificate required"),
                (f"https://127.0.0.1:{new}/", {**files, "ca": "stranger.pem", "as": "blob"}, "SSL certificate problem"),
                (f"https://127.0.0.2:{other}/", files, "SSL peer certificate or SSH remote key was not OK"),
                ("ftp://127.0.0.1/", {}, "not supported")):
            done = self.ask(program, url=url, **more)
            self.assertEqual(done.returncode, 1, f"{url} {more}: {done.stdout}")
            self.assertIn(want, done.stderr)

    def test_it_speaks_to_a_server_that_asks_for_certificates(self):
        https.certificates(self.folder)
        for arch in ARCHES:
            if arch != MACHINE and not shutil.which(f"qemu-{arch}-static"):
                continue
            with self.subTest(arch):
                self.requests(self.program(arch))


class Wheel(Folder):
    """The wheels of scripts/wheel."""

    def test_what_is_in_it(self):
        for arch in ARCHES:
            with self.subTest(arch), zipfile.ZipFile(wheel_of(arch)) as wheel:
                name = wheel_of(arch).name
                self.assertTrue(name.endswith(f"-py3-none-manylinux_2_17_{arch}.musllinux_1_1_{arch}.whl"), name)
                read = {n.split("/", 1)[1]: wheel.read(n) for n in wheel.namelist()}
                self.assertTrue(read["scripts/nbkatib"] == program_of(arch).read_bytes(), "not the program of scripts/portable")
                self.assertTrue(wheel.getinfo(next(n for n in wheel.namelist() if n.endswith("scripts/nbkatib"))).external_attr >> 16 & 0o111)
                for place in ("data/share/man/man1/nbkatib.1", "data/share/bash-completion/completions/nbkatib",
                              "data/share/doc/nbkatib/licences/zeromq3", "data/share/doc/nbkatib/README.md", "licenses/LICENSE"):
                    self.assertIn(place, read)
                self.assertNotIn(b"Requires-Dist", read["METADATA"])
                self.assertEqual([n for n in read if n.endswith(".py")], [], "a wheel without Python code")

    def test_the_jupyter_files_are_in_it(self):
        package = ROOT / "labextension" / "package.json"
        with zipfile.ZipFile(wheel_of(MACHINE)) as wheel:
            read = {n.split("/", 1)[1]: wheel.read(n) for n in wheel.namelist()}
        self.assertEqual(json.loads(read["data/share/jupyter/kernels/nbkatib/kernel.json"])["argv"][0], "nbkatib")
        described = json.loads(package.read_text())
        for name in ("package.json", "install.json"):
            self.assertIn(f"data/share/jupyter/labextensions/{described['name']}/{name}", read)

    def test_install_tune_and_uninstall(self):
        venv = self.venv()
        must(venv / "bin/pip", "install", "-q", "ipykernel")
        before, folders = files_under(venv), folders_under(venv)
        must(venv / "bin/pip", "install", "-q", "--no-index", wheel_of(MACHINE))
        added = sorted(set(files_under(venv)) - set(before))
        self.assertIn("bin/nbkatib", added)
        self.assertIn("share/man/man1/nbkatib.1", added)
        self.assertIn("nbkatib", self.kernels(venv))
        self.assertRegex(self.extensions(venv), r"@nbkatib/labextension v[0-9.]+ \S*enabled\S* \S*OK\S* \(python, nbkatib\)")

        world = World(str(venv / "bin/nbkatib"), virtual_env=venv)
        self.addCleanup(world.close)
        world.write("model.ipynb", tunable("score = -(x - 3) ** 2 - n"))
        done = world.run("run", "model.ipynb", "--trials", "3", "--name", "tuned", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        shown = world.show("tuned")
        self.assertEqual(shown["state"], "Succeeded")
        self.assertEqual(shown["experiment"]["status"]["trialsSucceeded"], 3)

        must(venv / "bin/pip", "uninstall", "-qy", "nbkatib")
        self.assertEqual(sorted(set(files_under(venv)) ^ set(before)), [])
        self.assertNotIn("nbkatib", self.kernels(venv))
        self.assertNotIn("nbkatib", self.extensions(venv).replace(str(ROOT), ""))
        # pip removes a folder only when a file that it removes lay in the folder itself: some that belong to no one stay, empty.
        self.assertLessEqual(folders_under(venv) - folders, {f"share/{n}" for n in (
            "bash-completion", "doc", "fish", "jupyter/labextensions", "zsh")})

    def kernels(self, venv):
        return json.loads(must(venv / "bin/jupyter-kernelspec", "list", "--json", env={"PATH": os.environ["PATH"], "HOME": self.folder}))["kernelspecs"]

    def extensions(self, venv):
        """What JupyterLab says of the extensions in this environment; it runs from one of its own."""
        done = run(ROOT / "build/jupyterlab-venv/bin/python", "-m", "jupyterlab.labextensions", "list",
                   env={"PATH": os.environ["PATH"], "HOME": self.folder, "JUPYTER_PATH": venv / "share/jupyter"})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout + done.stderr


class Elsewhere(unittest.TestCase):
    """The wheels in other systems: pip, real trials with that system's own Python and ipykernel, and pip again."""

    # In namespaces of its own: whoever runs it is root there, and an emulator that is registered there is so nowhere else.
    ENTER = """
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        if [ -n "$3" ]; then
            mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
            printf %s "$3" >/proc/sys/fs/binfmt_misc/register
        fi
        exec chroot "$1" /bin/sh -ec "$2"
    """

    def enter(self, root, emulator, script):
        return run("unshare", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", self.ENTER, "sh", root, script,
                   emulator, env={"PATH": os.environ["PATH"], "HOME": "/root", "LANG": "C.UTF-8", "PIP_BREAK_SYSTEM_PACKAGES": "1"})

    def emulator(self, arch):
        """What the kernel is told so that it runs programs of that processor; nothing for this machine's own."""
        if arch == MACHINE:
            return ""
        program = shutil.which(f"qemu-{arch}-static")
        if not program:
            self.skipTest(f"qemu-{arch}-static is not here (Debian's qemu-user-static)")
        head = r"\x7fELF\x02\x01\x01" + r"\x00" * 9 + r"\x02\x00" + f"\\x{PROCESSORS[arch]:02x}" + r"\x00"
        mask = r"\xff" * 7 + r"\x00" + r"\xff" * 8 + r"\xfe\xff\xff\xff"
        return f":nbkatib-{arch}:M::{head}:{mask}:{program}:F"

    def tried(self, suite, arch):
        made = run(ROOT / "tests/wheel/root", suite, DEBIAN[arch], "python3-ipykernel", "python3-pip")
        if made.returncode != 0:
            self.skipTest(f"no root of Debian {suite} can be had: {made.stderr.strip()[-300:]}")
        root = ROOT / "build" / "roots" / f"{suite}-{DEBIAN[arch]}"
        emulator = self.emulator(arch)
        if self.enter(root, emulator, "true").returncode != 0:
            self.skipTest(f"this system lets no one run {arch} programs in a root of their own")
        wheel = wheel_of(arch)
        shutil.copy(wheel, root / "tmp")
        (root / "tmp" / "model.ipynb").write_text(tunable("score = -(x - 3) ** 2 - n"))
        before = files_under(root / "usr" / "local")
        done = self.enter(root, emulator, f"""
            export NBKATIB_HOME=/tmp/state
            rm -rf $NBKATIB_HOME
            python3 -m pip install -q --no-index --no-warn-script-location /tmp/{wheel.name} >&2
            nbkatib doctor >&2
            nbkatib run /tmp/model.ipynb --trials 2 --parallel 1 --name tried >&2
            nbkatib show tried --json
            python3 -m pip uninstall -qy nbkatib >&2
        """)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        shown = json.loads(done.stdout)
        self.assertEqual((shown["state"], shown["experiment"]["status"]["trialsSucceeded"]), ("Succeeded", 2), done.stderr)
        self.assertEqual(files_under(root / "usr" / "local"), before)

    def test_an_older_system(self):
        self.tried("bullseye", MACHINE)

    def test_the_other_processor(self):
        self.tried("bookworm", next(a for a in ARCHES if a != MACHINE))


class FromSource(Folder):
    """`pip install .` with this system's compiler and libraries."""

    def test_it_builds_and_runs(self):
        venv = self.venv()
        must(venv / "bin/pip", "install", "-q", ROOT)
        self.assertRegex(must(venv / "bin/nbkatib", "--version"), r"^nbkatib [0-9.]+\n$")
        self.assertTrue((venv / "share/man/man1/nbkatib.1").exists())

    def test_a_missing_library_is_named_with_its_cure(self):
        done = run("cmake", "-S", ROOT, "-B", self.folder / "build", "-G", "Ninja", env={**os.environ, "PKG_CONFIG_LIBDIR": "/nowhere"})
        self.assertNotEqual(done.returncode, 0)
        said = " ".join(done.stderr.split())
        for text in ("libzmq>=4.3", "sqlite3>=3.34", "scripts/setup build", "scripts/wheel"):
            self.assertIn(text, said)


class Package(Folder):
    """cpack in build/release."""

    def test_the_debian_package(self):
        if not (shutil.which("dpkg-deb") and shutil.which("dpkg-shlibdeps")):
            self.skipTest("this system does not build Debian packages")
        must("cpack", "-B", self.folder, cwd=ROOT / "build" / "release")
        package, = self.folder.glob("nbkatib_*.deb")
        depends = must("dpkg-deb", "-f", package, "Depends")
        for library in ("libc6", "libzmq5", "libsodium", "libjansson4", "libyaml", "libsqlite3-0"):
            self.assertIn(library, depends)
        must("dpkg-deb", "-x", package, self.folder / "root")
        self.assertEqual([n for n in files_under(self.folder / "root") if "completion" not in n],
                         ["usr/bin/nbkatib", *(f"usr/share/doc/nbkatib/{n}" for n in ("README.md", "changelog.gz", "copyright")),
                          *self.jupyter(), "usr/share/man/man1/nbkatib.1.gz"])
        self.assertRegex(must(self.folder / "root/usr/bin/nbkatib", "--version"), r"^nbkatib [0-9.]+\n$")
        if not shutil.which("lintian"):
            self.skipTest("Debian's lintian is not here")
        must("lintian", "--fail-on", "error,warning", package)

    def jupyter(self):
        return [n for n in files_under(self.folder / "root") if n.startswith("usr/share/jupyter/")]


if __name__ == "__main__":
    unittest.main(verbosity=2)
