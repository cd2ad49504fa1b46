"""The client of Kubernetes against a server that misbehaves (kube_stub.py); KUBE_PROBE names the program, else build/dev's.

Usage: kube_faults.py [TEST...]      all: the classes side by side, for the tests mostly wait
"""
import base64
import gzip
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from kube_stub import Authority, Stub, list_of, object_of, openssl  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBE = pathlib.Path(os.environ.get("KUBE_PROBE", ROOT / "build/dev/tests/kube_probe")).resolve()
SECRET = "s3cr3t-t0ken-that-nobody-may-see"
TIMES = []  # (seconds, test)
PATH = "/api/v1/namespaces/team/things/a"


@unittest.skipUnless(os.access(PROBE, os.X_OK), f"{PROBE} is not built: scripts/build dev kube_probe")
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
        process = subprocess.Popen([str(PROBE), *map(str, words)], env=environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.finish, process)
        return process

    @staticmethod
    def finish(process):
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()

    def setUp(self):
        began = time.monotonic()
        self.addCleanup(lambda: TIMES.append((time.monotonic() - began, self.id())))

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

    def failing(self, *failures, words=("get", PATH), **more):
        """(requests, exit status, answer, seconds) of a server that fails so before it succeeds."""
        left = list(failures)

        def handler(request, reply):
            if left:
                left.pop(0)(reply)
            else:
                reply.json(200, object_of("a", 1))

        stub = self.stub(handler)
        began = time.monotonic()
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port), *words, **more)
        return stub.requests, rc, answer, time.monotonic() - began

    def test_what_passes_is_repeated(self):
        for name, failure in {
            "429": lambda r: r.status(429, "TooManyRequests"),
            "500": lambda r: r.status(500, "InternalError"),
            "502 of a proxy": lambda r: r.text(502, "<html>bad gateway</html>", kind="text/html"),
            "503": lambda r: r.status(503, "ServiceUnavailable"),
            "504": lambda r: r.status(504, "Timeout"),
            "reset": lambda r: r.reset(),
            "closed": lambda r: r.close(),
            "half an answer": lambda r: (r.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), r.close()),
        }.items():
            with self.subTest(name):
                requests, rc, answer, _ = self.failing(failure, failure)
                self.assertEqual((rc, len(requests)), (0, 3), answer)

    def test_retry_after_is_kept(self):
        for name, failure in {
            "header": lambda r: r.status(429, "TooManyRequests", headers={"Retry-After": "2"}),
            "details": lambda r: r.status(503, "ServiceUnavailable", retryAfterSeconds=2),
        }.items():
            with self.subTest(name):
                requests, rc, answer, seconds = self.failing(failure)
                self.assertEqual((rc, len(requests)), (0, 2), answer)
                self.assertGreaterEqual(seconds, 2)

    def test_retry_after_beyond_the_time(self):
        requests, rc, answer, seconds = self.failing(
            lambda r: r.status(429, "TooManyRequests", headers={"Retry-After": "600"}), PROBE_TIMEOUT_MS=5000)
        self.assertEqual((rc, len(requests)), (1, 1))
        self.expect_error(answer, "io", "wait 600 s", "429")
        self.assertLess(seconds, 4)

    def test_gives_up(self):
        requests, rc, answer, _ = self.failing(*[lambda r: r.status(503, "ServiceUnavailable", "etcd is away")] * 9)
        self.assertEqual((rc, len(requests)), (1, 5))
        self.expect_error(answer, "io", "503", "etcd is away", f"GET {PATH}")

    def write(self, value):
        path = self.folder / "object.json"
        path.write_text(json.dumps(value))
        return path

    def test_create_is_not_repeated_blindly(self):
        path = self.write(object_of("a", 1))
        for name, failure, tries, rc in (("reset", lambda r: r.reset(), 1, 1), ("500", lambda r: r.status(500, "X"), 1, 1),
                                         ("429", lambda r: r.status(429, "TooManyRequests"), 2, 0)):
            with self.subTest(name):
                requests, code, answer, _ = self.failing(failure, words=("create", "/api/v1/things", path))
                self.assertEqual((code, len(requests)), (rc, tries), answer)
                if name == "reset":
                    self.expect_error(answer, "io", "may have been carried out")

    def test_create_with_a_label_is_idempotent(self):
        thing = object_of("a", 1, labels={"own": "7"})
        stored = {}

        def handler(request, reply):
            if request.method == "POST" and not stored:
                stored["a"] = request.json()
                reply.reset()
            elif request.method == "POST":
                reply.status(409, "AlreadyExists", 'things "a" already exists')
            else:
                reply.json(200, stored["a"])

        stub = self.stub(handler)
        config = self.kubeconfig(stub.port)
        rc, answer, _ = self.run_probe(config, "create", "/api/v1/things", self.write(thing), "own")
        self.assertEqual(rc, 0, answer)
        self.assertEqual([r.method for r in stub.requests], ["POST", "POST", "GET"])
        self.assertEqual(stub.requests[2].path, "/api/v1/things/a")
        other = object_of("a", 1, labels={"own": "8"})
        rc, answer, _ = self.run_probe(config, "create", "/api/v1/things", self.write(other), "own")
        self.expect_error(answer, "exists", "already exists")

    def test_delete_that_was_cut(self):
        requests, rc, answer, _ = self.failing(lambda r: r.reset(), lambda r: r.status(404, "NotFound"),
                                               words=("delete", PATH))
        self.assertEqual((rc, len(requests)), (0, 2), answer)
        requests, rc, answer, _ = self.failing(lambda r: r.status(404, "NotFound"), words=("delete", PATH, "uid-a"))
        self.expect_error(answer, "not-found")
        self.assertEqual(requests[0].json()["preconditions"], {"uid": "uid-a"})

    def test_patches(self):
        path = self.write({"spec": {"x": 1}})
        for verb, words, kind in (("apply", ["nbkatib"], "application/apply-patch+yaml"),
                                  ("merge", [], "application/merge-patch+json"), ("json", [], "application/json-patch+json")):
            requests, rc, answer, _ = self.failing(words=(verb, PATH, path, *words))
            self.assertEqual(rc, 0, answer)
            self.assertEqual((requests[0].method, requests[0].headers["content-type"]), ("PATCH", [kind]))
            if verb == "apply":
                self.assertEqual(requests[0].query, {"fieldManager": "nbkatib", "force": "true"})

    def test_the_connection_closes_under_a_large_body(self):
        stub = self.stub(lambda request, reply: None)
        stub.read = lambda stream: stream.read(100000) and None
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port), "create", "/api/v1/things", self.write({"x": "y" * 9_000_000}))
        self.expect_error(answer, "io", "may have been carried out")

    def test_impersonation(self):
        stub = self.stub(lambda request, reply: reply.json(200, object_of("a", 1)))
        user = {"token": SECRET, "as": "boss", "as-groups": ["g", "h"], "as-user-extra": {"k": ["v"]}}
        self.run_probe(self.kubeconfig(stub.port, user=user), "get", PATH)
        headers = stub.requests[0].headers
        self.assertEqual((headers["impersonate-user"], headers["impersonate-group"], headers["impersonate-extra-k"]), (["boss"], ["g", "h"], ["v"]))

    def test_statuses(self):
        for code, reason, want, *texts in (
            (400, "BadRequest", "invalid-value", 'admission webhook "x" denied the request: no'),
            (401, "Unauthorized", "io", "Log in again"),
            (403, "Forbidden", "io", "cannot get things", "Ask who runs the cluster"),
            (404, "NotFound", "not-found", 'things "a" not found'),
            (405, "MethodNotAllowed", "unsupported"),
            (409, "AlreadyExists", "exists"),
            (409, "Conflict", "bad-state"),
            (410, "Expired", "bad-state"),
            (422, "Invalid", "invalid-value"),
        ):
            with self.subTest(code=code, reason=reason):
                requests, rc, answer, _ = self.failing(lambda r: r.status(code, reason, texts[0] if texts else "why"))
                self.assertEqual((rc, len(requests)), (1, 1))
                self.expect_error(answer, want, str(code), *(texts[:1] if code != 401 else []), *texts[1:])

    def test_causes(self):
        causes = [{"field": "spec.parameters[0].name", "reason": "FieldValueRequired", "message": "Required value"},
                  {"field": "spec.x", "message": "Too long"}]
        _, _, answer, _ = self.failing(lambda r: r.status(422, "Invalid", "Experiment is invalid", causes=causes))
        self.expect_error(answer, "invalid-value", "Required value", "spec.x: Too long")
        self.assertEqual(answer["error"]["path"], "spec.parameters[0].name")

    def test_redirects_are_refused(self):
        other = self.stub(lambda request, reply: reply.json(200, object_of("b", 1)))
        requests, rc, answer, _ = self.failing(
            lambda r: r.text(302, "", {"Location": f"https://127.0.0.1:{other.port}/"}))
        self.expect_error(answer, "protocol", "redirects are refused")
        self.assertEqual(other.connections, 0)

    def test_garbage(self):
        for name, body in {"html": "<html>log in</html>", "half JSON": '{"a":', "latin-1": b'{"a":"\xff"}',
                           "deep": "[" * 5000}.items():
            with self.subTest(name):
                _, rc, answer, _ = self.failing(lambda r: r.text(200, body))
                self.expect_error(answer, "protocol", "not with JSON")

    def test_a_server_that_repeats_the_token(self):
        for body in (f"Authorization: Bearer {SECRET} is wrong", json.dumps({"token": SECRET})):
            _, rc, answer, _ = self.failing(lambda r: r.text(403, body))
            self.expect_error(answer, "io", "[hidden]")

    def test_huge_answer(self):
        def handler(request, reply):
            reply.start()
            for _ in range(40):
                reply.chunk("x" * 1048576)
            reply.end()

        stub = self.stub(handler)
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port), "get", PATH)
        self.expect_error(answer, "no-memory", "larger than")

    def test_compressed(self):
        def handler(request, reply):
            self.assertIn("gzip", request.headers["accept-encoding"][0])
            reply.text(200, gzip.compress(json.dumps(object_of("a", 1)).encode()), {"Content-Encoding": "gzip"})

        stub = self.stub(handler)
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port), "get", PATH)
        self.assertEqual(rc, 0, answer)

    def test_bomb(self):
        bomb = gzip.compress(b" " * 200_000_000, 9)
        _, _, answer, _ = self.failing(lambda r: r.text(200, bomb, {"Content-Encoding": "gzip"}))
        self.expect_error(answer, "no-memory", "larger than")

    def test_slow_loris(self):
        def handler(request, reply):
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000:
                reply.send(bytes([byte]))
                time.sleep(0.1)

        stub = self.stub(handler)
        began = time.monotonic()
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port), "get", PATH, PROBE_TIMEOUT_MS=1500)
        self.expect_error(answer, "timeout")
        self.assertLess(time.monotonic() - began, 3)

    def test_nobody_answers_the_handshake(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        rc, answer, _ = self.run_probe(self.kubeconfig(listener.getsockname()[1]), "get", PATH,
                                       PROBE_CONNECT_TIMEOUT_MS=300, PROBE_TIMEOUT_MS=2000)
        self.expect_error(answer, "timeout")

    def test_nobody_listens(self):
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        listener.close()
        rc, answer, _ = self.run_probe(self.kubeconfig(port), "get", PATH)
        self.expect_error(answer, "io", f"127.0.0.1:{port}", "Is the cluster running")

    def test_list_in_pages(self):
        gone = [1]

        def handler(request, reply):
            self.assertEqual(request.query["limit"], "200")
            at = int(request.query.get("continue", "0"))
            if at == 2 and gone:
                gone.pop()
                reply.status(410, "Expired", "The provided continue parameter is too old")
            else:
                reply.json(200, list_of(9, object_of(f"a{at}", at), more=str(at + 1) if at < 4 else ""))

        stub = self.stub(handler)
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port), "list", "/api/v1/things")
        self.assertEqual([i["metadata"]["name"] for i in answer["items"]], [f"a{i}" for i in range(5)])
        self.assertEqual(len(stub.requests), 3 + 5)

    def test_list_with_large_objects(self):
        blob = "x" * 200_000

        def handler(request, reply):
            at, limit = int(request.query.get("continue", "0")), int(request.query["limit"])
            items = [object_of(f"a{i}", i, annotations={"blob": blob}) for i in range(at, min(120, at + limit))]
            reply.json(200, list_of(9, *items, more=str(at + limit) if at + limit < 120 else ""))

        stub = self.stub(handler)
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port), "list", "/api/v1/things", timeout=60)
        self.assertEqual(len(answer["items"]), 120)


