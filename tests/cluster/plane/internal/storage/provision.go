package storage

import (
	"context"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	provisionedBy = "volume.kubernetes.io/storage-provisioner"
	selectedNode  = "volume.kubernetes.io/selected-node"
)

// provisionAll makes a volume for each claim that the binder gave to this driver.
func (s *Storage) provisionAll(ctx context.Context) error {
	claims, err := s.CoreV1().PersistentVolumeClaims("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		if claim.Status.Phase == corev1.ClaimPending && claim.DeletionTimestamp == nil && claim.Annotations[provisionedBy] == Driver && claim.Spec.VolumeName == "" {
			s.provisionOne(ctx, claim)
		}
	}
	return nil
}

func (s *Storage) provisionOne(ctx context.Context, claim *corev1.PersistentVolumeClaim) {
	class, err := s.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
	if err == nil && waits(class) && claim.Annotations[selectedNode] == "" {
		return
	}
	var volume *corev1.PersistentVolume
	if err == nil {
		volume, err = s.makeVolume(ctx, claim, class)
	}
	if err == nil {
		_, err = s.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
	}
	switch {
	case errors.IsAlreadyExists(err):
	case err == nil:
		s.provision.Eventf(claim, corev1.EventTypeNormal, "ProvisioningSucceeded", "Successfully provisioned volume %s", volume.Name)
	default:
		s.say(string(claim.UID), err.Error(), func() {
			s.provision.Eventf(claim, corev1.EventTypeWarning, "ProvisioningFailed", "failed to provision volume with StorageClass %q: %v", *claim.Spec.StorageClassName, err)
		})
	}
}

func waits(class *storagev1.StorageClass) bool {
	return class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}

// makeVolume makes the folder, filled from the claim's source, and describes it.
func (s *Storage) makeVolume(ctx context.Context, claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) (*corev1.PersistentVolume, error) {
	for _, mode := range claim.Spec.AccessModes {
		if class.Parameters["shared"] == "false" && (mode == corev1.ReadWriteMany || mode == corev1.ReadOnlyMany) {
			return nil, fmt.Errorf("rpc error: code = InvalidArgument desc = access mode %s is not supported by class %s", mode, class.Name)
		}
	}
	name := "pvc-" + string(claim.UID)
	size := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	from, err := s.sourceOf(ctx, claim, size)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(s.volume(name)); os.IsNotExist(err) {
		if err := copyFolder(from, s.volume(name)); err != nil {
			return nil, fmt.Errorf("rpc error: code = Internal desc = %w", err)
		}
	}
	return describe(name, claim, class, s.volume(name), size), nil
}

func describe(name string, claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, folder string, size resource.Quantity) *corev1.PersistentVolume {
	reclaim := corev1.PersistentVolumeReclaimDelete
	if class.ReclaimPolicy != nil {
		reclaim = *class.ReclaimPolicy
	}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{"pv.kubernetes.io/provisioned-by": Driver}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity: corev1.ResourceList{corev1.ResourceStorage: size}, AccessModes: claim.Spec.AccessModes, VolumeMode: claim.Spec.VolumeMode,
			StorageClassName: class.Name, PersistentVolumeReclaimPolicy: reclaim,
			ClaimRef: &corev1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID},
			PersistentVolumeSource: corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{
				Driver: Driver, VolumeHandle: name, VolumeAttributes: map[string]string{"folder": folder},
			}},
		},
	}
}

// sourceOf is the folder that a claim wants to begin with; none for an empty volume.
func (s *Storage) sourceOf(ctx context.Context, claim *corev1.PersistentVolumeClaim, size resource.Quantity) (string, error) {
	source := claim.Spec.DataSource
	if source == nil && claim.Spec.DataSourceRef != nil {
		source = &corev1.TypedLocalObjectReference{Kind: claim.Spec.DataSourceRef.Kind, Name: claim.Spec.DataSourceRef.Name}
	}
	switch {
	case source == nil:
		return "", nil
	case source.Kind == "PersistentVolumeClaim":
		return s.claimSource(ctx, claim.Namespace, source.Name, size)
	case source.Kind == "VolumeSnapshot":
		return s.snapshotSource(ctx, claim.Namespace, source.Name, size)
	}
	return "", fmt.Errorf("found data source of kind %s, expected PersistentVolumeClaim or VolumeSnapshot", source.Kind)
}

func (s *Storage) claimSource(ctx context.Context, namespace, name string, size resource.Quantity) (string, error) {
	source, err := s.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("error getting PVC %s (namespace %q) from api server: %w", name, namespace, err)
	}
	if source.Status.Phase != corev1.ClaimBound {
		return "", fmt.Errorf("the PVC %s is not bound yet", name)
	}
	if has := source.Status.Capacity[corev1.ResourceStorage]; size.Cmp(has) < 0 {
		return "", fmt.Errorf("error, new PVC request must be greater than or equal in size to the specified PVC data source, requested %v but source is %v", size.Value(), has.Value())
	}
	return s.volume(source.Spec.VolumeName), nil
}

func (s *Storage) snapshotSource(ctx context.Context, namespace, name string, size resource.Quantity) (string, error) {
	snapshot, err := s.Dynamic.Resource(Snapshots).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("error getting snapshot %s from api server: %w", name, err)
	}
	if ready, _, _ := unstructured.NestedBool(snapshot.Object, "status", "readyToUse"); !ready {
		return "", fmt.Errorf("snapshot %s is not Ready", name)
	}
	text, _, _ := unstructured.NestedString(snapshot.Object, "status", "restoreSize")
	if least, err := resource.ParseQuantity(text); err == nil && size.Cmp(least) < 0 {
		return "", fmt.Errorf("requested volume size %d is less than the size %d for the source snapshot %s", size.Value(), least.Value(), name)
	}
	return s.snapshotOf(contentName(snapshot)), nil
}

// reclaimAll removes volumes whose claims are gone.
func (s *Storage) reclaimAll(ctx context.Context) error {
	volumes, err := s.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, v := range volumes.Items {
		if v.Spec.CSI == nil || v.Spec.CSI.Driver != Driver || v.Status.Phase != corev1.VolumeReleased ||
			v.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimDelete {
			continue
		}
		if err := os.RemoveAll(s.volume(v.Name)); err != nil {
			return err
		}
		if err := s.CoreV1().PersistentVolumes().Delete(ctx, v.Name, metav1.DeleteOptions{}); err != nil && !errors.IsNotFound(err) {
			return err
		}
	}
	return nil
}
