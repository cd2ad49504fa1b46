"""The client of Kubernetes against a server that misbehaves (stub.py). Usage: test_kube_stub.py KUBE_PROBE [TEST...]"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from stub import Authority, Stub, list_of, object_of  # noqa: E402

PROBE = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/dev/tests/kube_probe").resolve()
SECRET = "s3cr3t-t0ken-that-nobody-may-see"
PATH = "/api/v1/namespaces/team/things/a"


class World(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.place.name)
        cls.authority = Authority(cls.folder)
        cls.pair = cls.authority.server("127.0.0.1")

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def stub(self, handler, pair=None, **options):
        stub = Stub(handler, *(pair or self.pair), **options)
        self.addCleanup(stub.__exit__)
        return stub

    def kubeconfig(self, port, cluster=None, user=None, scheme="https", context=None):
        cluster = {"server": f"{scheme}://127.0.0.1:{port}", "certificate-authority-data": self.authority.data(),
                   **(cluster or {})}
        document = {
            "apiVersion": "v1", "kind": "Config", "current-context": "x",
            "clusters": [{"name": "x", "cluster": {k: v for k, v in cluster.items() if v is not None}}],
            "users": [{"name": "x", "user": {"token": SECRET} if user is None else user}],
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x", "namespace": "team", **(context or {})}}],
        }
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps(document))
        return path

    def start(self, config, *words, **more):
        environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and not k.startswith("KUBE")}
        environment |= {"KUBECONFIG": str(config), **{k: str(v) for k, v in more.items()}}
        return subprocess.Popen([str(PROBE), *map(str, words)], env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def run_probe(self, config, *words, timeout=30, secret=SECRET, **more):
        """(exit status, last JSON line or None, stderr)"""
        process = self.start(config, *words, **more)
        try:
            out, errors = process.communicate(timeout=timeout)
        finally:
            process.kill()
        self.assertNotIn("Sanitizer", errors, errors)
        self.assertNotIn("runtime error", errors, errors)
        self.assertGreaterEqual(process.returncode, 0, errors)
        self.assertNotIn(secret, errors)
        lines = out.splitlines()
        answer = json.loads(lines[-1]) if lines else None
        if answer and "error" in answer:
            self.assertNotIn(secret, out)
        return process.returncode, answer, errors

    def expect_error(self, answer, code, *texts):
        self.assertIsNotNone(answer)
        self.assertIn("error", answer)
        self.assertEqual(answer["error"]["code"], code, answer)
        for text in texts:
            self.assertIn(text, answer["error"]["text"])


class Requests(World):
    def test_get(self):
        stub = self.stub(lambda request, reply: reply.json(200, object_of("a", 1)))
        rc, answer, errors = self.run_probe(self.kubeconfig(stub.port), "get", PATH)
        self.assertEqual((rc, answer["metadata"]["name"]), (0, "a"), (answer, errors))
        request = stub.requests[0]
        self.assertEqual(request.path, PATH)
        self.assertEqual(request.headers["authorization"], [f"Bearer {SECRET}"])
        self.assertEqual(request.headers["user-agent"], ["nbkatib"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=1)
