package katib

import "time"

func now() string { return time.Now().UTC().Format(time.RFC3339) }

// setCondition puts a condition at the end of the list, where Katib has the newest; one that says the same stays as it is.
func setCondition(list []Condition, kind, status, reason, message string) []Condition {
	changed := now()
	var others []Condition
	for _, c := range list {
		if c.Type != kind {
			others = append(others, c)
			continue
		}
		if c.Status == status && c.Reason == reason {
			return list
		}
		if c.Status == status {
			changed = c.LastTransitionTime
		}
	}
	return append(others, Condition{kind, status, reason, message, now(), changed})
}

func holds(list []Condition, kind string) bool {
	for _, c := range list {
		if c.Type == kind {
			return c.Status == "True"
		}
	}
	return false
}

func reasonOf(list []Condition, kind string) string {
	for _, c := range list {
		if c.Type == kind {
			return c.Reason
		}
	}
	return ""
}

func completed(list []Condition) bool { return holds(list, "Succeeded") || holds(list, "Failed") }

// restartable tells whether more trials may be asked of an Experiment that has ended.
func restartable(e *Experiment) bool {
	return holds(e.Status.Conditions, "Succeeded") && reasonOf(e.Status.Conditions, "Succeeded") == maxReached &&
		(e.Spec.ResumePolicy == "LongRunning" || e.Spec.ResumePolicy == "FromVolume")
}

// state of a trial, in the order in which Katib looks.
func (t *Trial) state() string {
	for _, kind := range []string{"Killed", "Failed", "Succeeded", "EarlyStopped", "Running", "MetricsUnavailable"} {
		if holds(t.Status.Conditions, kind) {
			return kind
		}
	}
	return "Pending"
}

func (t *Trial) over() bool {
	switch t.state() {
	case "Pending", "Running":
		return false
	}
	return true
}
