"""The client of Kubernetes against a real API server: what kube_probe does, and what it makes of cuts, restarts and rotated tokens."""
import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import unittest

try:
    from world import ClusterTest
    from processes import until
except ImportError as problem:  # no plane can be had here
    raise unittest.SkipTest(str(problem))

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBE = pathlib.Path(os.environ.get("KUBE_PROBE", ROOT / "build/dev/tests/kube_probe"))


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


class DeadWay:
    """A way to a port whose connections all die at once, without a word; new ones live."""

    def __init__(self, port):
        self.target = port
        self.dead = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(a, b, self.dead), daemon=True).start()

    @staticmethod
    def pump(a, b, dead):
        try:
            while data := a.recv(65536):
                if not dead.is_set():
                    b.sendall(data)
            if not dead.is_set():
                b.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def die(self):
        self.dead.set()
        self.dead = threading.Event()


class Followed:
    """A probe that runs on, and the lines that it has printed."""

    def __init__(self, test, config, *words, wrap=None):
        argv = [str(PROBE), *map(str, words)]
        self.lines = []
        self.ends = words[0] == "watch"  # with its input
        self.process = subprocess.Popen(wrap(*argv) if wrap else argv, env=test.environment(config, wrap), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        test.addCleanup(self.stop)

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def stop(self):
        if self.process.stdin.closed:
            return
        self.process.stdin.close()
        try:
            if self.ends:
                self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
        self.reader.join(5)
        self.errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()

    def state(self):
        """What the events say is there: {name: uid and version}."""
        there = {}
        for line in list(self.lines):
            if line.get("event") in ("added", "modified"):
                there[line["name"]] = line["uid"], line["version"]
            elif line.get("event") == "deleted":
                there.pop(line["name"])
        return there

    def count(self, event):
        return sum(line.get("event") == event for line in list(self.lines))


@unittest.skipUnless(os.access(PROBE, os.X_OK), f"{PROBE} is not built: scripts/build dev kube_probe")
class ClientTest(ClusterTest):
    def environment(self, config, wrap=None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("KUBE")}
        return {**environment, **(wrap.__self__.env if wrap else {"KUBECONFIG": str(config)})}

    def probe(self, *words, config=None):
        """The answer, or {"error": ...}."""
        run = subprocess.run([str(PROBE), *map(str, words)], env=self.environment(config or self.plane.kubeconfig),
                             capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        self.assertNotIn("Sanitizer", run.stderr)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        return json.loads(run.stdout.splitlines()[-1]) if run.stdout else None

    def file(self, value):
        path = self.plane.folder / "object.json"
        path.write_text(json.dumps(value))
        return path

    def maps(self, name=None):
        return f"/api/v1/namespaces/{self.namespace}/configmaps" + (f"/{name}" if name else "")

    def refused(self, answer, code, *texts):
        self.assertEqual(answer["error"]["code"], code, answer)
        for text in texts:
            self.assertIn(text, answer["error"]["text"])


class Verbs(ClientTest):
    def test_life_of_an_object(self):
        made = self.probe("create", self.maps(), self.file(config_map("a", x="1")))
        self.assertEqual(made["data"], {"x": "1"})
        self.refused(self.probe("create", self.maps(), self.file(config_map("a", x="2"))), "exists", "AlreadyExists")
        self.assertEqual(self.probe("get", self.maps("a"))["metadata"]["uid"], made["metadata"]["uid"])
        self.assertEqual(self.probe("merge", self.maps("a"), self.file({"data": {"y": "2"}}))["data"], {"x": "1", "y": "2"})
        self.assertEqual(self.probe("json", self.maps("a"), self.file([{"op": "remove", "path": "/data/x"}]))["data"], {"y": "2"})
        self.assertEqual(self.probe("apply", self.maps("a"), self.file(config_map("a", z="3")), "nbkatib")["data"], {"y": "2", "z": "3"})
        self.refused(self.probe("replace", self.maps("a"), self.file(made)), "bad-state", "Conflict")
        self.refused(self.probe("delete", self.maps("a"), "another-uid"), "bad-state", "Conflict")
        self.assertIsNone(self.probe("delete", self.maps("a"), made["metadata"]["uid"]))
        self.refused(self.probe("get", self.maps("a")), "not-found", 'configmaps "a" not found')

    def test_create_with_a_label(self):
        mine = config_map("a", x="1")
        mine["metadata"]["labels"] = {"nbkatib": "u7"}
        first = self.probe("create", self.maps(), self.file(mine), "nbkatib")
        self.assertEqual(self.probe("create", self.maps(), self.file(mine), "nbkatib")["metadata"]["uid"], first["metadata"]["uid"])
        mine["metadata"]["labels"] = {"nbkatib": "u8"}
        self.refused(self.probe("create", self.maps(), self.file(mine), "nbkatib"), "exists")

    def test_refusals(self):
        answer = self.probe("create", self.maps(), self.file(config_map("No Name")))
        self.refused(answer, "invalid-value", "422 Invalid")
        self.assertEqual(answer["error"]["path"], "metadata.name")
        config = self.plane.user_kubeconfig(self.namespace)
        self.refused(self.probe("list", "/api/v1/nodes", config=config), "io", "403 Forbidden", 'User "scientist" cannot list')
        self.refused(self.probe("get", "/apis/none.example/v1/things"), "not-found")
        self.refused(self.probe("get", self.maps(), config=self.plane.token_kubeconfig(self.namespace, life=-60)), "io", "401", "Log in again")

    def test_sizes(self):
        """The parts of a program just fit; what does not is refused with a reason."""
        self.assertEqual(len(self.probe("create", self.maps(), self.file(config_map("large", x="y" * 1_040_000)))["data"]["x"]), 1_040_000)
        self.refused(self.probe("create", self.maps(), self.file(config_map("larger", x="y" * 1_060_000))), "invalid-value", "Too long")
        self.refused(self.probe("create", self.maps(), self.file(config_map("largest", x="y" * 9_000_000))), "invalid-value", "too large")

    def test_pages(self):
        core = self.plane.core
        for i in range(450):
            core.create_namespaced_config_map(self.namespace, config_map(f"m{i:03}"))
        answer = self.probe("list", self.maps())
        self.assertEqual([i["metadata"]["name"] for i in answer["items"] if i["metadata"]["name"].startswith("m")], [f"m{i:03}" for i in range(450)])


class Watches(ClientTest):
    def real(self):
        return {m.metadata.name: (m.metadata.uid, m.metadata.resource_version) for m in self.plane.core.list_namespaced_config_map(self.namespace).items}

    def same(self, watch, timeout=60):
        until("the watch has caught up", lambda: watch.state() == self.real(), timeout)

    def churn(self, start, count):
        core = self.plane.core
        for i in range(start, start + count):
            core.create_namespaced_config_map(self.namespace, config_map(f"c{i}"))
            if i % 2:
                core.patch_namespaced_config_map(f"c{i}", self.namespace, {"data": {"x": str(i)}})
            if i % 3 == 0:
                core.delete_namespaced_config_map(f"c{i}", self.namespace)

    def test_nothing_is_lost(self):
        watch = Followed(self, self.plane.kubeconfig, "watch", self.maps(), 0)
        until("the watch is synced", lambda: watch.count("synced"))
        self.churn(0, 30)
        self.same(watch)
        self.plane.link.drop()
        self.churn(30, 10)
        self.same(watch)
        with self.plane.link.cut():
            time.sleep(3)
        self.churn(40, 10)
        self.same(watch)
        self.assertEqual(watch.count("synced"), 1, "cuts are resumed, not listed anew")
        # A server that has just begun may know no history: then 410 leads to a new list.
        self.plane.restart("apiserver")
        self.churn(50, 10)
        self.same(watch)
        names = [line["name"] for line in watch.lines if line.get("event") == "added"]
        self.assertEqual(len(names), len(set(names)), "an object was added twice")

    def test_a_collection_that_is_refused(self):
        answer = self.probe("watch", "/apis/none.example/v1/things", 9)
        self.refused(answer, "not-found")

    def test_a_way_that_dies_in_silence(self):
        """HTTP/2 would go on with the dead connection: the watch must take another one."""
        way = DeadWay(self.plane.port)
        self.addCleanup(way.listener.close)
        config = self.plane.folder / "dead.kubeconfig"
        config.write_text(self.plane.kubeconfig.read_text().replace(f":{self.plane.link.port}", f":{way.port}"))
        os.environ["PROBE_IDLE_MS"] = "3000"
        self.addCleanup(os.environ.pop, "PROBE_IDLE_MS")
        watch = Followed(self, config, "watch", self.maps(), 0)
        until("the watch is synced", lambda: watch.count("synced"))
        way.die()
        self.churn(0, 3)
        self.same(watch, 20)

    def test_requests_go_on_beside_it(self):
        self.plane.core.create_namespaced_config_map(self.namespace, config_map("a"))
        os.environ["PROBE_GET"] = self.maps("a")
        self.addCleanup(os.environ.pop, "PROBE_GET")
        watch = Followed(self, self.plane.kubeconfig, "watch", self.maps(), 0)
        until("the object is read", lambda: watch.count("got"))

    def test_rotated_tokens(self):
        """A token that is over in the middle of a watch: the next stream takes the new one from the file."""
        self.plane.rbac.create_namespaced_role_binding(
            self.namespace, {"metadata": {"name": "view"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
                             "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": self.namespace}]})
        pod = self.plane.in_cluster(self.namespace, life=8)
        watch = Followed(self, None, "watch", self.maps(), 0, wrap=pod.wrap)
        until("the watch is synced", lambda: watch.count("synced"))
        time.sleep(9)
        pod.rotate(60)
        self.plane.link.drop()
        self.churn(0, 5)
        self.same(watch, 30)


class Logs(ClientTest):
    def test_cuts(self):
        script = "i=0; while [ $i -lt 60 ]; do echo line $i; i=$((i+1)); sleep 0.1; done"
        self.pod("talks", "sh", "-c", script)
        log = Followed(self, self.plane.kubeconfig, "log", self.namespace, "talks", "main")
        for wanted in (10, 25, 40):
            until(f"{wanted} lines", lambda n=wanted: len([l for l in log.lines if "text" in l and "event" not in l]) >= n)
            self.plane.link.drop()
        until("the log ends", lambda: log.count("end") or log.process.poll() is not None, 90)
        self.assertEqual([l["text"] for l in log.lines if "text" in l and "event" not in l], [f"line {i}" for i in range(60)])

    def test_before_the_container_begins(self):
        log = Followed(self, self.plane.kubeconfig, "log", self.namespace, "late", "main")
        until("it is refused", lambda: log.process.poll() is not None)
        self.refused(log.lines[-1], "not-found", "late")
        self.pod("waits", "echo", "there", nodeSelector={"none": "such"})
        log = Followed(self, self.plane.kubeconfig, "log", self.namespace, "waits", "main")
        time.sleep(2)
        self.assertIsNone(log.process.poll())


if __name__ == "__main__":
    unittest.main()
