package katib

import (
	"context"
	"fmt"
	"maps"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const trialFinalizer = "clean-metrics-in-db"

var jobs = schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}

func (k *Katib) newTrial(ctx context.Context, e *Experiment, assignment TrialAssignment) (*Trial, error) {
	template, err := k.templateOf(ctx, e)
	if err != nil {
		return nil, err
	}
	run, err := substitute(template, e, assignment)
	if err != nil {
		return nil, err
	}
	labels := map[string]string{experimentLabel: e.Name}
	maps.Copy(labels, e.Labels)
	t := &Trial{
		ObjectMeta: metav1.ObjectMeta{
			Name: assignment.Name, Namespace: e.Namespace, Labels: labels, OwnerReferences: owned("Experiment", e.ObjectMeta), Finalizers: []string{trialFinalizer},
		},
		Spec: TrialSpec{
			Objective: e.Spec.Objective, ParameterAssignments: assignment.ParameterAssignments, EarlyStoppingRules: assignment.EarlyStoppingRules,
			RunSpec: run, RetainRun: e.Spec.TrialTemplate.Retain, MetricsCollector: e.Spec.MetricsCollectorSpec,
			PrimaryPodLabels: e.Spec.TrialTemplate.PrimaryPodLabels, PrimaryContainerName: e.Spec.TrialTemplate.PrimaryContainerName,
			SuccessCondition: e.Spec.TrialTemplate.SuccessCondition, FailureCondition: e.Spec.TrialTemplate.FailureCondition,
		},
	}
	t.APIVersion, t.Kind = group.String(), "Trial"
	return t, nil
}

// reconcileTrial makes the trial's Job, follows it, and says how it ended.
func (k *Katib) reconcileTrial(ctx context.Context, t *Trial) error {
	if t.DeletionTimestamp != nil {
		if len(t.Finalizers) == 0 {
			return nil
		}
		k.forget(t)
		t.Finalizers = nil
		return k.save(ctx, trials, t)
	}
	if t.over() && !holds(t.Status.Conditions, "EarlyStopped") {
		return nil
	}
	before := t.Status
	if len(t.Status.Conditions) == 0 {
		t.Status.StartTime = now()
		t.Status.Conditions = setCondition(nil, "Created", "True", "TrialCreated", "Trial is created")
		return k.saveStatus(ctx, trials, t)
	}
	job, err := k.jobOf(ctx, t)
	if err != nil {
		return err
	}
	if t.jobEnded(job) {
		k.conclude(ctx, t, job)
	} else if job != nil && t.state() == "Pending" {
		t.Status.Conditions = setCondition(t.Status.Conditions, "Running", "True", "TrialRunning", "Trial is running")
		k.events.Eventf(reference("Trial", t.ObjectMeta), corev1.EventTypeNormal, "JobRunning", "Job %s is running", t.Name)
	}
	if !same(before, t.Status) {
		if err := k.saveStatus(ctx, trials, t); err != nil {
			return err
		}
	}
	if t.over() && !t.Spec.RetainRun && t.jobEnded(job) {
		return k.deleteJob(ctx, t)
	}
	return nil
}

// jobEnded tells whether the trial's Job has ended.
func (t *Trial) jobEnded(job *unstructured.Unstructured) bool {
	return job != nil && (jobHolds(job, batchv1.JobFailed) || jobHolds(job, batchv1.JobComplete))
}