class Trust(World):
    def expect(self, config, code, *texts, **more):
        rc, answer, errors = self.run_probe(config, "get", PATH, **more)
        if code:
            self.expect_error(answer, code, *texts)
        else:
            self.assertEqual(rc, 0, (answer, errors))
        return errors

    def server(self, pair=None, **more):
        return self.stub(lambda request, reply: reply.json(200, object_of("a", 1)), pair, **more)

    def test_another_authority(self):
        folder = self.folder / "other"
        folder.mkdir(exist_ok=True)
        stub = self.server(Authority(folder).server("127.0.0.1"))
        self.expect(self.kubeconfig(stub.port), "io", "certificate-authority")
        self.assertEqual(stub.requests, [])

    def test_another_name(self):
        stub = self.server(self.authority.server("kubernetes.example"))
        self.expect(self.kubeconfig(stub.port), "io", "tls-server-name")
        self.expect(self.kubeconfig(stub.port, {"tls-server-name": "kubernetes.example"}), None)
        self.assertEqual(stub.requests[0].headers["host"], [f"127.0.0.1:{stub.port}"])
        self.expect(self.kubeconfig(stub.port, {"tls-server-name": "other.example"}), "io", "tls-server-name")

    def test_server_certificate_is_over(self):
        stub = self.server(self.authority.server("127.0.0.1", -1))
        self.expect(self.kubeconfig(stub.port), "io", "expired")

    def test_insecure_is_honoured_and_told(self):
        stub = self.server(self.authority.server("kubernetes.example"))
        cluster = {"insecure-skip-tls-verify": True, "certificate-authority-data": None}
        errors = self.expect(self.kubeconfig(stub.port, cluster), None)
        self.assertIn("insecure-skip-tls-verify", errors)

    def test_no_credentials_over_http(self):
        stub = Stub(lambda request, reply: reply.json(200, object_of("a", 1)))
        self.addCleanup(stub.__exit__)
        config = self.kubeconfig(stub.port, {"certificate-authority-data": None}, scheme="http")
        errors = self.expect(config, None)
        self.assertIn("not encrypted", errors)
        self.assertNotIn("authorization", stub.requests[0].headers)

    def test_client_certificate(self):
        certificate, key = self.authority.issue("me")
        stub = self.server(client_authority=self.authority.path)
        data = {f"client-{n}-data": base64.b64encode(p.read_bytes()).decode() for n, p in (("certificate", certificate), ("key", key))}
        self.expect(self.kubeconfig(stub.port, user=data), None)
        self.expect(self.kubeconfig(stub.port, user={"client-certificate": str(certificate), "client-key": "me.key"}), None)
        self.expect(self.kubeconfig(stub.port, user={}), "io")

    def test_client_certificate_is_over(self):
        certificate, key = self.authority.issue("past", -1)
        stub = self.server(client_authority=self.authority.path)
        user = {"client-certificate": str(certificate), "client-key": str(key)}
        errors = self.expect(self.kubeconfig(stub.port, user=user), "io", "expired")
        self.assertIn("expired at 2020-01-31T00:00:00Z", errors)

    def test_encrypted_key(self):
        certificate, key = self.authority.issue("hidden")
        openssl("pkey", "-in", key, "-aes256", "-passout", "pass:x", "-out", self.folder / "locked.key")
        user = {"client-certificate": str(certificate), "client-key": "locked.key"}
        self.expect(self.kubeconfig(1, user=user), "unsupported", "encrypted")

    def test_a_server_without_tls(self):
        def serve(raw):
            raw.recv(4096)
            raw.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            raw.close()

        stub = Stub(None)
        stub.serve = serve
        self.addCleanup(stub.__exit__)
        self.expect(self.kubeconfig(stub.port), "io", "with https?")


