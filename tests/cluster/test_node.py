"""The node: what a Pod finds, what is said of it, and how it ends."""
import os
import re
import shutil
import subprocess
import threading
import time
import unittest

from processes import until
from world import ClusterTest, mount, volume


class Pods(ClusterTest):
    def status(self, name):
        return self.plane.core.read_namespaced_pod(name, self.namespace).status

    def told(self, reason, word=""):
        return until(f"event {reason}", lambda: [m for _, r, m in self.plane.events(self.namespace) if r == reason and word in m])

    def test_environment_and_volumes(self):
        core = self.plane.core
        core.create_namespaced_config_map(self.namespace, {"metadata": {"name": "words"}, "data": {"one": "eins"}, "binaryData": {"two": "AAE="}})
        core.create_namespaced_secret(self.namespace, {"metadata": {"name": "hidden"}, "stringData": {"key": "geheim"}})
        script = 'echo "$NAME $WORD $KEY $JOINED"; cat /words/one /hidden/key /all/one /all/labels; stat -Lc %s /words/two; touch /words/new 2>&1 || echo read-only; hostname; echo $$$$'
        self.pod("env", "sh", "-c", script, containers={"env": [
            {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "WORD", "valueFrom": {"configMapKeyRef": {"name": "words", "key": "one"}}},
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "hidden", "key": "key"}}},
            {"name": "JOINED", "value": "$(NAME)-$(UNKNOWN)-$$(NAME)"},
        ]}, volumes=[
            volume("words", configMap={"name": "words"}), volume("hidden", secret={"secretName": "hidden"}),
            volume("all", projected={"sources": [{"configMap": {"name": "words", "items": [{"key": "one", "path": "one"}]}},
                                                 {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.namespace"}}]}}]}),
        ], mounts=[mount("words", "/words"), mount("hidden", "/hidden"), mount("all", "/all")])
        phase, log = self.ended("env")
        self.assertEqual(phase, "Succeeded", log)
        self.assertIn("env eins geheim env-$(UNKNOWN)-$(NAME)\n", log)
        self.assertIn(f"einsgeheimeins{self.namespace}2\n", log)
        self.assertIn("read-only\nenv\n1\n", log)

    def test_nothing_is_left_on_the_machine(self):
        self.pod("litter", "sh", "-c", "mkdir -p /nbk-litter && echo here > /nbk-litter/file && cat /nbk-litter/file")
        self.assertEqual(self.ended("litter"), ("Succeeded", "here\n"))
        with self.assertRaises(FileNotFoundError):
            open("/nbk-litter/file", encoding="utf-8").close()

    def test_init_containers_share_volumes(self):
        shared = [mount("work", "/shared-work")]
        first = {"name": "first", "image": "host", "command": ["sh", "-c", "echo made > /shared-work/file"], "volumeMounts": shared}
        self.pod("init", "cat", "/shared-work/file", volumes=[volume("work", emptyDir={})], mounts=shared, initContainers=[first])
        self.assertEqual(self.ended("init"), ("Succeeded", "made\n"))

    def test_exit_status_and_last_words(self):
        self.pod("fails", "sh", "-c", "echo why > /dev/termination-log; exit 7")
        self.assertEqual(self.ended("fails")[0], "Failed")
        ended = self.status("fails").container_statuses[0].state.terminated
        self.assertEqual((ended.exit_code, ended.reason, ended.message), (7, "Error", "why\n"))

    def test_command_that_is_not_there(self):
        self.pod("nothing", "no-such-program")
        until("the pod ends", lambda: self.phase("nothing") == "Failed")
        ended = self.status("nothing").container_statuses[0].state.terminated
        self.assertEqual((ended.exit_code, ended.reason), (128, "StartError"))
        self.assertIn("no-such-program", ended.message)

    def test_unknown_image(self):
        self.pod("image", "true", image="nowhere/nothing:1")
        until("the image is missed", lambda: self.status("image").container_statuses[0].state.waiting.reason in ("ErrImagePull", "ImagePullBackOff"))
        self.told("Failed", "nowhere/nothing:1")
        self.plane.image("nowhere/nothing:1")
        self.assertEqual(self.ended("image")[0], "Succeeded")

    def test_image_with_a_root_of_its_own(self):
        root = self.plane.folder / "small-image"
        for path in ["/bin/sh", *re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", "/bin/sh"], capture_output=True, text=True, check=True).stdout)]:
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        self.plane.image("small:1", root, env={"FROM": "image"}, entrypoint=["sh", "-c"], cmd=["echo $FROM $PWD; read -r n < /words/one; echo $n; [ -e /usr/bin ] || echo alone"],
                         workingDir="/home/somebody", user=1234)
        self.plane.core.create_namespaced_config_map(self.namespace, {"metadata": {"name": "words"}, "data": {"one": "eins\n"}})
        self.pod("small", image="small:1", volumes=[volume("words", configMap={"name": "words"})], mounts=[mount("words", "/words")])
        self.assertEqual(self.ended("small"), ("Succeeded", "image /home/somebody\neins\nalone\n"))

    def test_unschedulable(self):
        self.pod("large", "true", containers={"resources": {"requests": {"cpu": "1000"}}})
        self.assertEqual(self.told("FailedScheduling"), ["0/1 nodes are available: 1 Insufficient cpu."])
        condition = until("the condition", lambda: self.status("large").conditions)[0]
        self.assertEqual((self.phase("large"), condition.type, condition.reason), ("Pending", "PodScheduled", "Unschedulable"))

    def test_missing_volume_is_waited_for(self):
        self.pod("late", "cat", "/later/key", volumes=[volume("later", configMap={"name": "later"})], mounts=[mount("later", "/later")])
        self.told("FailedMount", 'configmaps "later" not found')
        self.plane.core.create_namespaced_config_map(self.namespace, {"metadata": {"name": "later"}, "data": {"key": "now\n"}})
        self.assertEqual(self.ended("late"), ("Succeeded", "now\n"))

    def test_deletion_in_good_order(self):
        self.pod("polite", "sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.1; done", terminationGracePeriodSeconds=20)
        until("it is up", lambda: "up" in self.plane.pod_log("polite", self.namespace))
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(self.follow("polite")))
        reader.start()
        time.sleep(0.5)
        began = time.monotonic()
        self.plane.core.delete_namespaced_pod("polite", self.namespace)
        until("it is gone", lambda: not self.plane.core.list_namespaced_pod(self.namespace).items)
        reader.join(20)
        self.assertEqual(lines, ["up", "bye"])
        self.assertLess(time.monotonic() - began, 15)

    def test_deletion_of_one_that_will_not(self):
        self.pod("stubborn", "sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")
        until("it runs", lambda: self.phase("stubborn") == "Running")
        self.plane.core.delete_namespaced_pod("stubborn", self.namespace)
        until("it is gone", lambda: not self.plane.core.list_namespaced_pod(self.namespace).items, 20)

    def test_active_deadline(self):
        self.pod("slow", "sleep", "60", activeDeadlineSeconds=1)
        until("it ends", lambda: self.phase("slow") == "Failed", 20)
        self.assertEqual(self.status("slow").reason, "DeadlineExceeded")

    def test_container_takes_its_processes_with_it(self):
        """Also where the Pod's containers share a PID namespace, in which no process of a container is the first."""
        script = "(trap '' TERM HUP; while :; do date +%s.%N > /beat/file; sleep 0.1; done) & sleep 1"
        other = {"name": "other", "image": "host", "command": ["sh", "-c", "sleep 3; cat /beat/file; date +%s.%N"], "volumeMounts": [mount("beat", "/beat")]}
        self.plane.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "leaves"}, "spec": {
            "restartPolicy": "Never", "shareProcessNamespace": True, "volumes": [volume("beat", emptyDir={})], "containers": [
                {"name": "main", "image": "host", "command": ["sh", "-c", script], "volumeMounts": [mount("beat", "/beat")]}, other]}}, self.namespace)
        self.assertEqual(self.ended("leaves")[0], "Succeeded")
        last, then = map(float, self.plane.pod_log("leaves", self.namespace, container="other").split())
        self.assertGreater(then - last, 1)

    def test_memory_limit(self):
        self.pod("greedy", "python3", "-c", "import time; kept = b'x' * (300 << 20); time.sleep(60)", containers={"resources": {"limits": {"memory": "100Mi"}}})
        until("it is killed", lambda: self.phase("greedy") == "Failed", 30)
        ended = self.status("greedy").container_statuses[0].state.terminated
        self.assertEqual((ended.exit_code, ended.reason), (137, "OOMKilled"))

    def test_user_of_the_container(self):
        self.pod("user", "sh", "-c", "id -u; id -g; id -G; echo x > /scratch/file && ls -n /scratch/file | cut -d' ' -f3",
                 volumes=[volume("scratch", emptyDir={})], mounts=[mount("scratch", "/scratch")],
                 securityContext={"runAsUser": 1000, "runAsGroup": 100, "fsGroup": 2000})
        self.assertEqual(self.ended("user"), ("Succeeded", "1000\n100\n100 2000\n1000\n"))

    def follow(self, name, **query):
        answer = self.plane.core.read_namespaced_pod_log(name, self.namespace, follow=True, _preload_content=False, **query)
        return answer.data.decode().splitlines()

    def test_logs(self):
        self.pod("talker", "sh", "-c", "for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done; printf end")
        until("it runs", lambda: self.phase("talker") == "Running")
        answer = self.plane.core.read_namespaced_pod_log("talker", self.namespace, follow=True, _preload_content=False)
        times = []
        for _ in answer.stream(64):
            times.append(time.monotonic())
        self.assertGreater(times[-1] - times[0], 0.5, "the log came in one piece: it was not followed live")
        self.assertEqual(self.ended("talker")[1], "line 1\nline 2\nline 3\nline 4\nline 5\nend")
        self.assertEqual(self.plane.pod_log("talker", self.namespace, tail_lines=2), "line 5\nend")
        self.assertRegex(self.plane.pod_log("talker", self.namespace, tail_lines=1, timestamps=True), r"^\d{4}-\d\d-\d\dT[\d:.]+Z end$")
        self.assertEqual(self.plane.pod_log("talker", self.namespace, limit_bytes=4), "line")


