package node

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// selectedNode is the scheduler's word to a provisioner that waits for the first consumer.
const selectedNode = "volume.kubernetes.io/selected-node"

// claimsOf names the claims of a Pod's volumes, those of generic ephemeral volumes too.
func claimsOf(pod *corev1.Pod) map[string]string {
	claims := map[string]string{}
	for _, v := range pod.Spec.Volumes {
		switch {
		case v.PersistentVolumeClaim != nil:
			claims[v.Name] = v.PersistentVolumeClaim.ClaimName
		case v.Ephemeral != nil:
			claims[v.Name] = pod.Name + "-" + v.Name
		}
	}
	return claims
}

// claimsReady is empty where every claim is bound and may be used, else the scheduler's reason.
func (n *Node) claimsReady(ctx context.Context, pod *corev1.Pod, pods []*corev1.Pod) string {
	for _, v := range pod.Spec.Volumes {
		name, ok := claimsOf(pod)[v.Name]
		if !ok {
			continue
		}
		claim, err := n.CoreV1().PersistentVolumeClaims(pod.Namespace).Get(ctx, name, metav1.GetOptions{})
		if errors.IsNotFound(err) && v.Ephemeral != nil {
			return fmt.Sprintf("waiting for ephemeral volume controller to create the persistentvolumeclaim %q", name)
		}
		if errors.IsNotFound(err) {
			return fmt.Sprintf("persistentvolumeclaim %q not found", name)
		}
		if err != nil {
			return err.Error()
		}
		if v.Ephemeral != nil && !metav1.IsControlledBy(claim, pod) {
			return fmt.Sprintf("PVC %q was not created for pod %q", name, pod.Name)
		}
		if reason := n.claimReady(ctx, claim); reason != "" {
			return reason
		}
		if once(claim) && usedByAnother(pod, pods, name) {
			return "1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
		}
	}
	return ""
}

func (n *Node) claimReady(ctx context.Context, claim *corev1.PersistentVolumeClaim) string {
	if claim.DeletionTimestamp != nil {
		return fmt.Sprintf("persistentvolumeclaim %q is being deleted", claim.Name)
	}
	if claim.Status.Phase == corev1.ClaimBound {
		return ""
	}
	if claim.Status.Phase == corev1.ClaimLost {
		return fmt.Sprintf("persistentvolumeclaim %q bound to non-existent persistentvolume %q", claim.Name, claim.Spec.VolumeName)
	}
	if n.waitsForConsumer(ctx, claim) && claim.Annotations[selectedNode] == "" {
		updated := claim.DeepCopy()
		metav1.SetMetaDataAnnotation(&updated.ObjectMeta, selectedNode, n.Name)
		if _, err := n.CoreV1().PersistentVolumeClaims(claim.Namespace).Update(ctx, updated, metav1.UpdateOptions{}); err != nil {
			return err.Error()
		}
	}
	return "pod has unbound immediate PersistentVolumeClaims"
}

func (n *Node) waitsForConsumer(ctx context.Context, claim *corev1.PersistentVolumeClaim) bool {
	if claim.Spec.StorageClassName == nil {
		return false
	}
	class, err := n.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
	return err == nil && class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}

func once(claim *corev1.PersistentVolumeClaim) bool {
	for _, mode := range claim.Spec.AccessModes {
		if mode == corev1.ReadWriteOncePod {
			return true
		}
	}
	return false
}

func usedByAnother(pod *corev1.Pod, pods []*corev1.Pod, claim string) bool {
	for _, other := range pods {
		if other.UID == pod.UID || other.Namespace != pod.Namespace || other.Spec.NodeName == "" ||
			other.Status.Phase == corev1.PodSucceeded || other.Status.Phase == corev1.PodFailed {
			continue
		}
		for _, name := range claimsOf(other) {
			if name == claim {
				return true
			}
		}
	}
	return false
}