class Proxies(World):
    def tunnel(self):
        """A CONNECT proxy that serves the stub itself at the end of the tunnel: names need not resolve."""
        asked = []

        def serve(connection, port):
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(4096)
            asked.append(request.decode())
            other = socket.create_connection(("127.0.0.1", port))
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for a, b in ((connection, other), (other, connection)):
                threading.Thread(target=pump, args=(a, b), daemon=True).start()

        def pump(a, b):
            try:
                while data := a.recv(65536):
                    b.sendall(data)
                b.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        def accept(listener, port):
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection, port), daemon=True).start()

        stub = self.stub(lambda request, reply: reply.json(200, object_of("a", 1)),
                         self.authority.server("kubernetes.example"))
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        threading.Thread(target=accept, args=(listener, stub.port), daemon=True).start()
        return listener.getsockname()[1], asked, stub

    def test_proxy_url(self):
        proxy, asked, stub = self.tunnel()
        cluster = {"server": "https://kubernetes.example:6443", "proxy-url": f"http://me:{SECRET}@127.0.0.1:{proxy}"}
        rc, answer, errors = self.run_probe(self.kubeconfig(1, cluster), "get", PATH)
        self.assertEqual(rc, 0, (answer, errors))
        self.assertIn("CONNECT kubernetes.example:6443", asked[0])
        self.assertIn("Proxy-Authorization: Basic", asked[0])
        self.assertNotIn("Bearer", asked[0])

    def test_environment(self):
        proxy, asked, stub = self.tunnel()
        config = self.kubeconfig(1, {"server": "https://kubernetes.example:6443"})
        rc, answer, _ = self.run_probe(config, "get", PATH, HTTPS_PROXY=f"http://127.0.0.1:{proxy}")
        self.assertEqual((rc, len(asked)), (0, 1), answer)
        rc, answer, _ = self.run_probe(config, "get", PATH, HTTPS_PROXY=f"http://127.0.0.1:{proxy}", NO_PROXY="example")
        self.assertEqual((rc, len(asked)), (1, 1), answer)

    def test_this_machine_needs_no_proxy(self):
        stub = self.stub(lambda request, reply: reply.json(200, object_of("a", 1)))
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port), "get", PATH, HTTPS_PROXY="http://127.0.0.1:1")
        self.assertEqual(rc, 0, answer)

    def test_tls_server_name_through_a_proxy(self):
        proxy, asked, stub = self.tunnel()
        cluster = {"server": "https://10.9.8.7:6443", "tls-server-name": "kubernetes.example",
                   "proxy-url": f"http://127.0.0.1:{proxy}"}
        rc, answer, errors = self.run_probe(self.kubeconfig(1, cluster), "get", PATH)
        self.assertEqual(rc, 0, (answer, errors))
        self.assertIn("CONNECT 10.9.8.7:6443", asked[0])

    def test_proxy_wants_credentials(self):
        proxy = Stub(lambda request, reply: reply.text(407, "no"))
        self.addCleanup(proxy.__exit__)
        cluster = {"server": "https://kubernetes.example", "proxy-url": f"http://me:{SECRET}@127.0.0.1:{proxy.port}"}
        rc, answer, _ = self.run_probe(self.kubeconfig(1, cluster), "get", PATH)
        self.expect_error(answer, "io", "407")


