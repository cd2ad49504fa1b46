package katib

import (
	"context"
	"fmt"
	"math/rand"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	nameLetters = "bcdfghjklmnpqrstvwxz2456789"
	nameLength  = 8
)

// suggest asks for assignments until there are `requests` in all. Nil where the search is not ready.
func (k *Katib) suggest(ctx context.Context, e *Experiment, own []*Trial, requests int) (*Suggestion, error) {
	s := &Suggestion{}
	err := k.get(ctx, suggestions, e.Namespace, e.Name, s)
	if errors.IsNotFound(err) {
		return nil, k.createSuggestion(ctx, e, requests)
	}
	if err != nil || holds(s.Status.Conditions, "Failed") {
		return s, err
	}
	if s.Spec.Requests < requests {
		s.Spec.Requests = requests
		return nil, k.save(ctx, suggestions, s)
	}
	before := s.Status
	ready, err := k.deploymentReady(ctx, s)
	if err == nil && ready {
		err = k.fill(e, own, s)
	}
	if !same(before, s.Status) {
		if saved := k.saveStatus(ctx, suggestions, s); saved != nil {
			return nil, saved
		}
	}
	if err != nil {
		k.events.Eventf(reference("Suggestion", s.ObjectMeta), corev1.EventTypeWarning, "ReconcileError", "Reconcile error: %v", err)
		return nil, nil
	}
	return s, nil
}

func (k *Katib) createSuggestion(ctx context.Context, e *Experiment, requests int) error {
	s := &Suggestion{
		ObjectMeta: metav1.ObjectMeta{Name: e.Name, Namespace: e.Namespace, Labels: e.Labels, OwnerReferences: owned("Experiment", e.ObjectMeta)},
		Spec: SuggestionSpec{
			Algorithm: e.Spec.Algorithm, EarlyStopping: e.Spec.EarlyStopping, Requests: requests, ResumePolicy: e.Spec.ResumePolicy,
		},
	}
	s.APIVersion, s.Kind = group.String(), "Suggestion"
	return k.create(ctx, suggestions, s)
}

func deploymentName(s *Suggestion) string { return s.Name + "-" + s.Spec.Algorithm.AlgorithmName }

// deploymentReady makes the Deployment of the search service, and says that it is available: the stand-in is the service itself.
func (k *Katib) deploymentReady(ctx context.Context, s *Suggestion) (bool, error) {
	if len(s.Status.Conditions) == 0 {
		s.Status.StartTime = now()
		s.Status.Conditions = setCondition(nil, "Created", "True", "SuggestionCreated", "Suggestion is created")
	}
	if err := k.createDeployment(ctx, s); err != nil {
		return false, err
	}
	if k.settings(ctx).On("suggestion-not-ready") {
		s.Status.Conditions = setCondition(s.Status.Conditions, "DeploymentReady", "False", "DeploymentNotReady", "Deployment is not ready")
		return false, nil
	}
	s.Status.Conditions = setCondition(s.Status.Conditions, "DeploymentReady", "True", "DeploymentReady", "Deployment is ready")
	s.Status.Conditions = setCondition(s.Status.Conditions, "Running", "True", "SuggestionRunning", "Suggestion is running")
	return true, nil
}

func (k *Katib) createDeployment(ctx context.Context, s *Suggestion) error {
	labels := map[string]string{"katib.kubeflow.org/deployment": deploymentName(s)}
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: deploymentName(s), Namespace: s.Namespace, Labels: labels, OwnerReferences: owned("Suggestion", s.ObjectMeta)},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "suggestion", Image: "suggestion-" + s.Spec.Algorithm.AlgorithmName}}},
			},
		},
	}
	made, err := k.AppsV1().Deployments(s.Namespace).Create(ctx, deployment, metav1.CreateOptions{})
	if errors.IsAlreadyExists(err) {
		return nil
	}
	if err != nil {
		return err
	}
	made.Status = appsv1.DeploymentStatus{Replicas: 1, ReadyReplicas: 1, AvailableReplicas: 1, ObservedGeneration: made.Generation,
		Conditions: []appsv1.DeploymentCondition{{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "MinimumReplicasAvailable"}}}
	_, err = k.AppsV1().Deployments(s.Namespace).UpdateStatus(ctx, made, metav1.UpdateOptions{})
	return err
}

