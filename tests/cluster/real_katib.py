"""Katib's own controller, database manager and search service on the plane, from the folders that KATIB_BIN and KATIB_SRC name.

The search service answers random, tpe, cmaes and sobol. It holds one study and always takes port 6789, so each Experiment gets one of its own in a
network of its own; the controller finds it by a hosts file that only the controller sees. Needs Debian's postgresql.
"""
import base64
import contextlib
import glob
import itertools
import os
import shutil
import subprocess
import sys
import threading

import yaml
from kubernetes import client

import katib
from processes import Process, free_ports, until

ALGORITHMS = ("random", "tpe", "cmaes", "sobol")
SERVICE_PORT = 6789


class RealKatib(katib.Katib):
    real = True

    def __init__(self, plane, programs, source):
        super().__init__(plane)
        self.programs, self.source = programs, source
        self.database_port, self.manager_port, self.metrics_port, self.health_port = free_ports(4)
        self.ended = threading.Event()
        self.hosts = plane.folder / "hosts"

    def init(self):
        controller = {"webhookPort": self.plane.webhook_port, "metricsAddr": f":{self.metrics_port}", "healthzAddr": f":{self.health_port}",
                      "trialResources": ["Job.v1.batch"]}
        return {"init": {"certGenerator": {"enable": False}, "controller": controller}}

    def start(self):
        plane = self.plane
        plane.image("katib-collector", entrypoint=[str(self.programs / "file-metricscollector")])
        text = self.configure(ALGORITHMS, {"StdOut": "katib-collector", "File": "katib-collector"}, "suggestion-goptuna")
        (plane.folder / "katib-config.yaml").write_text(text)
        self._database()
        self._manager()
        self._controller()
        self.register()
        threading.Thread(target=self._services, daemon=True).start()

    def register(self):
        """The webhooks as Katib's own manifest has them, but by address instead of by service."""
        certificate = base64.b64encode((self.plane.pki / "ca.crt").read_bytes()).decode()
        text = (self.source / "manifests/v1beta1/components/webhook/webhooks.yaml").read_text()
        for document in yaml.safe_load_all(text):
            for hook in document["webhooks"]:
                path = hook["clientConfig"]["service"]["path"]
                hook["clientConfig"] = {"url": f"https://127.0.0.1:{self.plane.webhook_port}{path}", "caBundle": certificate}
            self.plane.create(document)

    def close(self):
        self.ended.set()
        with contextlib.suppress(OSError):  # another plane may still show its certificate there
            os.rmdir("/tmp/cert")

    def _database(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
        if not found:
            raise AssertionError("KATIB_BIN is given, but there is no PostgreSQL; apt-get install postgresql")
        programs = os.path.dirname(found[-1])
        folder = self.plane.folder / "postgres"
        folder.mkdir()
        shutil.chown(folder, "postgres")
        self.plane.folder.chmod(0o711)
        self._as_postgres(f"{programs}/initdb", "-D", folder, "-A", "trust", "--no-sync")
        self.plane.part("katib-database", "setpriv", "--pdeathsig=KILL", "--reuid=postgres", "--regid=postgres", "--init-groups", f"{programs}/postgres", "-D", folder,
                        "-p", self.database_port, "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off")
        until("the database is there", lambda: self._as_postgres(f"{programs}/createdb", "-h", "127.0.0.1", "-p", self.database_port, "katib"))

    def _as_postgres(self, *argv):
        argv = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *map(str, argv)]
        subprocess.run(argv, check=True, capture_output=True, cwd="/")
        return True

    def _manager(self):
        self.plane.part("katib-manager", self.programs / "db-manager", f"--listen-address=127.0.0.1:{self.manager_port}", env={
            "DB_NAME": "postgres", "DB_USER": "postgres", "DB_PASSWORD": "x", "KATIB_POSTGRESQL_DB_HOST": "127.0.0.1",
            "KATIB_POSTGRESQL_DB_PORT": str(self.database_port), "KATIB_POSTGRESQL_DB_DATABASE": "katib", "KATIB_POSTGRESQL_SSL_MODE": "disable"})
        until("the database manager is there", lambda: katib.listens(self.manager_port))

    def _controller(self):
        """Katib reads its certificate from a fixed folder and finds services by name: both are shown to it alone."""
        plane, certificates = self.plane, self.plane.folder / "certificates-of-katib"
        certificates.mkdir()
        for suffix in ("crt", "key"):
            shutil.copy(plane.pki / f"webhook.{suffix}", certificates / f"tls.{suffix}")
        self.hosts.write_text("127.0.0.1 localhost\n")
        script = 'mkdir -p /tmp/cert && mount --bind "$1" /tmp/cert && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"'
        plane.part("katib", "unshare", "--mount", "sh", "-c", script, "sh", certificates, self.hosts, self.programs / "katib-controller",
                   f"--katib-config={plane.folder}/katib-config.yaml", f"--kubeconfig={plane.own['katib']}", env={
                       "KATIB_CORE_NAMESPACE": "kubeflow", "KATIB_DB_MANAGER_SERVICE_IP": "127.0.0.1",
                       "KATIB_DB_MANAGER_SERVICE_NAMESPACE": "", "KATIB_DB_MANAGER_SERVICE_PORT": str(self.manager_port)})
        until("Katib serves its webhooks", lambda: plane.parts["katib"].check() or katib.listens(plane.webhook_port))

    # search services

    def _services(self):
        """Starts a search service for each Deployment that the controller makes, and ends it with the Deployment."""
        apps, known, numbers = client.AppsV1Api(self.plane.direct()), {}, itertools.count(1)
        while not self.ended.wait(0.3):
            with contextlib.suppress(Exception):  # the API server may be away; the next round looks again
                found = {d.metadata.uid: d for d in apps.list_deployment_for_all_namespaces().items}
                for uid in set(found) - set(known):
                    known[uid] = self._service(found[uid], next(numbers))
                    self._available(apps, found[uid])
                for uid in set(known) - set(found):
                    known.pop(uid).stop()

    def _service(self, deployment, number):
        name, namespace = deployment.metadata.name, deployment.metadata.namespace
        address = f"127.0.{1 + number // 200}.{1 + number % 200}"
        with open(self.hosts, "a", encoding="utf-8") as hosts:
            hosts.write(f"{address} {name}.{namespace}\n")
        service = Process(self.plane.folder, f"katib-{name}", [sys.executable, katib.HERE / "own_network.py", address, SERVICE_PORT,
                                                               self.plane.folder / f"{name}.socket", self.programs / "suggestion-goptuna"])
        self.plane.parts[service.name] = service.start()
        until(f"{name} listens", lambda: service.check() or katib.listens(SERVICE_PORT, address))
        return service

    def _available(self, apps, deployment):
        when = "2026-01-01T00:00:00Z"
        condition = {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": "", "lastTransitionTime": when, "lastUpdateTime": when}
        apps.patch_namespaced_deployment_status(deployment.metadata.name, deployment.metadata.namespace, {"status": {
            "replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "observedGeneration": deployment.metadata.generation, "conditions": [condition]}})
