"""Who plays Katib's part: its own programs, where KATIB_BIN and KATIB_SRC name them, else the plane's stand-in.

KATIB_BIN is a folder with katib-controller, db-manager, suggestion-goptuna and file-metricscollector; KATIB_SRC a checkout of Katib.
"""
import base64
import os
import pathlib
import socket

import yaml
from kubernetes import client

from processes import until

ALGORITHMS = ("random", "tpe", "grid", "bayesianoptimization", "cmaes", "sobol")
WEBHOOKS = "katib.kubeflow.org"
HERE = pathlib.Path(__file__).resolve().parent


def choose(plane):
    if os.environ.get("KATIB_BIN") and os.environ.get("KATIB_SRC"):
        from real_katib import RealKatib

        return RealKatib(plane, pathlib.Path(os.environ["KATIB_BIN"]), pathlib.Path(os.environ["KATIB_SRC"]))
    return StandIn(plane)


def listens(port, address="127.0.0.1"):
    with socket.create_connection((address, port), 1):
        return True


class Katib:
    """What both have: the configuration that people list algorithms from, and the webhooks' registration."""

    real = False

    def __init__(self, plane):
        self.plane = plane

    def configure(self, algorithms, collectors, suggestion_image=None):
        """Writes the ConfigMap katib-config."""
        runtime = {
            "suggestions": [{"algorithmName": a, "image": suggestion_image or f"suggestion-{a}"} for a in algorithms],
            "earlyStoppings": [{"algorithmName": "medianstop", "image": "earlystopping-medianstop"}],
            "metricsCollectors": [{"kind": kind, "image": image} for kind, image in collectors.items()],
        }
        document = {"apiVersion": "config.kubeflow.org/v1beta1", "kind": "KatibConfig", **self.init(), "runtime": runtime}
        text = yaml.safe_dump(document)
        body = {"metadata": {"name": "katib-config"}, "data": {"katib-config.yaml": text}}
        try:
            self.plane.core.create_namespaced_config_map("kubeflow", body)
        except client.ApiException as error:
            if error.status != 409:
                raise
            self.plane.core.replace_namespaced_config_map("katib-config", "kubeflow", body)
        return text

    def init(self):
        """What the configuration says of the controller itself."""
        return {}

    def close(self):
        """Ends what works for Katib within this process."""

    def register(self):
        """Tells the API server of the webhooks."""
        certificate = base64.b64encode((self.plane.pki / "ca.crt").read_bytes()).decode()
        text = (HERE / "manifests/katib-webhooks.yaml").read_text()
        for document in yaml.safe_load_all(text.replace("PORT", str(self.plane.webhook_port)).replace("caBundle: CA", f"caBundle: {certificate}")):
            self.plane.create(document)

    def unregister(self):
        """Takes the webhooks away, as where Katib is half installed."""
        self.plane.admission.delete_mutating_webhook_configuration(WEBHOOKS)
        self.plane.admission.delete_validating_webhook_configuration(WEBHOOKS)


class StandIn(Katib):
    def start(self):
        plane = self.plane
        plane.image("katib-collector", entrypoint=[str(plane.programs / "plane"), "collector"])
        self.configure(ALGORITHMS, {"StdOut": "katib-collector", "File": "katib-collector"})
        part = plane.part("katib", plane.programs / "plane", "katib", "-kubeconfig", plane.own["katib"], "-pki", plane.pki,
                          "-folder", plane.folder / "observations", "-port", plane.webhook_port)
        until("Katib's stand-in serves its webhooks", lambda: part.check() or listens(plane.webhook_port))
        self.register()
