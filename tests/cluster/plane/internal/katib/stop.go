package katib

import "strconv"

const (
	minTrialsRequired = 3
	startStep         = 4
)

// stopRules is the median rule, which is a mean: new trials must be as good, after some reports, as the succeeded ones were on average.
func stopRules(e *Experiment, own []*Trial) []Rule {
	if e.Spec.EarlyStopping == nil || e.Spec.EarlyStopping.AlgorithmName != "medianstop" {
		return nil
	}
	required, step := settingOf(e, "min_trials_required", minTrialsRequired), settingOf(e, "start_step", startStep)
	var means []float64
	for _, t := range own {
		if t.state() != "Succeeded" || t.Status.Observation == nil {
			continue
		}
		if value, ok := compared(e.Spec.Objective, t); ok {
			means = append(means, value)
		}
	}
	if len(means) < required {
		return nil
	}
	comparison := "less"
	if e.Spec.Objective.Type == "minimize" {
		comparison = "greater"
	}
	return []Rule{{e.Spec.Objective.ObjectiveMetricName, strconv.FormatFloat(mean(means), 'g', -1, 64), comparison, step}}
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func settingOf(e *Experiment, name string, otherwise int) int {
	for _, s := range e.Spec.EarlyStopping.AlgorithmSettings {
		if n, err := strconv.Atoi(s.Value); err == nil && s.Name == name {
			return n
		}
	}
	return otherwise
}
