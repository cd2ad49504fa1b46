package katib

import (
	"context"
	"hash/crc32"
	"sort"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	maxReached  = "ExperimentMaxTrialsReached"
	goalReached = "ExperimentGoalReached"
	finalizer   = "update-prometheus-metrics"
)

// reconcileExperiment does what is due for one Experiment, and writes its status where that has changed.
func (k *Katib) reconcileExperiment(ctx context.Context, e *Experiment, own []*Trial) error {
	if done, err := k.finalize(ctx, e); done || err != nil {
		return err
	}
	before := e.Status
	before.Conditions = append([]Condition{}, e.Status.Conditions...)
	s := &e.Status
	if len(s.Conditions) == 0 {
		s.StartTime = now()
		s.Conditions = setCondition(nil, "Created", "True", "ExperimentCreated", "Experiment is created")
		return k.saveStatus(ctx, experiments, e)
	}
	if completed(s.Conditions) {
		if !restartable(e) || e.Spec.MaxTrialCount == nil || int(*e.Spec.MaxTrialCount) <= s.done() {
			return k.completedExperiment(ctx, e, own, before)
		}
		s.restart()
	}
	s.count(e, own)
	k.running(e)
	var err error
	if complete(e, own); !completed(s.Conditions) {
		err = k.refill(ctx, e, own)
	}
	if same(before, *s) {
		return err
	}
	if saved := k.saveStatus(ctx, experiments, e); saved != nil {
		return saved
	}
	return err
}

// completedExperiment keeps the counts current while trials still run, and ends the search.
func (k *Katib) completedExperiment(ctx context.Context, e *Experiment, own []*Trial, before ExperimentStatus) error {
	if e.Spec.ResumePolicy != "LongRunning" {
		if err := k.endSearch(ctx, e); err != nil {
			return err
		}
	}
	e.Status.count(e, own)
	if same(before, e.Status) {
		return nil
	}
	return k.saveStatus(ctx, experiments, e)
}

// finalize keeps the finalizer while the Experiment lives; true when there is nothing more to do in this round.
func (k *Katib) finalize(ctx context.Context, e *Experiment) (bool, error) {
	if e.DeletionTimestamp != nil {
		if len(e.Finalizers) == 0 {
			return true, nil
		}
		e.Finalizers = nil
		return true, k.save(ctx, experiments, e)
	}
	if len(e.Finalizers) > 0 {
		return false, nil
	}
	e.Finalizers = []string{finalizer}
	return true, k.save(ctx, experiments, e)
}

func (s *ExperimentStatus) done() int {
	return s.TrialsSucceeded + s.TrialsFailed + s.TrialsEarlyStopped + s.TrialMetricsUnavailable
}

func (s *ExperimentStatus) restart() {
	s.Conditions = setCondition(s.Conditions, "Succeeded", "False", "ExperimentRestarting", "Experiment is restarted")
	s.Conditions = setCondition(s.Conditions, "Restarting", "True", "ExperimentRestarting", "Experiment is restarted")
	s.CompletionTime = ""
}

// anyOrder is an order that means nothing, as Katib's has none; but it stays.
func anyOrder(name string) uint32 { return crc32.ChecksumIEEE([]byte(name)) }

// count sorts the trials by their state.
func (s *ExperimentStatus) count(e *Experiment, own []*Trial) {
	sort.Slice(own, func(i, j int) bool { return anyOrder(own[i].Name) < anyOrder(own[j].Name) })
	lists := map[string][]string{}
	for _, t := range own {
		lists[t.state()] = append(lists[t.state()], t.Name)
	}
	s.RunningTrialList, s.PendingTrialList, s.FailedTrialList = lists["Running"], lists["Pending"], lists["Failed"]
	s.SucceededTrialList, s.EarlyStoppedTrialList = lists["Succeeded"], lists["EarlyStopped"]
	s.MetricsUnavailableTrialList = lists["MetricsUnavailable"]
	s.Trials = len(own)
	s.TrialsSucceeded, s.TrialsFailed, s.TrialsPending = len(s.SucceededTrialList), len(s.FailedTrialList), len(s.PendingTrialList)
	s.TrialsRunning, s.TrialsEarlyStopped = len(s.RunningTrialList), len(s.EarlyStoppedTrialList)
	s.TrialMetricsUnavailable = len(s.MetricsUnavailableTrialList)
	s.CurrentOptimalTrial = best(e.Spec.Objective, own)
}

