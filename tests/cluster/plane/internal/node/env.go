package node

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

var reference = regexp.MustCompile(`\$\$|\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)`)

// variables of a container's environment, in no order.
type variables map[string]string

// expand replaces $(NAME) by a known variable's value, and $$ by $.
func (v variables) expand(text string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		if found == "$$" {
			return "$"
		}
		if value, ok := v[found[2:len(found)-1]]; ok {
			return value
		}
		return found
	})
}

func (v variables) list() []string {
	var all []string
	for name, value := range v {
		all = append(all, name+"="+value)
	}
	return all
}

// environment is the image's, then the service's, then what the Pod says, in the order in which it says it.
func (w *worker) environment(spec *corev1.Container, image *image) (variables, error) {
	v := variables{"PATH": defaultPath, "HOSTNAME": w.hostname(), "HOME": "/root"}
	for name, value := range image.Env {
		v[name] = value
	}
	v["KUBERNETES_SERVICE_HOST"], v["KUBERNETES_SERVICE_PORT"] = w.node.APIHost, strconv.Itoa(w.node.APIPort)
	v["KUBERNETES_SERVICE_PORT_HTTPS"] = v["KUBERNETES_SERVICE_PORT"]
	for _, from := range spec.EnvFrom {
		if err := w.importFrom(v, from); err != nil {
			return nil, err
		}
	}
	for _, e := range spec.Env {
		value, there, err := w.value(v, e, spec)
		if err != nil {
			return nil, err
		}
		if there {
			v[e.Name] = value
		}
	}
	return v, nil
}

func (w *worker) importFrom(v variables, from corev1.EnvFromSource) error {
	data := map[string][]byte{}
	var err error
	if from.ConfigMapRef != nil {
		data, err = w.configMap(from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
	} else if from.SecretRef != nil {
		data, err = w.secret(from.SecretRef.Name, from.SecretRef.Optional)
	}
	for key, value := range data {
		v[from.Prefix+key] = string(value)
	}
	return err
}

func (w *worker) value(v variables, e corev1.EnvVar, spec *corev1.Container) (value string, there bool, err error) {
	from := e.ValueFrom
	switch {
	case from == nil:
		return v.expand(e.Value), true, nil
	case from.FieldRef != nil:
		value, err = w.field(from.FieldRef.FieldPath)
		return value, err == nil, err
	case from.ResourceFieldRef != nil:
		return w.resource(from.ResourceFieldRef, spec), true, nil
	case from.ConfigMapKeyRef != nil:
		data, err := w.configMap(from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Optional)
		return pick(data, err, "configmap", w.pod.Namespace+"/"+from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key, from.ConfigMapKeyRef.Optional)
	case from.SecretKeyRef != nil:
		data, err := w.secret(from.SecretKeyRef.Name, from.SecretKeyRef.Optional)
		return pick(data, err, "secret", w.pod.Namespace+"/"+from.SecretKeyRef.Name, from.SecretKeyRef.Key, from.SecretKeyRef.Optional)
	}
	return "", false, fmt.Errorf("env %s: this node knows no such source", e.Name)
}

func pick(data map[string][]byte, err error, kind, name, key string, optional *bool) (string, bool, error) {
	if err != nil {
		return "", false, err
	}
	value, ok := data[key]
	if !ok && (optional == nil || !*optional) {
		return "", false, fmt.Errorf("couldn't find key %s in %s %s", key, kind, name)
	}
	return string(value), ok, nil
}

// field is a path of the downward API.
func (w *worker) field(path string) (string, error) {
	for prefix, values := range map[string]map[string]string{"metadata.labels['": w.pod.Labels, "metadata.annotations['": w.pod.Annotations} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			return values[strings.TrimSuffix(rest, "']")], nil
		}
	}
	known := map[string]string{
		"metadata.name": w.pod.Name, "metadata.namespace": w.pod.Namespace, "metadata.uid": string(w.pod.UID),
		"metadata.labels": pairs(w.pod.Labels), "metadata.annotations": pairs(w.pod.Annotations),
		"spec.nodeName": w.node.Name, "spec.serviceAccountName": w.pod.Spec.ServiceAccountName,
		"status.hostIP": "127.0.0.1", "status.podIP": "127.0.0.1", "status.podIPs": "127.0.0.1", "status.hostIPs": "127.0.0.1",
	}
	value, ok := known[path]
	if !ok {
		return "", fmt.Errorf("unsupported fieldPath: %s", path)
	}
	return value, nil
}

func pairs(values map[string]string) string {
	var text strings.Builder
	for _, key := range sorted(values) {
		fmt.Fprintf(&text, "%s=%q\n", key, values[key])
	}
	return text.String()
}

func (w *worker) resource(ref *corev1.ResourceFieldSelector, spec *corev1.Container) string {
	kind, name, _ := strings.Cut(ref.Resource, ".")
	list := spec.Resources.Limits
	if kind == "requests" {
		list = spec.Resources.Requests
	}
	quantity, ok := list[corev1.ResourceName(name)]
	if !ok {
		quantity = w.node.Capacity[corev1.ResourceName(name)]
	}
	divisor := ref.Divisor.Value()
	if divisor == 0 {
		divisor = 1
	}
	return strconv.FormatInt((quantity.Value()+divisor-1)/divisor, 10)
}

func (w *worker) hostname() string {
	if w.pod.Spec.Hostname != "" {
		return w.pod.Spec.Hostname
	}
	return w.pod.Name
}

func (w *worker) configMap(name string, optional *bool) (map[string][]byte, error) {
	found, err := w.node.CoreV1().ConfigMaps(w.pod.Namespace).Get(w.ctx, name, metav1.GetOptions{})
	if errors.IsNotFound(err) && optional != nil && *optional {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	data := map[string][]byte{}
	for key, text := range found.Data {
		data[key] = []byte(text)
	}
	for key, bytes := range found.BinaryData {
		data[key] = bytes
	}
	return data, nil
}

func (w *worker) secret(name string, optional *bool) (map[string][]byte, error) {
	found, err := w.node.CoreV1().Secrets(w.pod.Namespace).Get(w.ctx, name, metav1.GetOptions{})
	if errors.IsNotFound(err) && optional != nil && *optional {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return found.Data, nil
}

// hostMounts lists the machine's mounts that a container with the machine's own root shows too: all but the kernel's and the node's own.
func hostMounts(own string) []string {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	var paths []string
	for _, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 5 || fields[4] == "/" {
			continue
		}
		if path := fields[4]; !within(path, "/proc") && !within(path, "/sys") && !within(path, "/dev") && !within(path, own) {
			paths = append(paths, path)
		}
	}
	return paths
}

func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }
