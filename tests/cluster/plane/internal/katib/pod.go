package katib

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	experimentLabel = "katib.kubeflow.org/experiment"
	trialLabel      = "katib.kubeflow.org/trial"
	metricsVolume   = "metrics-volume"
	collectorName   = "metrics-logger-and-collector"
)

// mutatePod gives a trial's Pod its labels, the wrapped command, and the sidecar that collects metrics.
func (k *Katib) mutatePod(ctx context.Context, request *admissionv1.AdmissionRequest) ([]operation, error) {
	pod := &corev1.Pod{}
	if err := json.Unmarshal(request.Object.Raw, pod); err != nil {
		return nil, err
	}
	trial := k.trialOf(ctx, request.Namespace, pod)
	if trial == nil || k.settings(ctx).On("no-sidecar") {
		return nil, nil
	}
	main := containerNamed(pod, trial.Spec.PrimaryContainerName)
	if main == nil {
		return nil, fmt.Errorf("unable to find primary container %q in mutated pod containers", trial.Spec.PrimaryContainerName)
	}
	label(pod, trial)
	main.Env = append(main.Env, corev1.EnvVar{Name: "KATIB_TRIAL_NAME", ValueFrom: &corev1.EnvVarSource{
		FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels['" + trialLabel + "']"},
	}})
	if kind := trial.Spec.MetricsCollector.Collector.Kind; kind == "StdOut" || kind == "File" {
		if err := k.addCollector(ctx, pod, main, trial); err != nil {
			return nil, err
		}
	}
	return []operation{{"add", "/metadata/labels", pod.Labels}, {"replace", "/spec", pod.Spec}}, nil
}

// trialOf finds the Trial at the root of a Pod's owners; nil for a Pod that is none of ours.
func (k *Katib) trialOf(ctx context.Context, namespace string, pod *corev1.Pod) *Trial {
	owner := metav1.GetControllerOf(pod)
	if owner == nil || owner.Kind != "Job" {
		return nil
	}
	job, err := k.BatchV1().Jobs(namespace).Get(ctx, owner.Name, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	if owner = metav1.GetControllerOf(job); owner == nil || owner.Kind != "Trial" {
		return nil
	}
	trial := &Trial{}
	if err := k.get(ctx, trials, namespace, owner.Name, trial); err != nil {
		return nil
	}
	return trial
}

func containerNamed(pod *corev1.Pod, name string) *corev1.Container {
	for i := range pod.Spec.Containers {
		if pod.Spec.Containers[i].Name == name {
			return &pod.Spec.Containers[i]
		}
	}
	return nil
}

func label(pod *corev1.Pod, trial *Trial) {
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	for name, value := range trial.Labels {
		pod.Labels[name] = value
	}
	pod.Labels[trialLabel] = trial.Name
}

func (k *Katib) addCollector(ctx context.Context, pod *corev1.Pod, main *corev1.Container, trial *Trial) error {
	collector := trial.Spec.MetricsCollector
	kind, file := collector.Collector.Kind, metricsFile
	if kind == "File" {
		file = collector.Source.FileSystemPath.Path
	}
	words := append(append([]string{}, main.Command...), main.Args...)
	if len(main.Command) == 0 {
		return fmt.Errorf("unable to get the command of container %q: the image's own is not known here", main.Name)
	}
	main.Command, main.Args = wrap(words, path.Dir(file), kind, len(trial.Spec.EarlyStoppingRules) > 0)
	mount := corev1.VolumeMount{Name: metricsVolume, MountPath: path.Dir(file)}
	main.VolumeMounts = append(main.VolumeMounts, mount)
	pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: metricsVolume, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
	pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{
		Name: collectorName, Image: configure(ctx, k).collector(kind), Args: k.collectorArguments(trial, file), VolumeMounts: []corev1.VolumeMount{mount},
		Resources: corev1.ResourceRequirements{Limits: quantities("500m", "100Mi", "5Gi"), Requests: quantities("50m", "10Mi", "500Mi")},
	})
	yes := true
	pod.Spec.ShareProcessNamespace = &yes
	return nil
}

func quantities(cpu, memory, storage string) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory), corev1.ResourceEphemeralStorage: resource.MustParse(storage),
	}
}

// wrap joins a command's words by spaces, unquoted, and appends the marker of its end, as Katib does.
func wrap(words []string, folder, kind string, rules bool) (command, arguments []string) {
	shell := []string{"sh", "-c"}
	if len(words) > 1 && (words[0] == "sh" || words[0] == "bash") && words[1] == "-c" {
		shell, words = words[:2], words[2:]
	}
	line := strings.Join(words, " ")
	if kind == "StdOut" {
		line += " 1>" + metricsFile + " 2>&1"
	}
	marker := folder + "/$$$$.pid"
	if rules {
		line += fmt.Sprintf(" || if test -f %s && [ $(head -n 1 %s) = early-stopped ]; then echo early-stopped; else echo failed; exit 1; fi", marker, marker)
	}
	return shell, []string{line + " && echo completed > " + marker}
}

func (k *Katib) collectorArguments(trial *Trial, file string) []string {
	objective := trial.Spec.Objective
	arguments := []string{
		"-trial", trial.Name, "-namespace", trial.Namespace, "-path", file, "-to", fmt.Sprintf("https://127.0.0.1:%d/report", k.Port),
		"-ca", path.Join(k.PKI, "ca.crt"), "-metrics", strings.Join(append([]string{objective.ObjectiveMetricName}, objective.AdditionalMetricNames...), ";"),
	}
	source := trial.Spec.MetricsCollector.Source
	if source != nil && source.FileSystemPath != nil && source.FileSystemPath.Format == "JSON" {
		arguments = append(arguments, "-format", "JSON")
	}
	if source != nil && source.Filter != nil {
		for _, filter := range source.Filter.MetricsFormat {
			arguments = append(arguments, "-filter", filter)
		}
	}
	for _, rule := range trial.Spec.EarlyStoppingRules {
		arguments = append(arguments, "-stop-rule", fmt.Sprintf("%s;%s;%s;%d", rule.Name, rule.Value, rule.Comparison, rule.StartStep), "-type", objective.Type)
	}
	return arguments
}