PLUGIN = """#!/usr/bin/env python3
import json, os, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
here = os.path.dirname(os.path.abspath(__file__))
runs = open(os.path.join(here, "runs"), "a+")
runs.seek(0)
n = len(runs.readlines())
runs.write(json.dumps({"argv": sys.argv[1:], "info": info, "env": os.environ.get("OWN")}) + "\\n")
runs.close()
exec(open(os.path.join(here, "behaviour.py")).read())
"""
GIVE = """
status = {"token": "token-%d" % n}
print(json.dumps({"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": status}))
"""


class Plugins(World):
    def plugin(self, behaviour=GIVE, version="v1", **more):
        folder = self.folder / "plugin"
        folder.mkdir(exist_ok=True)
        (folder / "runs").unlink(missing_ok=True)
        (folder / "behaviour.py").write_text(behaviour)
        (folder / "log-in").write_text(PLUGIN.replace("\\\\n", "\\n"))
        (folder / "log-in").chmod(0o755)
        return {"exec": {"apiVersion": f"client.authentication.k8s.io/{version}", "command": "./plugin/log-in",
                         "args": ["get token", "$(id)"], "env": [{"name": "OWN", "value": "x y"}],
                         "interactiveMode": "IfAvailable", "installHint": "Install it from the store", **more}}

    def runs(self):
        return [json.loads(line) for line in (self.folder / "plugin/runs").read_text().splitlines()]

    def server(self, good="token-0"):
        def handler(request, reply):
            if request.headers.get("authorization") == [f"Bearer {good}"]:
                reply.json(200, object_of("a", 1))
            else:
                reply.status(401, "Unauthorized", "Unauthorized")

        return self.stub(handler)

    def test_both_versions(self):
        for version in ("v1", "v1beta1"):
            with self.subTest(version):
                stub = self.server()
                user = self.plugin(version=version, provideClusterInfo=version == "v1")
                rc, answer, errors = self.run_probe(self.kubeconfig(stub.port, user=user), "get", PATH)
                self.assertEqual(rc, 0, (answer, errors))
                run, = self.runs()
                self.assertEqual((run["argv"], run["env"]), (["get token", "$(id)"], "x y"))
                self.assertEqual(run["info"]["spec"]["interactive"], False)
                self.assertEqual("cluster" in run["info"]["spec"], version == "v1")

    def test_renewed_after_401(self):
        stub = self.server("token-1")
        rc, answer, errors = self.run_probe(self.kubeconfig(stub.port, user=self.plugin()), "get", PATH)
        self.assertEqual((rc, len(stub.requests), len(self.runs())), (0, 2, 2), (answer, errors))

    def test_refused_for_good(self):
        stub = self.server("none")
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port, user=self.plugin()), "get", PATH)
        self.assertEqual((len(stub.requests), len(self.runs())), (2, 2))
        self.expect_error(answer, "io", "401")

    def test_renewed_before_it_ends(self):
        ends = GIVE.replace("status = {", 'import datetime\nstatus = {"expirationTimestamp": (datetime.datetime.utcnow() + '
                            'datetime.timedelta(seconds=11)).strftime("%Y-%m-%dT%H:%M:%SZ"), ')
        seen = []

        def handler(request, reply):
            seen.append(request.headers["authorization"][0])
            if request.query.get("watch"):
                time.sleep(1.2)
                reply.start()
                reply.end()
            else:
                reply.json(200, list_of(1))

        stub = self.stub(handler)
        process = self.start(self.kubeconfig(stub.port, user=self.plugin(ends)), "watch", "/api/v1/things", "99")
        time.sleep(5)
        process.kill()
        process.communicate()
        self.assertIn("Bearer token-1", seen)
        self.assertGreaterEqual(len(self.runs()), 2)

    def test_failures(self):
        token = "A1" * 30
        for name, behaviour, code, texts in (
            ("exit", 'print("please log in again", file=sys.stderr); sys.exit(3)', "died", ["please log in again", "status 3"]),
            ("secret", f'print("token {token} expired", file=sys.stderr); sys.exit(1)', "died", ["[hidden] expired"]),
            ("nothing", "", "syntax", ["not JSON"]),
            ("kind", "print('{}')", "invalid-value", ["ExecCredential"]),
            ("version", GIVE.replace('info["apiVersion"]', '"client.authentication.k8s.io/v1alpha1"'), "unsupported", ["another apiVersion"]),
            ("empty", GIVE.replace('"token": "token-%d" % n', ""), "invalid-value", ["neither token"]),
            ("newline", GIVE.replace('token-%d" % n', 'a\\nX-Evil: 1"'), "invalid-value", ["control character"]),
            ("flood", "print('x' * 3000000)", "no-memory", ["1 MiB"]),
        ):
            with self.subTest(name):
                stub = self.server()
                rc, answer, _ = self.run_probe(self.kubeconfig(stub.port, user=self.plugin(behaviour)), "get", PATH, secret=token)
                self.expect_error(answer, code, "log-in", *texts)
                self.assertEqual(stub.requests, [])

    def test_hangs(self):
        began = time.monotonic()
        behaviour = "import subprocess, time\nsubprocess.Popen(['sleep', '987'])\ntime.sleep(60)"
        rc, answer, _ = self.run_probe(self.kubeconfig(1, user=self.plugin(behaviour)), "get", PATH, PROBE_EXEC_TIMEOUT_MS=700)
        self.expect_error(answer, "timeout", "took too long")
        self.assertLess(time.monotonic() - began, 5)
        left = subprocess.run(["pgrep", "-f", "^sleep 987"], capture_output=True, text=True)
        self.assertEqual(left.stdout, "")

    def test_leaves_a_process(self):
        stub = self.server()
        behaviour = "import subprocess\nsubprocess.Popen(['sleep', '986'])\n" + GIVE
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port, user=self.plugin(behaviour)), "get", PATH)
        self.assertEqual(rc, 0, answer)
        left = subprocess.run(["pgrep", "-f", "^sleep 986"], capture_output=True, text=True)
        self.assertEqual(left.stdout, "")

    def test_not_installed(self):
        rc, answer, _ = self.run_probe(self.kubeconfig(1, user=self.plugin(command="no-such-plugin")), "get", PATH)
        self.expect_error(answer, "not-found", "no-such-plugin", "Install it from the store")

    def test_certificate(self):
        certificate, key = self.authority.issue("plugged")
        behaviour = GIVE.replace('"token": "token-%d" % n', f'"clientCertificateData": open("{certificate}").read(), '
                                 f'"clientKeyData": open("{key}").read()')
        stub = self.stub(lambda request, reply: reply.json(200, object_of("a", 1)), client_authority=self.authority.path)
        rc, answer, errors = self.run_probe(self.kubeconfig(stub.port, user=self.plugin(behaviour)), "get", PATH)
        self.assertEqual(rc, 0, (answer, errors))