class Credentials(ClusterTest):
    PYTHON = """
import json, os, ssl, time, urllib.request
base = '/var/run/secrets/kubernetes.io/serviceaccount/'
context = ssl.create_default_context(cafile=base + 'ca.crt')
server = 'https://%s:%s' % (os.environ['KUBERNETES_SERVICE_HOST'], os.environ['KUBERNETES_SERVICE_PORT'])
namespace = open(base + 'namespace').read()
def ask(token):
    request = urllib.request.Request(server + '/api/v1/namespaces/' + namespace + '/pods', headers={'Authorization': 'Bearer ' + token})
    try:
        return urllib.request.urlopen(request, context=context).status
    except urllib.error.HTTPError as error:
        return error.code
"""

    def setUp(self):
        super().setUp()
        self.plane.grant(self.namespace, "account:default")

    def test_pod_reaches_the_api_server(self):
        self.pod("inside", "python3", "-c", self.PYTHON + "print(ask(open(base + 'token').read()), ask('wrong'))")
        self.assertEqual(self.ended("inside"), ("Succeeded", "200 401\n"))

    def test_tokens_rotate(self):
        """A token expires, and its successor is in the file before that."""
        self.plane.settings(token_seconds=6, volume_refresh_seconds=2)
        script = self.PYTHON + "first = open(base + 'token').read(); a = ask(first); time.sleep(20); print(a, ask(first), ask(open(base + 'token').read()))"
        self.pod("rotate", "python3", "-c", script)
        self.assertEqual(self.ended("rotate", 90), ("Succeeded", "200 401 200\n"))

    def test_credentials_outside_of_a_pod(self):
        account = self.plane.in_cluster(self.namespace)
        argv = account.wrap("python3", "-c", self.PYTHON + "print(namespace, ask(open(base + 'token').read()))")
        done = subprocess.run(argv, env={**os.environ, **account.env}, capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, f"{self.namespace} 200\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