// jobOf is the trial's Job, made where it is not there.
func (k *Katib) jobOf(ctx context.Context, t *Trial) (*unstructured.Unstructured, error) {
	job, err := k.Dynamic.Resource(jobs).Namespace(t.Namespace).Get(ctx, t.Name, metav1.GetOptions{})
	if !errors.IsNotFound(err) {
		return job, err
	}
	if t.over() {
		return nil, nil
	}
	if kind, _ := t.Spec.RunSpec["kind"].(string); kind != "Job" {
		return nil, fmt.Errorf("found a template of kind %s, expected Job: no other is in trialResources", kind)
	}
	job = (&unstructured.Unstructured{Object: t.Spec.RunSpec}).DeepCopy()
	job.SetOwnerReferences(owned("Trial", t.ObjectMeta))
	made, err := k.Dynamic.Resource(jobs).Namespace(t.Namespace).Create(ctx, job, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("create %s %s: %w", job.GetKind(), job.GetName(), err)
	}
	k.events.Eventf(reference("Trial", t.ObjectMeta), corev1.EventTypeNormal, "JobCreated", "Job %s has been created", t.Name)
	return made, nil
}

func (k *Katib) deleteJob(ctx context.Context, t *Trial) error {
	policy := metav1.DeletePropagationForeground
	err := k.Dynamic.Resource(jobs).Namespace(t.Namespace).Delete(ctx, t.Name, metav1.DeleteOptions{PropagationPolicy: &policy})
	if errors.IsNotFound(err) {
		return nil
	}
	return err
}

// conclude says how a trial ended whose Job has ended. Without a report it says nothing, and the trial stays Running.
func (k *Katib) conclude(ctx context.Context, t *Trial, job *unstructured.Unstructured) {
	if holds(t.Status.Conditions, "EarlyStopped") {
		return
	}
	if jobHolds(job, batchv1.JobFailed) {
		reason, message := jobWords(job, batchv1.JobFailed)
		t.end("Failed", "TrialFailed"+reason, "Trial has failed"+message)
		k.events.Eventf(reference("Trial", t.ObjectMeta), corev1.EventTypeNormal, "JobFailed", "Job %s has failed. %s %s", t.Name, jobText(job, batchv1.JobFailed, "message"), jobText(job, batchv1.JobFailed, "reason"))
		return
	}
	observed := k.observation(t)
	if observed == nil {
		return
	}
	reason, message := jobWords(job, batchv1.JobComplete)
	if k.settings(ctx).On("random-metric-order") {
		observed.shuffle()
	}
	t.Status.Observation = observed
	if observed.value(t.Spec.Objective) == unavailable {
		t.end("MetricsUnavailable", "MetricsUnavailable"+reason, "Metrics are not available"+message)
		return
	}
	t.end("Succeeded", "TrialSucceeded"+reason, "Trial has succeeded"+message)
	k.events.Eventf(reference("Trial", t.ObjectMeta), corev1.EventTypeNormal, "JobSucceeded", "Job %s has succeeded", t.Name)
}

func (t *Trial) end(kind, reason, message string) {
	t.Status.Conditions = setCondition(t.Status.Conditions, "Running", "False", "TrialRunning", "Trial is running")
	t.Status.Conditions = setCondition(t.Status.Conditions, kind, "True", reason, message)
	t.Status.CompletionTime = now()
}

func jobCondition(job *unstructured.Unstructured, kind batchv1.JobConditionType) map[string]any {
	list, _, _ := unstructured.NestedSlice(job.Object, "status", "conditions")
	for _, item := range list {
		if c, ok := item.(map[string]any); ok && c["type"] == string(kind) && c["status"] == "True" {
			return c
		}
	}
	return nil
}

func jobHolds(job *unstructured.Unstructured, kind batchv1.JobConditionType) bool {
	return jobCondition(job, kind) != nil
}

// jobWords are what Katib appends of a Job's condition to its own.
func jobWords(job *unstructured.Unstructured, kind batchv1.JobConditionType) (reason, message string) {
	if text := jobText(job, kind, "reason"); text != "" {
		reason = ". Job reason: " + text
	}
	if text := jobText(job, kind, "message"); text != "" {
		message = ". Job message: " + text
	}
	return reason, message
}

func jobText(job *unstructured.Unstructured, kind batchv1.JobConditionType, field string) string {
	text, _ := jobCondition(job, kind)[field].(string)
	return text
}