class InPod(World):
    def test_service_account(self):
        stub = self.stub(lambda request, reply: reply.json(200, object_of("a", 1)))
        account = self.folder / "account"
        account.mkdir(exist_ok=True)
        (account / "token").write_text("pod-token\n")
        (account / "namespace").write_text("team\n")
        (account / "ca.crt").write_bytes(self.authority.path.read_bytes())
        more = {"PROBE_ACCOUNT": account, "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": stub.port}
        rc, answer, errors = self.run_probe("", "get", PATH, **more)
        self.assertEqual(rc, 0, (answer, errors))
        self.assertEqual(stub.requests[0].headers["authorization"], ["Bearer pod-token"])
        rc, answer, _ = self.run_probe("", "config", **more)
        self.assertEqual(answer["namespace"], "team")

    def test_token_rotates(self):
        def handler(request, reply):
            if request.headers["authorization"] == ["Bearer new"]:
                reply.json(200, object_of("a", 1))
            else:
                (self.folder / "rotating").write_text("new")
                reply.status(401, "Unauthorized")

        stub = self.stub(handler)
        (self.folder / "rotating").write_text("old")
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port, user={"tokenFile": "rotating"}), "get", PATH)
        self.assertEqual((rc, len(stub.requests)), (0, 2), answer)


