package katib

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

// Report is what a collector says of a trial when it ends.
type Report struct {
	Namespace string  `json:"namespace"`
	Trial     string  `json:"trial"`
	Stopped   bool    `json:"stopped"` // by an early stopping rule
	Values    []Value `json:"values"`  // in the order in which they were printed
}

// Value is one report of one metric.
type Value struct {
	Time  string `json:"time"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (k *Katib) reportFile(namespace, trial string) string {
	return filepath.Join(k.Folder, namespace+"_"+trial+".json")
}

// report keeps a collector's words, and says that a trial was stopped early.
func (k *Katib) report(to http.ResponseWriter, request *http.Request) {
	r := &Report{}
	if err := json.NewDecoder(request.Body).Decode(r); err != nil {
		http.Error(to, err.Error(), http.StatusBadRequest)
		return
	}
	if err := k.keep(request.Context(), r); err != nil {
		log.Printf("report of %s/%s: %v", r.Namespace, r.Trial, err)
		http.Error(to, err.Error(), http.StatusInternalServerError)
	}
}

func (k *Katib) keep(ctx context.Context, r *Report) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(k.Folder, 0o755); err != nil {
		return err
	}
	path := k.reportFile(r.Namespace, r.Trial)
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil || !r.Stopped {
		return err
	}
	t := &Trial{}
	if err := k.get(ctx, trials, r.Namespace, r.Trial, t); err != nil {
		return err
	}
	t.Status.Observation = k.observation(t)
	t.Status.Conditions = setCondition(t.Status.Conditions, "EarlyStopped", "True", "TrialEarlyStopped", "Trial is early stopped")
	t.Status.CompletionTime = now()
	return k.saveStatus(ctx, trials, t)
}

func (k *Katib) forget(t *Trial) { _ = os.Remove(k.reportFile(t.Namespace, t.Name)) }

func (k *Katib) reported(t *Trial) *Report {
	text, err := os.ReadFile(k.reportFile(t.Namespace, t.Name))
	if err != nil {
		return nil
	}
	r := &Report{}
	if json.Unmarshal(text, r) != nil {
		return nil
	}
	return r
}

// observation is what was reported of each metric: least, greatest and last. Nil where nothing was reported yet.
func (k *Katib) observation(t *Trial) *Observation {
	r := k.reported(t)
	if r == nil {
		return nil
	}
	o := &Observation{}
	for _, s := range t.Spec.Objective.MetricStrategies {
		o.Metrics = append(o.Metrics, r.metric(s.Name))
	}
	return o
}

func (r *Report) metric(name string) Metric {
	m := Metric{name, unavailable, unavailable, unavailable}
	least, most, at := 0.0, 0.0, ""
	for _, v := range r.Values {
		if v.Name != name {
			continue
		}
		if v.Time >= at {
			m.Latest, at = v.Value, v.Time
		}
		number, err := strconv.ParseFloat(v.Value, 64)
		if err != nil {
			continue
		}
		if m.Min == unavailable || number < least {
			m.Min, least = v.Value, number
		}
		if m.Max == unavailable || number > most {
			m.Max, most = v.Value, number
		}
	}
	return m
}
