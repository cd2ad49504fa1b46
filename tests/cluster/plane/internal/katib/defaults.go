package katib

const (
	completeCondition = `status.conditions.#(type=="Complete")#|#(status=="True")#`
	failedCondition   = `status.conditions.#(type=="Failed")#|#(status=="True")#`
	metricsFile       = "/var/log/katib/metrics.log"
)

// setDefaults fills what the user left out.
func setDefaults(spec *ExperimentSpec) {
	if spec.ParallelTrialCount == nil {
		three := int32(3)
		spec.ParallelTrialCount = &three
	}
	if spec.ResumePolicy == "" {
		spec.ResumePolicy = "Never"
	}
	for i := range spec.Parameters {
		if spec.Parameters[i].FeasibleSpace.Distribution == "" {
			spec.Parameters[i].FeasibleSpace.Distribution = "uniform"
		}
	}
	if spec.Objective != nil {
		spec.Objective.setStrategies()
	}
	if spec.TrialTemplate != nil {
		spec.TrialTemplate.setConditions()
	}
	spec.setCollector()
}

// setStrategies gives each metric the value that counts.
func (o *ObjectiveSpec) setStrategies() {
	strategy := map[string]string{"minimize": "min", "maximize": "max"}[o.Type]
	if strategy == "" {
		strategy = "latest"
	}
	for _, name := range append([]string{o.ObjectiveMetricName}, o.AdditionalMetricNames...) {
		if o.strategyOf(name) == "" {
			o.MetricStrategies = append(o.MetricStrategies, MetricStrategy{name, strategy})
		}
	}
}

func (o *ObjectiveSpec) strategyOf(name string) string {
	for _, s := range o.MetricStrategies {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

func (t *TrialTemplate) setConditions() {
	if kind, _ := t.TrialSpec["kind"].(string); kind != "Job" {
		return
	}
	if t.SuccessCondition == "" {
		t.SuccessCondition = completeCondition
	}
	if t.FailureCondition == "" {
		t.FailureCondition = failedCondition
	}
}

func (spec *ExperimentSpec) setCollector() {
	if spec.MetricsCollectorSpec == nil {
		spec.MetricsCollectorSpec = &MetricsCollectorSpec{}
	}
	m := spec.MetricsCollectorSpec
	if m.Collector == nil {
		m.Collector = &CollectorSpec{Kind: "StdOut"}
	}
	if m.Collector.Kind != "File" {
		return
	}
	if m.Source == nil {
		m.Source = &SourceSpec{}
	}
	if m.Source.FileSystemPath == nil {
		m.Source.FileSystemPath = &FileSystemPath{}
	}
	path := m.Source.FileSystemPath
	for _, field := range []struct {
		to        *string
		otherwise string
	}{{&path.Kind, "File"}, {&path.Path, metricsFile}, {&path.Format, "TEXT"}} {
		if *field.to == "" {
			*field.to = field.otherwise
		}
	}
}
