package katib

import "strconv"

const (
	minTrialsRequired = 3
	startStep         = 4
)

// stopRules is the median rule, which is a mean: the value that the succeeded trials had on average in their first reports.
func (k *Katib) stopRules(e *Experiment, own []*Trial) []Rule {
	if e.Spec.EarlyStopping == nil || e.Spec.EarlyStopping.AlgorithmName != "medianstop" {
		return nil
	}
	required, step := settingOf(e, "min_trials_required", minTrialsRequired), settingOf(e, "start_step", startStep)
	var means []float64
	for _, t := range own {
		if numbers := k.firstReports(t, step); t.state() == "Succeeded" && len(numbers) > 0 {
			means = append(means, mean(numbers))
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

// firstReports are the first values that a trial reported of its objective.
func (k *Katib) firstReports(t *Trial, count int) []float64 {
	r := k.reported(t)
	if r == nil {
		return nil
	}
	var numbers []float64
	for _, v := range r.Values {
		number, err := strconv.ParseFloat(v.Value, 64)
		if err == nil && v.Name == t.Spec.Objective.ObjectiveMetricName && len(numbers) < count {
			numbers = append(numbers, number)
		}
	}
	return numbers
}
