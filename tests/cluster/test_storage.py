"""Volumes: provisioned, cloned, kept as snapshots."""
import pathlib
import unittest

from processes import until
from world import ClusterTest, mount, volume

SNAPSHOTS = ("snapshot.storage.k8s.io", "v1")


def claimed(name):
    return volume("work", persistentVolumeClaim={"claimName": name})


class Storage(ClusterTest):
    def fill(self, claim, text="first"):
        """Writes a file into a volume by a Pod."""
        self.pod(f"fill-{claim}", "sh", "-c", f"mkdir -p /work-volume/deep && echo {text} > /work-volume/deep/file", volumes=[claimed(claim)],
                 mounts=[mount("work", "/work-volume")])
        self.assertEqual(self.ended(f"fill-{claim}")[0], "Succeeded")

    def show(self, name, **source):
        self.pod(name, "cat", "/work-volume/deep/file", volumes=[volume("work", **source)], mounts=[mount("work", "/work-volume")])
        return self.ended(name)

    def snapshot(self, name, claim, **spec):
        self.plane.create({"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "metadata": {"name": name},
                           "spec": {"source": {"persistentVolumeClaimName": claim}, **spec}}, self.namespace)

    def snapshot_status(self, name):
        return self.plane.custom.get_namespaced_custom_object(*SNAPSHOTS, self.namespace, "volumesnapshots", name).get("status", {})

    def bound(self, name):
        until(f"claim {name} is bound", lambda: self.plane.core.read_namespaced_persistent_volume_claim(name, self.namespace).status.phase == "Bound")

    def ephemeral(self, source, size="1Gi"):
        return {"ephemeral": {"volumeClaimTemplate": {"spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, "dataSource": source}}}}

    def test_claim_outlives_its_pod(self):
        self.fill(self.claim("data"))
        self.assertEqual(self.show("reader", persistentVolumeClaim={"claimName": "data"}), ("Succeeded", "first\n"))

    def test_deleted_claim_takes_its_folder(self):
        self.claim("data")
        self.bound("data")
        name = self.plane.core.read_namespaced_persistent_volume_claim("data", self.namespace).spec.volume_name
        folder = pathlib.Path(self.plane.core.read_persistent_volume(name).spec.csi.volume_attributes["folder"])
        self.assertTrue(folder.is_dir())
        self.plane.core.delete_namespaced_persistent_volume_claim("data", self.namespace)
        until("the folder is gone", lambda: not folder.exists())

    def test_snapshot_and_clone(self):
        """A snapshot is the volume at its moment; each Pod's clone is its own and goes with it."""
        self.fill(self.claim("data"))
        self.snapshot("before", "data")
        until("the snapshot is ready", lambda: self.snapshot_status("before").get("readyToUse"))
        self.assertEqual(self.snapshot_status("before")["restoreSize"], "1Gi")
        self.fill(self.claim("other"), "unrelated")
        self.pod("change", "sh", "-c", "echo second > /work-volume/deep/file", volumes=[claimed("data")], mounts=[mount("work", "/work-volume")])
        self.assertEqual(self.ended("change")[0], "Succeeded")
        source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "before"}
        self.assertEqual(self.show("cloned", **self.ephemeral(source)), ("Succeeded", "first\n"))
        self.assertEqual(self.show("now", persistentVolumeClaim={"claimName": "data"}), ("Succeeded", "second\n"))
        claim = self.plane.core.read_namespaced_persistent_volume_claim("cloned-work", self.namespace)
        self.assertEqual(claim.metadata.owner_references[0].name, "cloned")
        self.plane.core.delete_namespaced_pod("cloned", self.namespace)
        until("the clone goes with its pod", lambda: "cloned-work" not in
              [c.metadata.name for c in self.plane.core.list_namespaced_persistent_volume_claim(self.namespace).items])

    def test_clone_of_a_claim(self):
        self.fill(self.claim("data"))
        self.claim("copy", {"kind": "PersistentVolumeClaim", "name": "data"})
        self.assertEqual(self.show("reader", persistentVolumeClaim={"claimName": "copy"}), ("Succeeded", "first\n"))

    def test_snapshot_takes_its_time(self):
        self.plane.settings(snapshot_delay_seconds=3)
        self.claim("data")
        self.bound("data")
        self.snapshot("slow", "data")
        until("the snapshot is taken", lambda: "readyToUse" in self.snapshot_status("slow"))
        self.assertFalse(self.snapshot_status("slow")["readyToUse"])
        until("the snapshot is ready", lambda: self.snapshot_status("slow").get("readyToUse"), 20)

    def test_snapshot_of_an_unknown_class(self):
        self.claim("data")
        self.bound("data")
        self.snapshot("wrong", "data", volumeSnapshotClassName="nowhere")
        error = until("the error is told", lambda: self.snapshot_status("wrong").get("error"))
        self.assertIn('"nowhere" not found', error["message"])

    def test_clone_smaller_than_its_source(self):
        self.claim("data", size="2Gi")
        self.bound("data")
        self.claim("small", {"kind": "PersistentVolumeClaim", "name": "data"})
        until("it is refused", lambda: [m for _, r, m in self.plane.events(self.namespace) if r == "ProvisioningFailed" and "greater than or equal" in m])

    def test_disk_is_not_shared(self):
        self.claim("disk", mode="ReadWriteMany", storage_class="disks")
        self.pod("user", "true", volumes=[claimed("disk")], mounts=[mount("work", "/work-volume")])
        until("it is refused", lambda: [m for _, r, m in self.plane.events(self.namespace) if r == "ProvisioningFailed" and "ReadWriteMany" in m])

    def test_disk_waits_for_its_consumer(self):
        self.claim("disk", mode="ReadWriteOnce", storage_class="disks")
        self.pod("user", "true", volumes=[claimed("disk")], mounts=[mount("work", "/work-volume")])
        self.assertEqual(self.ended("user")[0], "Succeeded")


if __name__ == "__main__":
    unittest.main()