func (k *Katib) running(e *Experiment) {
	if s := &e.Status; s.Trials > 0 && !completed(s.Conditions) {
		s.Conditions = setCondition(s.Conditions, "Running", "True", "ExperimentRunning", "Experiment is running")
	}
}

// complete ends the Experiment by the first rule that holds: goal, failures, trials.
func complete(e *Experiment, own []*Trial) {
	s, failures := &e.Status, e.Status.TrialsFailed+e.Status.TrialMetricsUnavailable
	switch {
	case goalIsReached(e.Spec.Objective, own):
		s.end("Succeeded", goalReached, "Experiment has succeeded because Objective goal has reached")
	case e.Spec.MaxFailedTrialCount != nil && failures != 0 && failures >= int(*e.Spec.MaxFailedTrialCount):
		s.end("Failed", "ExperimentFailed", "Experiment has failed because max failed count has reached")
	case e.Spec.MaxTrialCount != nil && s.done() >= int(*e.Spec.MaxTrialCount):
		s.end("Succeeded", maxReached, "Experiment has succeeded because max trial count has reached")
	}
}

func (s *ExperimentStatus) end(kind, reason, message string) {
	s.Conditions = setCondition(s.Conditions, "Running", "False", "ExperimentRunning", "Experiment is running")
	s.Conditions = setCondition(s.Conditions, kind, "True", reason, message)
	s.CompletionTime = now()
}

// refill keeps as many trials going as the Experiment wants, or deletes the newest where there are too many.
func (k *Katib) refill(ctx context.Context, e *Experiment, own []*Trial) error {
	active, s := e.Status.TrialsRunning+e.Status.TrialsPending, &e.Status
	ended := s.TrialsSucceeded + s.TrialsFailed + s.TrialsEarlyStopped // without those that lack metrics, as in Katib
	want := int(*e.Spec.ParallelTrialCount)
	if active > want {
		return k.deleteNewest(ctx, e, own, active-want)
	}
	missing := want - active
	if e.Spec.MaxTrialCount != nil {
		missing = min(missing, int(*e.Spec.MaxTrialCount)-ended-active)
	}
	if missing <= 0 {
		return nil
	}
	suggested, err := k.suggest(ctx, e, own, len(own)+missing)
	if err != nil || suggested == nil {
		return err
	}
	if holds(suggested.Status.Conditions, "Failed") {
		e.Status.Conditions = setCondition(e.Status.Conditions, "Running", "False", "ExperimentRunning", "Experiment is running")
		e.Status.Conditions = setCondition(e.Status.Conditions, "Failed", "True", "ExperimentFailed", "Suggestion has failed")
		return nil
	}
	return k.createTrials(ctx, e, own, suggested)
}

// deleteNewest takes trials back, and their suggestions with them, so that they are not made again.
func (k *Katib) deleteNewest(ctx context.Context, e *Experiment, own []*Trial, count int) error {
	var active []*Trial
	for _, t := range own {
		if !t.over() && t.DeletionTimestamp == nil {
			active = append(active, t)
		}
	}
	sort.Slice(active, func(i, j int) bool { return active[j].CreationTimestamp.Before(&active[i].CreationTimestamp) })
	victims := active[:min(count, len(active))]
	if err := k.takeBack(ctx, e, victims); err != nil {
		return err
	}
	for _, t := range victims {
		err := k.Dynamic.Resource(trials).Namespace(t.Namespace).Delete(ctx, t.Name, metav1.DeleteOptions{})
		if err != nil && !errors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// createTrials makes a Trial of each suggestion that has none.
func (k *Katib) createTrials(ctx context.Context, e *Experiment, own []*Trial, suggested *Suggestion) error {
	there := map[string]bool{}
	for _, t := range own {
		there[t.Name] = true
	}
	for _, assignment := range suggested.Status.Suggestions {
		if there[assignment.Name] {
			continue
		}
		trial, err := k.newTrial(ctx, e, assignment)
		if err == nil {
			err = k.create(ctx, trials, trial)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