class Watches(World):
    def watch(self, handler, count, **more):
        """(events, requests)"""
        stub = self.stub(handler)
        process = self.start(self.kubeconfig(stub.port), "watch", "/api/v1/things", count, **more)
        try:
            out, errors = process.communicate(timeout=40)
        finally:
            process.kill()
        self.assertNotIn("Sanitizer", errors, errors)
        self.assertEqual(process.returncode, 0, errors + out)
        return [json.loads(line) for line in out.splitlines()], stub.requests

    def names(self, events):
        return [(e["event"], e.get("name", e.get("version"))) for e in events]

    def script(self, lists, streams):
        """A handler of lists and streams, each a function of (request, reply), the last one for ever."""
        def handler(request, reply):
            left = streams if request.query.get("watch") else lists
            (left.pop(0) if len(left) > 1 else left[0])(request, reply)
        return handler

    def test_list_and_events(self):
        def stream(request, reply):
            reply.start()
            reply.event("ADDED", object_of("b", 6))
            reply.event("MODIFIED", object_of("a", 7))
            reply.event("BOOKMARK", {"metadata": {"resourceVersion": "8"}})
            reply.event("DELETED", object_of("b", 9))
            time.sleep(9)

        events, requests = self.watch(self.script([lambda q, r: r.json(200, list_of(5, object_of("a", 1)))], [stream]), 6)
        self.assertEqual(self.names(events), [("added", "a"), ("synced", "5"), ("added", "b"), ("modified", "a"),
                                              ("bookmark", "8"), ("deleted", "b")])
        self.assertEqual(requests[1].query["resourceVersion"], "5")
        self.assertEqual(requests[1].query["allowWatchBookmarks"], "true")
        self.assertEqual(events[0]["kind"], "Thing")

    def test_requests_go_on_beside_it(self):
        def handler(request, reply):
            if request.path.endswith("/a"):
                reply.json(200, object_of("a", 1))
            elif request.query.get("watch"):
                reply.start()
                time.sleep(9)
            else:
                reply.json(200, list_of(5))

        events, requests = self.watch(handler, 2, PROBE_GET=PATH)
        self.assertEqual(self.names(events), [("synced", "5"), ("got", "a")])

    def test_resumes(self):
        """Orderly ends, resets, half lines and closed connections: nothing is lost, nothing told twice."""
        line = json.dumps({"type": "ADDED", "object": object_of("c", 8)}) + "\n"
        first = [
            lambda q, r: (r.start(), r.event("ADDED", object_of("a", 6)), r.end()),
            lambda q, r: (r.start(), r.event("ADDED", object_of("b", 7)), r.reset()),
            lambda q, r: (r.start(), r.chunk(line[:30]), r.reset()),
            lambda q, r: (r.start(), r.chunk(line[:30]), r.end()),
            lambda q, r: (r.start(), r.chunk(line[:9]), time.sleep(0.1), r.chunk(line[9:]), r.chunk("\n"), r.reset()),
            lambda q, r: r.reset(),
            lambda q, r: (r.start(), r.event("ADDED", object_of("d", 9)), time.sleep(9)),
        ]
        events, requests = self.watch(self.script([lambda q, r: r.json(200, list_of(5))], first), 6)
        told = [e for e in self.names(events) if e[0] != "trouble"]
        self.assertEqual(told, [("synced", "5"), ("added", "a"), ("added", "b"), ("added", "c"), ("added", "d")])
        self.assertEqual([r.query["resourceVersion"] for r in requests[1:]], ["5", "6", "7", "7", "7", "8", "8"])

    def test_gone(self):
        """410 as an event and as an answer: a new list makes up for what happened."""
        lists = [
            lambda q, r: r.json(200, list_of(5, object_of("a", 1), object_of("b", 2), object_of("c", 3))),
            lambda q, r: r.json(200, list_of(9, object_of("a", 1), object_of("b", 8), {**object_of("c", 9), "metadata": {
                **object_of("c", 9)["metadata"], "uid": "another"}}, object_of("d", 7))),
            lambda q, r: r.json(200, list_of(12, object_of("d", 7))),
        ]
        streams = [
            lambda q, r: (r.start(), r.event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}), r.end()),
            lambda q, r: r.status(410, "Expired", "too old resource version"),
            lambda q, r: (r.start(), time.sleep(9)),
        ]
        events, _ = self.watch(self.script(lists, streams), 13)
        self.assertEqual(self.names(events)[:4], [("added", "a"), ("added", "b"), ("added", "c"), ("synced", "5")])
        self.assertEqual(self.names(events)[4:9], [("modified", "b"), ("deleted", "c"), ("added", "c"), ("added", "d"), ("synced", "9")])
        self.assertEqual(sorted(self.names(events)[9:12]), [("deleted", "a"), ("deleted", "b"), ("deleted", "c")])
        self.assertEqual([e["uid"] for e in events if e["event"] == "deleted"][:1], ["uid-c"])

    def test_storm_of_410(self):
        events, requests = [], []
        stub = self.stub(self.script([lambda q, r: r.json(200, list_of(5))], [lambda q, r: r.status(410, "Expired")]))
        process = self.start(self.kubeconfig(stub.port), "watch", "/api/v1/things", "0", PROBE_QUIET=1)
        time.sleep(5)
        process.kill()
        process.communicate()
        self.assertLess(len(stub.requests), 16)
        self.assertGreater(len(stub.requests), 4)

    def test_pages_gone(self):
        left = [1, 1, 1, 1]

        def lists(request, reply):
            if "limit" not in request.query:
                reply.json(200, list_of(5, *[object_of(n, 1) for n in "abc"]))
            elif request.query.get("continue"):
                left.pop()
                reply.status(410, "Expired")
            else:
                reply.json(200, list_of(5, object_of("a", 1), more="next"))

        events, requests = self.watch(self.script([lists], [lambda q, r: time.sleep(9)]), 4)
        self.assertEqual(self.names(events), [("added", "a"), ("added", "b"), ("added", "c"), ("synced", "5")])

    def test_server_away(self):
        """Trouble is told and passes, with the pause that the server asks for."""
        at = []

        def streams(request, reply):
            at.append(time.monotonic())
            if len(at) == 1:
                reply.status(503, "ServiceUnavailable", headers={"Retry-After": "2"})
            else:
                reply.start()
                reply.event("ADDED", object_of("a", 6))
                time.sleep(9)

        events, _ = self.watch(self.script([lambda q, r: r.json(200, list_of(5))], [streams]), 3)
        self.assertEqual([e["event"] for e in events], ["synced", "trouble", "added"])
        self.assertGreaterEqual(at[1] - at[0], 2)

    def test_refused_at_first(self):
        for code, reason, want in ((403, "Forbidden", "io"), (404, "NotFound", "not-found")):
            stub = self.stub(lambda request, reply: reply.status(code, reason, "no"))
            rc, answer, _ = self.run_probe(self.kubeconfig(stub.port), "watch", "/api/v1/things", "9")
            self.expect_error(answer, want, str(code))
            self.assertEqual(len(stub.requests), 1)

    def test_objects_beyond_any_size(self):
        whole = json.dumps(list_of(5, object_of("a", 1, annotations={"blob": "x" * 9_000_000})))
        stub = self.stub(lambda request, reply: reply.text(200, whole))
        rc, answer, _ = self.run_probe(self.kubeconfig(stub.port), "watch", "/api/v1/things", "9")
        self.expect_error(answer, "no-memory", "larger than")
        self.assertEqual([r.query["limit"] for r in stub.requests], ["200", "50", "12", "3", "1"])

    def test_silence(self):
        streams = [lambda q, r: (r.start(), time.sleep(9)),
                   lambda q, r: (r.start(), r.event("ADDED", object_of("a", 6)), time.sleep(9))]
        events, requests = self.watch(self.script([lambda q, r: r.json(200, list_of(5))], streams), 2, PROBE_IDLE_MS=800)
        self.assertEqual([e["event"] for e in events], ["synced", "added"])

    def test_garbage(self):
        for name, line in {"no JSON": "!!\n", "no event": '{"type":"X","object":{}}\n', "no version": '{"type":"ADDED","object":{"metadata":{}}}\n',
                           "an array": "[]\n", "too large": "x" * 5_000_000 + "\n"}.items():
            with self.subTest(name):
                streams = [lambda q, r: (r.start(), r.chunk(line), time.sleep(9)),
                           lambda q, r: (r.start(), r.event("ADDED", object_of("z", 6)), time.sleep(9))]
                count = 4 if name == "no version" else 3
                events, _ = self.watch(self.script([lambda q, r: r.json(200, list_of(5))], streams), count)
                self.assertEqual(self.names(events)[-1], ("added", "z"))
                self.assertIn("trouble", [e["event"] for e in events])

    def test_many(self):
        """10 000 objects and thousands of events in bounded memory."""
        blob = "x" * 3000

        def lists(request, reply):
            at = int(request.query.get("continue", "0"))
            items = [object_of(f"t{i}", 1, annotations={"b": blob}) for i in range(at, at + 200)]
            reply.json(200, list_of(5, *items, more=str(at + 200) if at < 9800 else ""))

        def stream(request, reply):
            reply.start()
            for i in range(5000):
                reply.event("MODIFIED", object_of(f"t{i}", 10 + i, annotations={"b": blob}))
            time.sleep(9)

        stub = self.stub(self.script([lists], [stream]))
        process = self.start(self.kubeconfig(stub.port), "watch", "/api/v1/things", 15001, PROBE_QUIET=1)
        process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.assertEqual(status, 0)
        print(f"10 000 objects, 5000 events: {usage.ru_maxrss / 1024:.0f} MB, {usage.ru_utime + usage.ru_stime:.2f} s of processor", file=sys.stderr)
        if b"__asan_init" not in PROBE.read_bytes():
            self.assertLess(usage.ru_maxrss, 64 * 1024)


