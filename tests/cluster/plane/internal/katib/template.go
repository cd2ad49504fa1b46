package katib

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	placeholder  = regexp.MustCompile(`\$\{trialParameters\..+?\}`)
	metaWord     = regexp.MustCompile(`^\$\{trialSpec\.(Name|Namespace|Kind|APIVersion|Labels\[.+\]|Annotations\[.+\])\}$`)
	trialPath    = spec.Child("trialTemplate")
	trialNames   = trialPath.Child("trialParameters")
	trialSpecKey = trialPath.Child("trialSpec")
)

// templateErrors checks the trial template: its fields, its placeholders, and that Kubernetes reads the Job as it was written.
func templateErrors(s *ExperimentSpec) field.ErrorList {
	t := s.TrialTemplate
	if t == nil {
		return field.ErrorList{field.Required(trialPath, "must be specified")}
	}
	var errs field.ErrorList
	if t.PrimaryContainerName == "" {
		errs = append(errs, field.Required(trialPath.Child("primaryContainerName"), "must be specified"))
	}
	if t.SuccessCondition == "" || t.FailureCondition == "" {
		errs = append(errs, field.Required(trialPath, "successCondition and failureCondition must be specified"))
	}
	if len(t.TrialParameters) == 0 {
		errs = append(errs, field.Required(trialNames, "must be specified"))
	}
	if (t.TrialSpec == nil) == (t.ConfigMap == nil) {
		return append(errs, field.Required(trialPath, "spec.trialTemplate.trialSpec or spec.trialTemplate.configMap must be specified"))
	}
	if t.ConfigMap != nil {
		return append(errs, configMapErrors(t.ConfigMap)...)
	}
	if len(errs) > 0 {
		return errs
	}
	text, found := placeholders(s)
	if len(found) > 0 {
		return found
	}
	return objectErrors(text)
}

func configMapErrors(c *ConfigMapSource) field.ErrorList {
	if c.ConfigMapName == "" || c.ConfigMapNamespace == "" || c.TemplatePath == "" {
		return field.ErrorList{field.Required(trialPath.Child("configMap"), "configMapName, configMapNamespace and templatePath must be specified")}
	}
	return nil
}

// placeholders checks names and references; it returns the template with every placeholder filled.
func placeholders(s *ExperimentSpec) (string, field.ErrorList) {
	text := templateText(s.TrialTemplate.TrialSpec)
	var errs field.ErrorList
	names, references := map[string]bool{}, map[string]bool{}
	for i, p := range s.TrialTemplate.TrialParameters {
		path := trialNames.Index(i)
		if p.Name == "" || p.Reference == "" || strings.ContainsAny(p.Name, "{}") {
			errs = append(errs, field.Invalid(path, "", "name and reference must be specified and name must not contain '{' or '}'"))
			continue
		}
		if names[p.Name] {
			errs = append(errs, field.Invalid(path.Child("name"), p.Name, fmt.Sprintf("parameter name %s can't be duplicated in spec.trialTemplate.trialParameters", p.Name)))
		}
		if references[p.Reference] {
			errs = append(errs, field.Invalid(path.Child("reference"), p.Reference, fmt.Sprintf("parameter reference %s can't be duplicated in spec.trialTemplate.trialParameters", p.Reference)))
		}
		names[p.Name], references[p.Reference] = true, true
		if !known(s.Parameters, p.Reference) && !metaWord.MatchString(p.Reference) {
			errs = append(errs, field.Invalid(path.Child("reference"), p.Reference, fmt.Sprintf("parameter reference %s does not exist in spec.parameters: %v", p.Reference, parameterNames(s.Parameters))))
		}
		word := "${trialParameters." + p.Name + "}"
		if !strings.Contains(text, word) {
			errs = append(errs, field.Invalid(path.Child("name"), p.Name, fmt.Sprintf("parameter name: %s in spec.trialParameters not found in spec.trialTemplate: %s", p.Name, text)))
		}
		text = strings.ReplaceAll(text, word, "test-value")
	}
	if left := placeholder.FindAllString(text, -1); len(left) > 0 {
		errs = append(errs, field.Invalid(trialPath, "", fmt.Sprintf("parameters: %v in spec.trialTemplate not found in spec.trialParameters: %v", left, s.TrialTemplate.TrialParameters)))
	}
	return text, errs
}

func known(parameters []ParameterSpec, name string) bool {
	for _, p := range parameters {
		if p.Name == name {
			return true
		}
	}
	return false
}

func parameterNames(parameters []ParameterSpec) []string {
	var names []string
	for _, p := range parameters {
		names = append(names, p.Name)
	}
	return names
}

// objectErrors looks at the template as an object, and as a Job where it is one.
func objectErrors(text string) field.ErrorList {
	object := map[string]any{}
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return field.ErrorList{field.Invalid(trialPath, text, "unable to convert spec.trialTemplate: "+err.Error())}
	}
	if meta, ok := object["metadata"].(map[string]any); ok && (meta["name"] != nil || meta["namespace"] != nil) {
		return field.ErrorList{field.Invalid(trialSpecKey, "", "metadata.name and metadata.namespace in spec.trialTemplate must be omitted")}
	}
	if text, _ := object["apiVersion"].(string); text == "" {
		return field.ErrorList{field.Required(trialSpecKey.Child("apiVersion"), "must be specified")}
	}
	if text, _ := object["kind"].(string); text == "" {
		return field.ErrorList{field.Required(trialSpecKey.Child("kind"), "must be specified")}
	}
	if object["kind"] != "Job" || object["apiVersion"] != "batch/v1" {
		return nil
	}
	if complaint := notAJob(text, object); complaint != "" {
		return field.ErrorList{field.Invalid(trialPath, "", "invalid spec.trialTemplate: "+complaint)}
	}
	return nil
}

// notAJob is empty where every field comes back from a typed Job as it went in; resource quantities may be written in another way.
func notAJob(text string, object map[string]any) string {
	job := &batchv1.Job{}
	if err := json.Unmarshal([]byte(text), job); err != nil {
		return fmt.Sprintf("unable to convert: %v", err)
	}
	again := map[string]any{}
	back, err := json.Marshal(job)
	if err == nil {
		err = json.Unmarshal(back, &again)
	}
	if err != nil {
		return err.Error()
	}
	return lost("", object, again)
}

func lost(path string, before, after any) string {
	if strings.Contains(path, "/resources/limits/") || strings.Contains(path, "/resources/requests/") {
		return ""
	}
	switch old := before.(type) {
	case map[string]any:
		now, ok := after.(map[string]any)
		for key, value := range old {
			if !ok || now[key] == nil && value != nil {
				return fmt.Sprintf("unable to convert: %s/%s - %v to Job", path, key, value)
			}
			if complaint := lost(path+"/"+key, value, now[key]); complaint != "" {
				return complaint
			}
		}
		return ""
	case []any:
		now, _ := after.([]any)
		for i, value := range old {
			if i >= len(now) {
				return fmt.Sprintf("unable to convert: %s/%d - %v to Job", path, i, value)
			}
			if complaint := lost(fmt.Sprintf("%s/%d", path, i), value, now[i]); complaint != "" {
				return complaint
			}
		}
		return ""
	}
	if before != nil && before != after {
		return fmt.Sprintf("unable to convert: %s - %v to Job", path, before)
	}
	return ""
}

// templateText is the template as JSON in which shell words stand as they were written.
func templateText(template map[string]any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(template)
	return strings.TrimSuffix(text.String(), "\n")
}

func same(a, b any) bool {
	one, _ := json.Marshal(a)
	other, _ := json.Marshal(b)
	return bytes.Equal(one, other)
}
