package katib

import (
	"math/rand"
	"strconv"
)

const unavailable = "unavailable"

func (o *Observation) shuffle() {
	rand.Shuffle(len(o.Metrics), func(i, j int) { o.Metrics[i], o.Metrics[j] = o.Metrics[j], o.Metrics[i] })
}

// value is the objective's value that counts, by its strategy; the latest where that is unavailable.
func (o *Observation) value(objective *ObjectiveSpec) string {
	for _, m := range o.Metrics {
		if m.Name != objective.ObjectiveMetricName {
			continue
		}
		text := map[string]string{"min": m.Min, "max": m.Max, "latest": m.Latest}[objective.strategyOf(m.Name)]
		if text == unavailable {
			return m.Latest
		}
		return text
	}
	return unavailable
}

// compared is a trial's value as a number; one that is not a number counts as 0, as it does in Katib.
func compared(objective *ObjectiveSpec, t *Trial) (float64, bool) {
	if t.Status.Observation == nil {
		return 0, false
	}
	text := t.Status.Observation.value(objective)
	if text == unavailable {
		return 0, false
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		value = 0
	}
	return value, true
}

func better(objective *ObjectiveSpec, a, b float64) bool {
	if objective.Type == "minimize" {
		return a < b
	}
	return a > b
}

// best is the trial with the best value so far.
func best(objective *ObjectiveSpec, own []*Trial) OptimalTrial {
	found, top := OptimalTrial{}, 0.0
	for _, t := range own {
		value, ok := compared(objective, t)
		if !ok || found.BestTrialName != "" && !better(objective, value, top) {
			continue
		}
		top = value
		found = OptimalTrial{t.Name, t.Spec.ParameterAssignments, *t.Status.Observation}
	}
	return found
}

func goalIsReached(objective *ObjectiveSpec, own []*Trial) bool {
	if objective.Goal == nil {
		return false
	}
	for _, t := range own {
		if value, ok := compared(objective, t); ok && (value == *objective.Goal || better(objective, value, *objective.Goal)) {
			return true
		}
	}
	return false
}

// poison is a reported value that no search service can read as a number; empty where there is none.
func poison(objective *ObjectiveSpec, own []*Trial) string {
	for _, t := range own {
		if t.state() != "Succeeded" || t.Status.Observation == nil {
			continue
		}
		text := t.Status.Observation.value(objective)
		if _, err := strconv.ParseFloat(text, 64); err != nil && text != unavailable {
			if text == "" {
				return "<empty>"
			}
			return text
		}
	}
	return ""
}
