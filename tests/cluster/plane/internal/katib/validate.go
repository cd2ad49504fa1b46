package katib

import (
	"fmt"
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	spec = field.NewPath("spec")
	// The name's end is not held to anything, as in Katib.
	nameStart = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?`)
)

const (
	longestName = 40
	badName     = "name must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name', or 'abc-123', regex used for validation is '^[a-z]([-a-z0-9]*[a-z0-9])?)') and may not be longer than 40 characters. "
)

// validate checks a defaulted Experiment as Katib's admission does; before is what it replaces, nil for a new one.
func validate(e, before *Experiment, configured *configuration) field.ErrorList {
	var errs field.ErrorList
	if !nameStart.MatchString(e.Name) || len(e.Name) > longestName {
		errs = append(errs, field.Invalid(field.NewPath("metadata").Child("name"), e.Name, badName))
	}
	errs = append(errs, counts(&e.Spec)...)
	if before != nil {
		errs = append(errs, edit(e, before)...)
	}
	if objective := objectiveErrors(e.Spec.Objective); len(objective) > 0 {
		return append(errs, objective...)
	}
	errs = append(errs, algorithmErrors(&e.Spec, configured)...)
	errs = append(errs, resumeErrors(&e.Spec)...)
	errs = append(errs, spaceErrors(&e.Spec)...)
	errs = append(errs, templateErrors(&e.Spec)...)
	return append(errs, collectorErrors(e.Spec.MetricsCollectorSpec, configured)...)
}

func counts(s *ExperimentSpec) field.ErrorList {
	var errs field.ErrorList
	if n := s.MaxFailedTrialCount; n != nil && *n < 0 {
		errs = append(errs, field.Invalid(spec.Child("maxFailedTrialCount"), *n, "should not be less than 0"))
	}
	if n := s.MaxTrialCount; n != nil && *n <= 0 {
		errs = append(errs, field.Invalid(spec.Child("maxTrialCount"), *n, "must be greater than 0"))
	}
	if n := s.ParallelTrialCount; n != nil && *n <= 0 {
		errs = append(errs, field.Invalid(spec.Child("parallelTrialCount"), *n, "must be greater than 0"))
	}
	if s.MaxTrialCount == nil {
		return errs
	}
	for name, n := range map[string]*int32{"maxFailedTrialCount": s.MaxFailedTrialCount, "parallelTrialCount": s.ParallelTrialCount} {
		if n != nil && *n > *s.MaxTrialCount {
			errs = append(errs, field.Invalid(spec.Child(name), *n, "should be less than or equal to spec.maxTrialCount"))
		}
	}
	return errs
}

// edit is what may not be changed once an Experiment is there.
func edit(e, before *Experiment) field.ErrorList {
	if same(e.Spec, before.Spec) {
		return nil
	}
	var errs field.ErrorList
	if completed(before.Status.Conditions) && !restartable(before) {
		errs = append(errs, field.Invalid(spec.Child("resumePolicy"), before.Spec.ResumePolicy,
			"Experiment can be restarted if it is in succeeded state by reaching max trials and spec.resumePolicy = LongRunning or spec.resumePolicy = FromVolume"))
	}
	if n := e.Spec.MaxTrialCount; n != nil && int(*n) <= before.Status.Trials {
		errs = append(errs, field.Invalid(spec.Child("maxTrialCount"), *n, "must be greater than status.trials count"))
	}
	rest, old := e.Spec, before.Spec
	rest.ParallelTrialCount, rest.MaxTrialCount, rest.MaxFailedTrialCount = old.ParallelTrialCount, old.MaxTrialCount, old.MaxFailedTrialCount
	if !same(rest, old) {
		errs = append(errs, field.Forbidden(spec, "only spec.parallelTrialCount, spec.maxTrialCount and spec.maxFailedTrialCount are editable"))
	}
	return errs
}

func objectiveErrors(o *ObjectiveSpec) field.ErrorList {
	path := spec.Child("objective")
	if o == nil {
		return field.ErrorList{field.Required(path, "must be specified")}
	}
	var errs field.ErrorList
	if o.Type != "minimize" && o.Type != "maximize" {
		errs = append(errs, field.Invalid(path.Child("type"), o.Type, "must be minimize or maximize"))
	}
	if o.ObjectiveMetricName == "" {
		errs = append(errs, field.Required(path.Child("objectiveMetricName"), "must be specified"))
	}
	for _, name := range o.AdditionalMetricNames {
		if name == o.ObjectiveMetricName {
			errs = append(errs, field.Invalid(path.Child("additionalMetricNames"), o.AdditionalMetricNames, "should not contain spec.objective.objectiveMetricName"))
			break
		}
	}
	return errs
}

func algorithmErrors(s *ExperimentSpec, configured *configuration) field.ErrorList {
	path := spec.Child("algorithm")
	var errs field.ErrorList
	switch {
	case s.Algorithm == nil:
		errs = append(errs, field.Required(path, "must be specified"))
	case s.Algorithm.AlgorithmName == "":
		errs = append(errs, field.Required(path.Child("algorithmName"), "must be specified"))
	case !configured.suggests(s.Algorithm.AlgorithmName):
		name := s.Algorithm.AlgorithmName
		errs = append(errs, field.Invalid(path.Child("algorithmName"), name, fmt.Sprintf(
			"unable to get Suggestion config data for algorithm %s: failed to find suggestion config for algorithm: %s in ConfigMap: katib-config", name, name)))
	}
	if s.EarlyStopping == nil {
		return errs
	}
	path = spec.Child("earlyStopping").Child("algorithmName")
	name := s.EarlyStopping.AlgorithmName
	if name == "" {
		return append(errs, field.Required(path, "must be specified"))
	}
	if !configured.stops(name) {
		errs = append(errs, field.Invalid(path, name, fmt.Sprintf(
			"unable to get EarlyStopping config data for algorithm %s: failed to find early stopping config for algorithm: %s in ConfigMap: katib-config", name, name)))
	}
	return errs
}

func resumeErrors(s *ExperimentSpec) field.ErrorList {
	switch s.ResumePolicy {
	case "", "Never", "LongRunning", "FromVolume":
		return nil
	}
	return field.ErrorList{field.Invalid(spec.Child("resumePolicy"), s.ResumePolicy, "invalid ResumePolicyType")}
}

func spaceErrors(s *ExperimentSpec) field.ErrorList {
	if len(s.Parameters) == 0 && s.NasConfig == nil {
		return field.ErrorList{field.Required(spec.Child("parameters"), "spec.parameters or spec.nasConfig must be specified")}
	}
	if len(s.Parameters) > 0 && s.NasConfig != nil {
		return field.ErrorList{field.Invalid(spec.Child("parameters"), s.Parameters, "only one of spec.parameters and spec.nasConfig can be specified")}
	}
	var errs field.ErrorList
	for i := range s.Parameters {
		errs = append(errs, parameterErrors(&s.Parameters[i], spec.Child("parameters").Index(i))...)
	}
	return errs
}

func parameterErrors(p *ParameterSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	space := p.FeasibleSpace
	switch space.Distribution {
	case "uniform", "logUniform", "normal", "logNormal", "unknown":
	default:
		errs = append(errs, field.Invalid(path.Child("feasibleSpace").Child("distribution"), space.Distribution,
			fmt.Sprintf("distribution: %s is not supported", space.Distribution)))
	}
	switch p.ParameterType {
	case "int", "double":
		if len(space.List) > 0 {
			errs = append(errs, field.Forbidden(path.Child("feasibleSpace").Child("list"), "feasibleSpace.list is not supported for parameterType: "+p.ParameterType))
		}
		if space.Max == "" || space.Min == "" {
			errs = append(errs, field.Required(path.Child("feasibleSpace").Child("max"), "feasibleSpace.max or feasibleSpace.min must be specified for parameterType: "+p.ParameterType))
		}
	case "categorical", "discrete":
		if space.Max != "" || space.Min != "" || space.Step != "" {
			errs = append(errs, field.Forbidden(path.Child("feasibleSpace"), "feasibleSpace .max, .min and .step is not supported for parameterType: "+p.ParameterType))
		}
	case "unknown":
	default:
		errs = append(errs, field.Invalid(path.Child("parameterType"), p.ParameterType, fmt.Sprintf("parameterType: %s is not supported", p.ParameterType)))
	}
	return errs
}

func collectorErrors(m *MetricsCollectorSpec, configured *configuration) field.ErrorList {
	path := spec.Child("metricsCollectorSpec")
	kind := m.Collector.Kind
	switch kind {
	case "StdOut", "Push", "File", "TensorFlowEvent", "PrometheusMetric", "Custom":
	default:
		return field.ErrorList{field.Invalid(path.Child("collector").Child("kind"), kind, "invalid metrics collector kind: "+kind)}
	}
	if kind != "Push" && kind != "Custom" && !configured.collects(kind) {
		return field.ErrorList{field.Invalid(path.Child("collector").Child("kind"), kind, fmt.Sprintf(
			"GetMetricsCollectorConfigData failed: failed to find metrics collector config for kind: %s in ConfigMap: katib-config", kind))}
	}
	if kind != "File" {
		return nil
	}
	return fileErrors(m.Source, path.Child("source"))
}

func fileErrors(source *SourceSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	file := source.FileSystemPath
	if file.Kind != "File" || len(file.Path) == 0 || file.Path[0] != '/' {
		errs = append(errs, field.Invalid(path.Child("fileSystemPath").Child("path"), file.Path, "file path where metrics file exists is required by .spec.metricsCollectorSpec.source.fileSystemPath.path"))
	}
	if file.Format != "TEXT" && file.Format != "JSON" {
		errs = append(errs, field.Invalid(path.Child("fileSystemPath").Child("format"), file.Format, "format of metrics file is required by .spec.metricsCollectorSpec.source.fileSystemPath.format"))
	}
	if source.Filter == nil {
		return errs
	}
	if file.Format == "JSON" {
		errs = append(errs, field.Invalid(path.Child("filter"), "", "filter must be nil when format of metrics file is json"))
	}
	for _, format := range source.Filter.MetricsFormat {
		if expression, err := regexp.Compile(format); err != nil {
			errs = append(errs, field.Invalid(path.Child("filter").Child("metricsFormat"), format, "invalid metrics filter: "+err.Error()))
		} else if expression.NumSubexp() < 2 {
			errs = append(errs, field.Invalid(path.Child("filter").Child("metricsFormat"), format, "two top subexpressions are required"))
		}
	}
	return errs
}
