package storage

import (
	"context"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"nbkatib/cluster/internal/settings"
)

const defaultClass = "snapshot.storage.kubernetes.io/is-default-class"

// snapshotAll takes what was asked for and is not ready.
func (s *Storage) snapshotAll(ctx context.Context) error {
	list, err := s.Dynamic.Resource(Snapshots).List(ctx, metav1.ListOptions{})
	if errors.IsNotFound(err) {
		return nil // the CRD was taken away
	}
	if err != nil {
		return err
	}
	for i := range list.Items {
		snapshot := &list.Items[i]
		if ready, _, _ := unstructured.NestedBool(snapshot.Object, "status", "readyToUse"); ready || snapshot.GetDeletionTimestamp() != nil {
			continue
		}
		if err := s.snapshotOne(ctx, snapshot); err != nil {
			s.refuse(ctx, snapshot, err)
		}
	}
	return nil
}

func contentName(snapshot *unstructured.Unstructured) string {
	return "snapcontent-" + string(snapshot.GetUID())
}

// snapshotOne copies at once, and says readyToUse after the delay that the test has set.
func (s *Storage) snapshotOne(ctx context.Context, snapshot *unstructured.Unstructured) error {
	name := contentName(snapshot)
	at, taken := s.ready[name]
	if !taken {
		class, policy, err := s.classOf(ctx, snapshot)
		if err != nil {
			return err
		}
		size, err := s.take(ctx, snapshot)
		if err != nil {
			return err
		}
		if err := s.createContent(ctx, snapshot, class, policy); err != nil {
			return err
		}
		at = time.Now().Add(settings.Read(ctx, s).Seconds("snapshot-delay-seconds", 0))
		s.ready[name] = at
		if err := s.setStatus(ctx, snapshot, map[string]any{
			"boundVolumeSnapshotContentName": name, "creationTime": time.Now().UTC().Format(time.RFC3339), "readyToUse": false, "restoreSize": size,
		}); err != nil {
			return err
		}
	}
	if time.Now().Before(at) {
		return nil
	}
	if err := s.setStatus(ctx, snapshot, map[string]any{"readyToUse": true, "error": nil}); err != nil {
		return err
	}
	s.snapshot.Eventf(snapshot, corev1.EventTypeNormal, "SnapshotReady", "Snapshot %s/%s is ready to use.", snapshot.GetNamespace(), snapshot.GetName())
	return nil
}

// take copies the volume and returns the size that a clone must have.
func (s *Storage) take(ctx context.Context, snapshot *unstructured.Unstructured) (string, error) {
	name, _, _ := unstructured.NestedString(snapshot.Object, "spec", "source", "persistentVolumeClaimName")
	claim, err := s.CoreV1().PersistentVolumeClaims(snapshot.GetNamespace()).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("failed to retrieve PVC %s from the lister: %w", name, err)
	}
	if claim.Status.Phase != corev1.ClaimBound {
		return "", fmt.Errorf("the PVC %s is not yet bound to a PV, will not attempt to take a snapshot", name)
	}
	size := claim.Status.Capacity[corev1.ResourceStorage]
	target := s.snapshotOf(contentName(snapshot))
	if _, err := os.Stat(target); err == nil {
		return size.String(), nil
	}
	return size.String(), copyFolder(s.volume(claim.Spec.VolumeName), target)
}

// classOf is the class that the snapshot names, else this driver's default.
func (s *Storage) classOf(ctx context.Context, snapshot *unstructured.Unstructured) (name, policy string, err error) {
	wanted, given, _ := unstructured.NestedString(snapshot.Object, "spec", "volumeSnapshotClassName")
	list, err := s.Dynamic.Resource(SnapshotClasses).List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", "", err
	}
	for _, class := range list.Items {
		driver, _, _ := unstructured.NestedString(class.Object, "driver")
		policy, _, _ := unstructured.NestedString(class.Object, "deletionPolicy")
		if given && class.GetName() == wanted || !given && driver == Driver && class.GetAnnotations()[defaultClass] == "true" {
			return class.GetName(), policy, nil
		}
	}
	if given {
		return "", "", fmt.Errorf("failed to get input parameters to create snapshot %s: \"volumesnapshotclass.snapshot.storage.k8s.io %q not found\"", snapshot.GetName(), wanted)
	}
	return "", "", fmt.Errorf("cannot find default snapshot class")
}

func (s *Storage) createContent(ctx context.Context, snapshot *unstructured.Unstructured, class, policy string) error {
	content := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotContent",
		"metadata": map[string]any{"name": contentName(snapshot)},
		"spec": map[string]any{
			"driver": Driver, "deletionPolicy": policy, "volumeSnapshotClassName": class, "source": map[string]any{"snapshotHandle": contentName(snapshot)},
			"volumeSnapshotRef": map[string]any{
				"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "namespace": snapshot.GetNamespace(),
				"name": snapshot.GetName(), "uid": string(snapshot.GetUID()),
			},
		},
	}}
	_, err := s.Dynamic.Resource(SnapshotContent).Create(ctx, content, metav1.CreateOptions{})
	if errors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// setStatus changes these fields of a snapshot's status.
func (s *Storage) setStatus(ctx context.Context, snapshot *unstructured.Unstructured, fields map[string]any) error {
	snapshots := s.Dynamic.Resource(Snapshots).Namespace(snapshot.GetNamespace())
	now, err := snapshots.Get(ctx, snapshot.GetName(), metav1.GetOptions{})
	if err != nil {
		return err
	}
	for name, value := range fields {
		if value == nil {
			unstructured.RemoveNestedField(now.Object, "status", name)
		} else if err := unstructured.SetNestedField(now.Object, value, "status", name); err != nil {
			return err
		}
	}
	_, err = snapshots.UpdateStatus(ctx, now, metav1.UpdateOptions{})
	return err
}

func (s *Storage) refuse(ctx context.Context, snapshot *unstructured.Unstructured, why error) {
	s.say(string(snapshot.GetUID()), why.Error(), func() {
		s.snapshot.Event(snapshot, corev1.EventTypeWarning, "SnapshotCreationFailed", why.Error())
		_ = s.setStatus(ctx, snapshot, map[string]any{
			"readyToUse": false, "error": map[string]any{"message": why.Error(), "time": time.Now().UTC().Format(time.RFC3339)},
		})
	})
}

// forgetSnapshots removes copies whose snapshots are gone, where their class says so.
func (s *Storage) forgetSnapshots(ctx context.Context) error {
	list, err := s.Dynamic.Resource(SnapshotContent).List(ctx, metav1.ListOptions{})
	if errors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, content := range list.Items {
		namespace, _, _ := unstructured.NestedString(content.Object, "spec", "volumeSnapshotRef", "namespace")
		name, _, _ := unstructured.NestedString(content.Object, "spec", "volumeSnapshotRef", "name")
		uid, _, _ := unstructured.NestedString(content.Object, "spec", "volumeSnapshotRef", "uid")
		policy, _, _ := unstructured.NestedString(content.Object, "spec", "deletionPolicy")
		snapshot, err := s.Dynamic.Resource(Snapshots).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
		if err == nil && string(snapshot.GetUID()) == uid || err != nil && !errors.IsNotFound(err) || policy == "Retain" {
			continue
		}
		if err := os.RemoveAll(s.snapshotOf(content.GetName())); err != nil {
			return err
		}
		if err := s.Dynamic.Resource(SnapshotContent).Delete(ctx, content.GetName(), metav1.DeleteOptions{}); err != nil && !errors.IsNotFound(err) {
			return err
		}
	}
	return nil
}
