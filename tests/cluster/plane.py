"""A Kubernetes control plane of its own for tests: etcd, API server, controllers, a node, and Katib or its stand-in, as processes.

    with Plane() as plane:
        namespace = plane.namespace("team")
        plane.create(experiment)

`plane.kubeconfig` is the administrator's, `plane.user_kubeconfig(namespace)` that of a person with the least rights. Every client but the plane's own
parts goes through `plane.link`, which tests cut. Needs root; `available()` says what is missing.
"""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import yaml
from kubernetes import client, config, dynamic

import katib
from link import Link
from processes import Process, free_ports, until

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAMS = pathlib.Path(os.environ.get("NBKATIB_CLUSTER", ROOT / "build/cluster"))
KATIB_LABEL = "katib.kubeflow.org/metrics-collector-injection"
CONTROLLERS = (
    "job garbage-collector namespace serviceaccount serviceaccount-token root-ca-certificate-publisher ephemeral-volume ttl-after-finished "
    "persistentvolume-binder persistentvolumeclaim-protection persistentvolume-protection resourcequota clusterrole-aggregation"
)


class Plane:
    programs = PROGRAMS

    def __init__(self, apiserver=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nbk-plane-"))
        self.pki = self.folder / "pki"
        self.extra = list(apiserver)
        self.port, self.store_port, self.peer_port, self.node_port, self.webhook_port = free_ports(5)
        self.link = self.katib = None
        self.parts = {}
        self.images = {"host": {"root": "/"}}

    # life

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        began = time.monotonic()
        subprocess.run([PROGRAMS / "plane", "pki", self.pki], check=True)
        self.link = Link(self.port)
        self.part("etcd", PROGRAMS / "kube", "etcd", *self._store_flags())
        self.part("apiserver", PROGRAMS / "kube", "apiserver", *self._server_flags(), *self.extra)
        self.kubeconfig = self._certificate_config("admin", self.link.port)
        self.own = {name: self._certificate_config(name, self.port) for name in ("controllers", "kubelet", "katib")}
        self.publish()
        self.connect()
        self.ready()
        self._apply()
        self.part("controllers", PROGRAMS / "kube", "controllers", *self._controller_flags())
        self.part("node", PROGRAMS / "plane", "node", *self._node_flags())
        self.katib = katib.choose(self)
        self.katib.start()
        until("the node is registered", lambda: self.core.read_node("node-a"))
        self.seconds = time.monotonic() - began

    def stop(self):
        """Ends every process of the plane, the last started first, and removes its folder."""
        if self.katib:
            self.katib.close()
        for part in reversed(list(self.parts.values())):
            part.stop()
        if self.link:
            self.link.close()
        if os.environ.get("NBKATIB_KEEP"):
            print(f"the plane's folder is {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self):
        """Clients of the administrator: core, batch, rbac, objects (any kind by its name)."""
        self.api = config.new_client_from_config(str(self.kubeconfig))
        self.core, self.batch, self.rbac = client.CoreV1Api(self.api), client.BatchV1Api(self.api), client.RbacAuthorizationV1Api(self.api)
        self.custom, self.storage = client.CustomObjectsApi(self.api), client.StorageV1Api(self.api)
        self.version = client.VersionApi(self.api)
        self.admission = client.AdmissionregistrationV1Api(self.api)

    def direct(self):
        """A client of the administrator that no cut reaches."""
        return config.new_client_from_config(str(self.own["katib"]))

    def ready(self):
        """Waits for the API server, which need not have been down."""
        def answers():
            self.parts["apiserver"].check()
            return self.version.get_code(_request_timeout=5) and self.core.read_namespace("kube-system", _request_timeout=5)

        until("the API server is ready", answers, 90)

    def part(self, name, *argv, env=None):
        self.parts[name] = Process(self.folder, name, argv, env).start()
        return self.parts[name]

    # faults

    def restart(self, name):
        """Kills a part and starts it again."""
        self.parts[name].kill()
        self.parts[name].start()
        if name in ("apiserver", "etcd"):
            self.ready()

    def settings(self, **values):
        """What the plane's parts do from now on: quirks, snapshot_delay_seconds, token_seconds, volume_refresh_seconds, ..."""
        data = {name.replace("_", "-"): str(value) for name, value in values.items()}
        body = {"metadata": {"name": "plane-settings"}, "data": data}
        try:
            self.core.replace_namespaced_config_map("plane-settings", "kube-system", body)
        except client.ApiException as error:
            if error.status != 404:
                raise
            self.core.create_namespaced_config_map("kube-system", body)

    def image(self, name, root="/", **fields):
        """Publishes an image: a root folder, with env, entrypoint, cmd, workingDir, user."""
        self.images[name] = {"root": str(root), **fields}
        self.publish()

    def publish(self):
        temporary = self.folder / "images.json.new"
        temporary.write_text(json.dumps(self.images))
        temporary.rename(self.folder / "images.json")

    @contextlib.contextmanager
    def without(self, manifest, *kinds):
        """Takes the objects of a file in manifests/ away, those of some kinds or all, and puts them back."""
        documents = [d for d in self._documents(manifest) if not kinds or d["kind"] in kinds]
        for d in documents:
            self._resource(d["apiVersion"], d["kind"]).delete(name=d["metadata"]["name"])
        try:
            yield
        finally:
            until(f"{manifest} is back", lambda: self.apply(manifest))

    # objects

    def namespace(self, name, katib_label=True):
        """A namespace with its service account and root certificate; where Katib may work unless said otherwise."""
        labels = {KATIB_LABEL: "enabled"} if katib_label else {}
        self.core.create_namespace({"metadata": {"name": name, "labels": labels}})
        until(f"namespace {name} is furnished", lambda: self.core.read_namespaced_service_account("default", name) and
              self.core.read_namespaced_config_map("kube-root-ca.crt", name))
        return name

    def create(self, document, namespace=None):
        """Creates objects from a dict or from YAML text, of whatever kinds."""
        documents = list(yaml.safe_load_all(document)) if isinstance(document, str) else [document]
        for d in documents:
            self._resource(d["apiVersion"], d["kind"]).create(body=d, namespace=namespace or d["metadata"].get("namespace"))

    def apply(self, manifest):
        """Creates what is not there of a file in manifests/."""
        for document in self._documents(manifest):
            try:
                self.create(document)
            except client.ApiException as error:
                if error.status != 409:
                    raise
        return True

    def _resource(self, version, kind):
        return dynamic.DynamicClient(self.api).resources.get(api_version=version, kind=kind)

    def get(self, kind, name, namespace):
        return self.custom.get_namespaced_custom_object("kubeflow.org", "v1beta1", namespace, kind, name)

    def list(self, kind, namespace, selector=""):
        return self.custom.list_namespaced_custom_object("kubeflow.org", "v1beta1", namespace, kind, label_selector=selector)["items"]

    def pod_log(self, name, namespace, **query):
        return self.core.read_namespaced_pod_log(name, namespace, **query)

    def events(self, namespace):
        """(kind, reason, message) of what was told in a namespace."""
        return [(e.involved_object.kind, e.reason, e.message or "") for e in self.core.list_namespaced_event(namespace).items]

    # who may do what

    def grant(self, namespace, user="scientist", role="katib-user"):
        """Binds the least rights to a person, in one namespace."""
        subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
        if user.startswith("account:"):
            subject = {"kind": "ServiceAccount", "name": user.partition(":")[2], "namespace": namespace}
        name = user.replace(":", "-")
        reference = {"kind": "ClusterRole", "apiGroup": "rbac.authorization.k8s.io"}
        self.rbac.create_namespaced_role_binding(
            namespace, {"metadata": {"name": f"{role}-{name}"}, "roleRef": {**reference, "name": role}, "subjects": [subject]})
        self.rbac.create_cluster_role_binding(
            {"metadata": {"name": f"{namespace}-{role}-{name}"}, "roleRef": {**reference, "name": role + "-cluster"}, "subjects": [subject]})

    def user_kubeconfig(self, namespace):
        """A kubeconfig of the user `scientist`, by client certificate."""
        return self._certificate_config("scientist", self.link.port, namespace)

    def token_kubeconfig(self, namespace, account="default", life=3600):
        """A kubeconfig with a service account's token."""
        return self._write_config(f"token-{namespace}-{account}", {"token": self.token(namespace, account, life)}, self.link.port, namespace)

    def token(self, namespace, account="default", life=3600):
        """A token that holds for so many seconds, however few."""
        uid = self.core.read_namespaced_service_account(account, namespace).metadata.uid
        argv = [PROGRAMS / "plane", "token", "-key", self.pki / "sa.key", "-namespace", namespace, "-account", account, "-uid", uid, "-life", f"{life}s"]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def in_cluster(self, namespace, account="default", life=3600):
        """Credentials as a Pod has them, for a program outside of one."""
        return InCluster(self, namespace, account, life)

    def _certificate_config(self, name, port, namespace="default"):
        return self._write_config(name, {"client-certificate": str(self.pki / f"{name}.crt"), "client-key": str(self.pki / f"{name}.key")}, port, namespace)

    def _write_config(self, name, user, port, namespace="default"):
        path = self.folder / f"{name}.kubeconfig"
        path.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "plane",
            "clusters": [{"name": "plane", "cluster": {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(self.pki / "ca.crt")}}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": name, "namespace": namespace}}],
        }))
        return path

    # what is started

    def _apply(self):
        for name in ("katib-crds", "snapshot-crds", "classes", "roles"):
            until(f"{name} are accepted", lambda n=name: self.apply(n))
        self.core.create_namespace({"metadata": {"name": "kubeflow"}})

    def _documents(self, manifest):
        return list(yaml.safe_load_all((HERE / "manifests" / f"{manifest}.yaml").read_text()))

    def _tls(self, name):
        return self.pki / "ca.crt", self.pki / f"{name}.crt", self.pki / f"{name}.key"

    def _store_flags(self):
        ca, certificate, key = self._tls("etcd")
        here, peer = f"https://127.0.0.1:{self.store_port}", f"https://127.0.0.1:{self.peer_port}"
        return [
            f"--data-dir={self.folder}/etcd", f"--listen-client-urls={here}", f"--advertise-client-urls={here}", f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}", "--unsafe-no-fsync", "--log-level=warn",
            f"--trusted-ca-file={ca}", f"--cert-file={certificate}", f"--key-file={key}", "--client-cert-auth",
            f"--peer-trusted-ca-file={ca}", f"--peer-cert-file={certificate}", f"--peer-key-file={key}",
        ]

    def _server_flags(self):
        ca, certificate, key = self._tls("apiserver")
        _, etcd_certificate, etcd_key = self._tls("etcd")
        _, kubelet_certificate, kubelet_key = self._tls("apiserver-kubelet")
        return [
            f"--etcd-servers=https://127.0.0.1:{self.store_port}", f"--etcd-cafile={ca}", f"--etcd-certfile={etcd_certificate}", f"--etcd-keyfile={etcd_key}",
            f"--secure-port={self.port}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
            f"--cert-dir={self.folder}/certificates", f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}", f"--client-ca-file={ca}",
            "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={self.pki}/sa.pub",
            f"--service-account-signing-key-file={self.pki}/sa.key", "--service-account-extend-token-expiration=false",
            "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24", "--allow-privileged=true",
            f"--kubelet-certificate-authority={ca}", f"--kubelet-client-certificate={kubelet_certificate}", f"--kubelet-client-key={kubelet_key}",
            "--kubelet-preferred-address-types=InternalIP",
        ]

    def _controller_flags(self):
        return [
            f"--kubeconfig={self.own['controllers']}", f"--service-account-private-key-file={self.pki}/sa.key", f"--root-ca-file={self.pki}/ca.crt",
            "--use-service-account-credentials=false", "--leader-elect=false", "--secure-port=0", "--kube-api-qps=200", "--kube-api-burst=400",
            "--controllers=" + ",".join(f"{name}-controller" for name in CONTROLLERS.split()),
        ]

    def _node_flags(self):
        return [
            "-kubeconfig", self.own["kubelet"], "-folder", self.folder / "node", "-images", self.folder / "images.json", "-pki", self.pki,
            "-port", self.node_port, "-api-port", self.link.port,
        ]