def stamp(seconds, ns=0):
    return f"2026-11-24T03:10:{seconds:02d}.{ns:09d}Z"


class Logs(World):
    POD = {"metadata": {"name": "p"}, "status": {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}}
    ENDED = {"metadata": {"name": "p"}, "status": {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"terminated": {}}}]}}

    def follow(self, streams, pods):
        def handler(request, reply):
            left = streams if request.path.endswith("/log") else pods
            behaviour = left.pop(0) if len(left) > 1 else left[0]
            behaviour(request, reply) if callable(behaviour) else reply.json(200, behaviour)

        stub = self.stub(handler)
        rc, answer, errors = self.run_probe_all(self.kubeconfig(stub.port), "log", "team", "p", "main")
        return rc, answer, stub.requests

    def run_probe_all(self, config, *words):
        process = self.start(config, *words)
        try:
            out, errors = process.communicate(timeout=30)
        finally:
            process.kill()
        self.assertNotIn("Sanitizer", errors, errors)
        return process.returncode, [json.loads(line) for line in out.splitlines()], errors

    def text(self, *lines):
        return "".join(lines)

    def test_to_the_end(self):
        log = f"{stamp(1)} one\n{stamp(2)} \n{stamp(3)} three"
        rc, lines, requests = self.follow([lambda q, r: (r.start("text/plain"), r.chunk(log[:40]), r.chunk(log[40:]), r.end())], [self.ENDED])
        self.assertEqual([l["text"] for l in lines[:-1]], ["one", "", "three"])
        self.assertEqual((rc, lines[-1]["event"]), (0, "end"))
        self.assertEqual(requests[0].query, {"container": "main", "timestamps": "true", "follow": "true"})
        self.assertEqual(requests[2].query["sinceTime"], "2026-11-24T03:10:01Z")

    def test_cuts(self):
        """Two lines of one moment, a cut between them and one within a long line."""
        long = "".join(chr(97 + i % 26) for i in range(150_000))
        lines = [f"{stamp(1, 5)} a\n", f"{stamp(1, 7)} b\n", f"{stamp(1, 7)} c\n", f"{stamp(1, 7)} {long}\n", f"{stamp(2)} end\n"]
        whole = "".join(lines)

        def cut(at):
            return lambda q, r: (r.start("text/plain"), r.chunk(whole[:at]), time.sleep(0.2), r.reset())

        streams = [cut(len(lines[0]) + 12), cut(len(lines[0] + lines[1])), cut(len("".join(lines[:3])) + 70_000),
                   cut(len("".join(lines[:3])) + 140_000), lambda q, r: (r.start("text/plain"), r.chunk(whole), r.end())]
        rc, told, requests = self.follow(streams, [self.ENDED])
        text = "".join(l["text"] + ("\n" if l["whole"] else "") for l in told if "text" in l and "event" not in l)
        self.assertEqual(text, f"a\nb\nc\n{long}\nend\n")
        self.assertEqual(rc, 0)
        self.assertEqual(requests[1].query["sinceTime"], "2026-11-24T03:10:00Z")

    def test_waits_for_the_container(self):
        waiting = lambda q, r: r.status(400, "BadRequest", 'container "main" in pod "p" is waiting to start: ContainerCreating')
        rc, lines, _ = self.follow([waiting, waiting, lambda q, r: (r.start(), r.chunk(f"{stamp(1)} x\n"), r.end())], [self.POD, self.POD, self.ENDED])
        self.assertEqual([l.get("text") for l in lines], ["x", None])

    def test_wrong_container(self):
        rc, lines, _ = self.follow([lambda q, r: r.status(400, "BadRequest", "container main is not valid for pod p")], [self.POD])
        self.expect_error(lines[-1], "invalid-value", "not valid for pod")

    def test_pod_is_gone(self):
        rc, lines, _ = self.follow([lambda q, r: (r.start(), r.chunk(f"{stamp(1)} x\n"), r.end())], [lambda q, r: r.status(404, "NotFound", 'pods "p" not found')])
        self.assertEqual(lines[0]["text"], "x")
        self.expect_error(lines[-1], "not-found", "p")


def side_by_side():
    """Each class in a process of its own; the exit status."""
    names = [c.__name__ for c in World.__subclasses__()]
    runs = [subprocess.Popen([sys.executable, __file__, name], stderr=subprocess.PIPE, text=True) for name in names]
    failed = 0
    for name, run in zip(names, runs):
        text = run.communicate()[1]
        failed |= run.returncode
        print(text if run.returncode else f"{name}: " + " ".join(text.split("Ran ")[-1].split("\n")[0:1]), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(side_by_side())
    result = unittest.main(exit=False, warnings="ignore").result
    for seconds, name in sorted(TIMES, reverse=True)[:3]:
        print(f"{seconds:5.1f} s {name}", file=sys.stderr)
    sys.exit(0 if result.wasSuccessful() else 1)
