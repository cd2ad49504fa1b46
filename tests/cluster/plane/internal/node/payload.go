package node

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const defaultMode = int32(0o644)

// file is one file of a volume whose content comes from the API.
type file struct {
	data []byte
	mode int32
}

// files by path within the volume.
type files map[string]file

// payload reads what a ConfigMap, Secret, downward API or projected volume shows.
func (w *worker) payload(v *corev1.Volume) (files, error) {
	all := files{}
	switch {
	case v.ConfigMap != nil:
		source := &corev1.ConfigMapProjection{LocalObjectReference: v.ConfigMap.LocalObjectReference, Items: v.ConfigMap.Items, Optional: v.ConfigMap.Optional}
		return all, w.project(all, corev1.VolumeProjection{ConfigMap: source}, v.ConfigMap.DefaultMode)
	case v.Secret != nil:
		source := &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: v.Secret.SecretName}, Items: v.Secret.Items, Optional: v.Secret.Optional}
		return all, w.project(all, corev1.VolumeProjection{Secret: source}, v.Secret.DefaultMode)
	case v.DownwardAPI != nil:
		return all, w.project(all, corev1.VolumeProjection{DownwardAPI: &corev1.DownwardAPIProjection{Items: v.DownwardAPI.Items}}, v.DownwardAPI.DefaultMode)
	case v.Projected != nil:
		for _, source := range v.Projected.Sources {
			if err := w.project(all, source, v.Projected.DefaultMode); err != nil {
				return nil, err
			}
		}
		return all, nil
	}
	return nil, fmt.Errorf("this node knows no such kind of volume")
}

// project adds one source's files.
func (w *worker) project(all files, source corev1.VolumeProjection, mode *int32) error {
	switch {
	case source.ConfigMap != nil:
		data, err := w.configMap(source.ConfigMap.Name, source.ConfigMap.Optional)
		if err != nil {
			return err
		}
		return all.choose(data, source.ConfigMap.Items, mode, "configmap "+source.ConfigMap.Name, source.ConfigMap.Optional)
	case source.Secret != nil:
		data, err := w.secret(source.Secret.Name, source.Secret.Optional)
		if err != nil {
			return err
		}
		return all.choose(data, source.Secret.Items, mode, "secret "+source.Secret.Name, source.Secret.Optional)
	case source.ServiceAccountToken != nil:
		token, err := w.token(source.ServiceAccountToken)
		if err != nil {
			return err
		}
		all[source.ServiceAccountToken.Path] = file{[]byte(token), 0o644}
		return nil
	case source.DownwardAPI != nil:
		return w.downward(all, source.DownwardAPI.Items, mode)
	}
	return fmt.Errorf("this node knows no such kind of projection")
}

func (w *worker) downward(all files, items []corev1.DownwardAPIVolumeFile, mode *int32) error {
	for _, item := range items {
		text := ""
		if item.FieldRef != nil {
			value, err := w.field(item.FieldRef.FieldPath)
			if err != nil {
				return err
			}
			text = value
		} else if item.ResourceFieldRef != nil {
			text = w.resource(item.ResourceFieldRef, w.container(item.ResourceFieldRef.ContainerName))
		}
		all[item.Path] = file{[]byte(text), modeOf(item.Mode, mode)}
	}
	return nil
}

func (w *worker) container(name string) *corev1.Container {
	for i := range w.pod.Spec.Containers {
		if w.pod.Spec.Containers[i].Name == name {
			return &w.pod.Spec.Containers[i]
		}
	}
	return &corev1.Container{}
}

// choose takes the named keys, or all.
func (f files) choose(data map[string][]byte, items []corev1.KeyToPath, mode *int32, source string, optional *bool) error {
	if len(items) == 0 {
		for key, bytes := range data {
			f[key] = file{bytes, modeOf(nil, mode)}
		}
		return nil
	}
	for _, item := range items {
		bytes, ok := data[item.Key]
		if !ok && optional != nil && *optional {
			continue
		}
		if !ok {
			return fmt.Errorf("%s references non-existent config key: %s", source, item.Key)
		}
		f[item.Path] = file{bytes, modeOf(item.Mode, mode)}
	}
	return nil
}

func modeOf(own, otherwise *int32) int32 {
	if own != nil {
		return *own
	}
	if otherwise != nil {
		return *otherwise
	}
	return defaultMode
}

// write puts the files into a folder as a kubelet does: a new folder of data, and a link that is moved to it in one step, so that a
// reader sees all files of one moment.
func (f files) write(folder string) error {
	if f.same(filepath.Join(folder, "..data")) {
		return nil
	}
	name := ".." + time.Now().UTC().Format("2006_01_02_15_04_05.000000000")
	fresh := filepath.Join(folder, name)
	for path, content := range f {
		target := filepath.Join(fresh, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, content.data, 0o600); err != nil {
			return err
		}
		if err := os.Chmod(target, os.FileMode(content.mode)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return err
	}
	before, _ := os.Readlink(filepath.Join(folder, "..data"))
	if err := os.Symlink(name, filepath.Join(folder, "..data_tmp")); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")); err != nil {
		return err
	}
	if before != "" {
		_ = os.RemoveAll(filepath.Join(folder, before))
	}
	return f.links(folder)
}

func (f files) same(folder string) bool {
	for path, content := range f {
		there, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil || string(there) != string(content.data) {
			return false
		}
	}
	return len(f) > 0
}

// links shows each top-level name of the data in the volume itself.
func (f files) links(folder string) error {
	for path := range f {
		top, _, _ := strings.Cut(filepath.Clean(path), "/")
		err := os.Symlink(filepath.Join("..data", top), filepath.Join(folder, top))
		if err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

func sorted(values map[string]string) []string {
	var keys []string
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
