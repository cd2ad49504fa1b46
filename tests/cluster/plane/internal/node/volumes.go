package node

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// mountVolumes makes a folder for each volume; the error is what a kubelet would say of the first that cannot be had.
func (w *worker) mountVolumes() error {
	for i := range w.pod.Spec.Volumes {
		v := &w.pod.Spec.Volumes[i]
		folder, err := w.volume(v)
		if err != nil {
			return fmt.Errorf("MountVolume.SetUp failed for volume %q : %w", v.Name, err)
		}
		w.volumes[v.Name] = folder
	}
	return nil
}

// volume returns the folder behind a volume, made and filled.
func (w *worker) volume(v *corev1.Volume) (string, error) {
	own := filepath.Join(w.folder, "volumes", v.Name)
	switch {
	case v.EmptyDir != nil:
		return own, w.emptyFolder(own)
	case v.HostPath != nil:
		return v.HostPath.Path, nil
	case v.PersistentVolumeClaim != nil, v.Ephemeral != nil:
		return w.claimed(claimsOf(w.pod)[v.Name])
	}
	files, err := w.payload(v)
	if err != nil {
		return "", err
	}
	return own, files.write(own)
}

func (w *worker) emptyFolder(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	return os.Chmod(path, 0o777)
}

// claimed is the folder of the volume to which a claim is bound.
func (w *worker) claimed(name string) (string, error) {
	claim, err := w.node.CoreV1().PersistentVolumeClaims(w.pod.Namespace).Get(w.ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	volume, err := w.node.CoreV1().PersistentVolumes().Get(w.ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	switch {
	case volume.Spec.HostPath != nil:
		return volume.Spec.HostPath.Path, nil
	case volume.Spec.CSI != nil:
		folder := volume.Spec.CSI.VolumeAttributes["folder"]
		_, err := os.Stat(folder)
		return folder, err
	}
	return "", fmt.Errorf("persistentvolume %q: this node knows no such source", volume.Name)
}

// refreshVolumes writes again what comes from the API: ConfigMaps, Secrets, tokens, the downward API.
func (w *worker) refreshVolumes() error {
	for i := range w.pod.Spec.Volumes {
		v := &w.pod.Spec.Volumes[i]
		if v.ConfigMap == nil && v.Secret == nil && v.Projected == nil && v.DownwardAPI == nil {
			continue
		}
		if _, err := w.volume(v); err != nil {
			return fmt.Errorf("volume %q: %w", v.Name, err)
		}
	}
	return nil
}

// binds are the mounts of a container.
func (w *worker) binds(spec *corev1.Container, env variables) ([]bind, error) {
	var all []bind
	for _, m := range spec.VolumeMounts {
		folder, ok := w.volumes[m.Name]
		if !ok {
			return nil, fmt.Errorf("container %s: found no volume %q", spec.Name, m.Name)
		}
		sub := m.SubPath
		if m.SubPathExpr != "" {
			sub = env.expand(m.SubPathExpr)
		}
		source, err := below(folder, sub)
		if err != nil {
			return nil, err
		}
		all = append(all, bind{Source: source, Target: path.Clean(m.MountPath), ReadOnly: m.ReadOnly || w.readOnly(m.Name)})
	}
	return all, nil
}

func (w *worker) readOnly(volume string) bool {
	for _, v := range w.pod.Spec.Volumes {
		if v.Name == volume {
			return v.ConfigMap != nil || v.Secret != nil || v.Projected != nil || v.DownwardAPI != nil ||
				v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ReadOnly
		}
	}
	return false
}

// below is a sub path of a volume, made as a folder where it is absent.
func below(folder, sub string) (string, error) {
	if sub == "" {
		return folder, nil
	}
	inside := filepath.Join(folder, filepath.Clean("/"+sub))
	if _, err := os.Stat(inside); err == nil {
		return filepath.EvalSymlinks(inside)
	}
	return inside, os.MkdirAll(inside, 0o755)
}
