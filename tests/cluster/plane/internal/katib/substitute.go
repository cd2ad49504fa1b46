package katib

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

var mapWord = regexp.MustCompile(`^(Labels|Annotations)\[(.+)\]$`)

// templateOf is the Experiment's template, from itself or from a ConfigMap.
func (k *Katib) templateOf(ctx context.Context, e *Experiment) (map[string]any, error) {
	t := e.Spec.TrialTemplate
	if t.ConfigMap == nil {
		return t.TrialSpec, nil
	}
	found, err := k.CoreV1().ConfigMaps(t.ConfigMap.ConfigMapNamespace).Get(ctx, t.ConfigMap.ConfigMapName, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	text, ok := found.Data[t.ConfigMap.TemplatePath]
	if !ok {
		return nil, fmt.Errorf("unable to get value from Trial template path: %s", t.ConfigMap.TemplatePath)
	}
	template := map[string]any{}
	return template, yaml.Unmarshal([]byte(text), &template)
}

// substitute puts the values into the template's JSON text, raw, as Katib does: a quote in a value breaks it.
func substitute(template map[string]any, e *Experiment, assignment TrialAssignment) (map[string]any, error) {
	text := templateText(template)
	used := 0
	for _, p := range e.Spec.TrialTemplate.TrialParameters {
		value, isMeta, err := metaValue(p.Reference, template, e, assignment.Name)
		if err != nil {
			return nil, err
		}
		if !isMeta {
			used++
			found := false
			for _, a := range assignment.ParameterAssignments {
				if a.Name == p.Reference {
					value, found = a.Value, true
				}
			}
			if !found {
				return nil, fmt.Errorf("unable to find parameter %s from ParameterAssignment in TrialParameters", p.Reference)
			}
		}
		text = strings.ReplaceAll(text, "${trialParameters."+p.Name+"}", value)
	}
	if used != len(assignment.ParameterAssignments) {
		return nil, fmt.Errorf("unable to find parameter from ParameterAssignment in TrialParameters: number of TrialAssignments %d != number of nonMetaTrialParameters %d",
			len(assignment.ParameterAssignments), used)
	}
	run := map[string]any{}
	if err := json.Unmarshal([]byte(text), &run); err != nil {
		return nil, fmt.Errorf("unable to convert the template with its values: %w", err)
	}
	object := unstructured.Unstructured{Object: run}
	object.SetName(assignment.Name)
	object.SetNamespace(e.Namespace)
	return object.Object, nil
}

// metaValue is what a reference to the trial itself stands for.
func metaValue(reference string, template map[string]any, e *Experiment, trial string) (value string, isMeta bool, err error) {
	if !metaWord.MatchString(reference) {
		return "", false, nil
	}
	object := unstructured.Unstructured{Object: template}
	word := strings.TrimSuffix(strings.TrimPrefix(reference, "${trialSpec."), "}")
	switch word {
	case "Name":
		return trial, true, nil
	case "Namespace":
		return e.Namespace, true, nil
	case "Kind":
		return object.GetKind(), true, nil
	case "APIVersion":
		return object.GetAPIVersion(), true, nil
	}
	parts := mapWord.FindStringSubmatch(word)
	values := object.GetLabels()
	if parts[1] == "Annotations" {
		values = object.GetAnnotations()
	}
	value, ok := values[parts[2]]
	if !ok {
		return "", true, fmt.Errorf("illegal reference of trial metadata: %s; failed to fetch %s for key: %s", reference, parts[1], parts[2])
	}
	return value, true, nil
}