// endSearch says that there will be no more suggestions, and takes the service away.
func (k *Katib) endSearch(ctx context.Context, e *Experiment) error {
	s := &Suggestion{}
	err := k.get(ctx, suggestions, e.Namespace, e.Name, s)
	if errors.IsNotFound(err) || holds(s.Status.Conditions, "Succeeded") {
		return nil
	}
	if err != nil {
		return err
	}
	if err := k.deleteDeployment(ctx, e); err != nil {
		return err
	}
	word := "Suggestion is succeeded, can't be restarted"
	if e.Spec.ResumePolicy == "FromVolume" {
		word = "Suggestion is succeeded, suggestion volume is not deleted, can be restarted"
	}
	c := setCondition(s.Status.Conditions, "Running", "False", "Suggestion is succeeded", "Suggestion is not running")
	c = setCondition(c, "DeploymentReady", "False", "Suggestion is succeeded", "Deployment is not ready")
	s.Status.Conditions = setCondition(c, "Succeeded", "True", "Experiment is succeeded", word)
	return k.saveStatus(ctx, suggestions, s)
}

func (k *Katib) deleteDeployment(ctx context.Context, e *Experiment) error {
	name := e.Name + "-" + e.Spec.Algorithm.AlgorithmName
	err := k.AppsV1().Deployments(e.Namespace).Delete(ctx, name, metav1.DeleteOptions{})
	if errors.IsNotFound(err) {
		return nil
	}
	return err
}

// fill adds assignments up to the requested number.
func (k *Katib) fill(e *Experiment, own []*Trial, s *Suggestion) error {
	if err := checkSettings(e); err != nil {
		s.Status.Conditions = setCondition(s.Status.Conditions, "Running", "False", "SuggestionRunning", "Suggestion is not running")
		s.Status.Conditions = setCondition(s.Status.Conditions, "Failed", "True", "SuggestionFailed", "Validation failed: "+err.Error())
		return nil
	}
	missing := s.Spec.Requests - len(s.Status.Suggestions)
	if missing <= 0 {
		return nil
	}
	if poisoned := poison(e.Spec.Objective, own); poisoned != "" {
		return fmt.Errorf("rpc error: code = Unknown desc = Exception calling application: could not convert string to float: '%s'", poisoned)
	}
	points, err := points(e, len(s.Status.Suggestions), missing)
	if err != nil {
		return err
	}
	rules := k.stopRules(e, own)
	for _, point := range points {
		s.Status.Suggestions = append(s.Status.Suggestions, TrialAssignment{e.Name + "-" + randomName(), point, rules})
	}
	s.Status.SuggestionCount = len(s.Status.Suggestions)
	return nil
}

func randomName() string {
	name := make([]byte, nameLength)
	for i := range name {
		name[i] = nameLetters[rand.Intn(len(nameLetters))]
	}
	return string(name)
}

func (k *Katib) takeBack(ctx context.Context, e *Experiment, victims []*Trial) error {
	s := &Suggestion{}
	if err := k.get(ctx, suggestions, e.Namespace, e.Name, s); err != nil {
		return err
	}
	gone := map[string]bool{}
	for _, t := range victims {
		gone[t.Name] = true
	}
	var left []TrialAssignment
	for _, a := range s.Status.Suggestions {
		if !gone[a.Name] {
			left = append(left, a)
		}
	}
	s.Status.Suggestions, s.Status.SuggestionCount = left, len(left)
	if err := k.saveStatus(ctx, suggestions, s); err != nil {
		return err
	}
	if err := k.get(ctx, suggestions, e.Namespace, e.Name, s); err != nil {
		return err
	}
	s.Spec.Requests = len(left)
	return k.save(ctx, suggestions, s)
}