class InCluster:
    """A folder with token, ca.crt and namespace, and a command line that shows it to a program where a Pod has it."""

    PLACE = "/var/run/secrets/kubernetes.io/serviceaccount"

    def __init__(self, plane, namespace, account, life):
        self.plane, self.namespace, self.account = plane, namespace, account
        self.folder = plane.folder / f"account-{namespace}-{account}"
        self.folder.mkdir(exist_ok=True)
        shutil.copy(plane.pki / "ca.crt", self.folder / "ca.crt")
        (self.folder / "namespace").write_text(namespace)
        self.rotate(life)
        self.env = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(plane.link.port)}

    def rotate(self, life=3600):
        """Puts a fresh token in the place of the old one, in one step."""
        fresh = self.folder / ".token"
        fresh.write_text(self.plane.token(self.namespace, self.account, life))
        fresh.rename(self.folder / "token")

    def wrap(self, *argv):
        """The command in a mount namespace of its own, where the folder is at the well-known path."""
        script = 'mount -t tmpfs none /run && mkdir -p "$1" && mount --bind "$2" "$1" && shift 2 && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", script, "sh", self.PLACE, str(self.folder), *map(str, argv)]


def available():
    """Empty where a plane can be started, else what is missing."""
    missing = [str(PROGRAMS / name) for name in ("kube", "plane") if not os.access(PROGRAMS / name, os.X_OK)]
    if missing:
        return f"there is no {' and no '.join(missing)}; tests/cluster/build makes them"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True, check=False)
    return f"this machine allows no namespaces: {tried.stderr.strip()}" if tried.returncode else ""
