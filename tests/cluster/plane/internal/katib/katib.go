// Package katib stands in for Katib's controller, admission webhooks and search services where the real ones are not at hand. It does what
// they do as seen through the API, texts and faults included; it is written from that description and shares no code with them.
package katib

import (
	"context"
	"encoding/json"
	"log"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/record"

	"nbkatib/cluster/internal/cluster"
	"nbkatib/cluster/internal/settings"
)

const period = 200 * time.Millisecond

var (
	group       = schema.GroupVersion{Group: "kubeflow.org", Version: "v1beta1"}
	experiments = group.WithResource("experiments")
	suggestions = group.WithResource("suggestions")
	trials      = group.WithResource("trials")
)

// Options are what the command line says.
type Options struct {
	PKI    string // the folder of package pki
	Port   int    // where the webhooks are served
	Folder string // where observations are kept
}

// Katib reconciles every Experiment, round after round.
type Katib struct {
	Options
	*cluster.Clients
	events record.EventRecorder
}

// Run serves webhooks and reconciles until the context ends.
func Run(ctx context.Context, clients *cluster.Clients, options Options) error {
	k := &Katib{options, clients, clients.Recorder("experiment-controller", "")}
	failed := make(chan error, 1)
	go func() { failed <- k.serve(ctx) }()
	for {
		if err := k.round(ctx); err != nil && ctx.Err() == nil {
			log.Printf("katib: %v", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-time.After(period):
		}
	}
}

func (k *Katib) round(ctx context.Context) error {
	list, err := k.Dynamic.Resource(trials).List(ctx, metav1.ListOptions{})
	if errors.IsNotFound(err) {
		return nil // the CRDs were taken away
	}
	if err != nil {
		return err
	}
	byExperiment := map[string][]*Trial{}
	for i := range list.Items {
		trial := &Trial{}
		if err := convert(&list.Items[i], trial); err != nil {
			return err
		}
		if err := k.reconcileTrial(ctx, trial); err != nil {
			k.complain("Trial", trial.ObjectMeta, err)
		}
		key := trial.Namespace + "/" + trial.Labels[experimentLabel]
		byExperiment[key] = append(byExperiment[key], trial)
	}
	list, err = k.Dynamic.Resource(experiments).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range list.Items {
		e := &Experiment{}
		if err := convert(&list.Items[i], e); err != nil {
			return err
		}
		if err := k.reconcileExperiment(ctx, e, byExperiment[e.Namespace+"/"+e.Name]); err != nil {
			k.complain("Experiment", e.ObjectMeta, err)
		}
	}
	return nil
}

func (k *Katib) settings(ctx context.Context) settings.Settings { return settings.Read(ctx, k) }

// complain leaves an event on an object that could not be reconciled; a conflict is only for the next round.
func (k *Katib) complain(kind string, meta metav1.ObjectMeta, err error) {
	if errors.IsConflict(err) || errors.IsNotFound(err) {
		return
	}
	k.events.Eventf(reference(kind, meta), corev1.EventTypeWarning, "ReconcileError", "Reconcile error: %v", err)
}

func reference(kind string, meta metav1.ObjectMeta) *corev1.ObjectReference {
	return &corev1.ObjectReference{
		APIVersion: group.String(), Kind: kind, Namespace: meta.Namespace, Name: meta.Name, UID: meta.UID, ResourceVersion: meta.ResourceVersion,
	}
}

func convert(from *unstructured.Unstructured, to any) error {
	text, err := from.MarshalJSON()
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

func (k *Katib) get(ctx context.Context, kind schema.GroupVersionResource, namespace, name string, to any) error {
	found, err := k.Dynamic.Resource(kind).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	return convert(found, to)
}

func object(from any) (*unstructured.Unstructured, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(from)
	if err != nil {
		return nil, err
	}
	return &unstructured.Unstructured{Object: content}, nil
}

func (k *Katib) create(ctx context.Context, kind schema.GroupVersionResource, from any) error {
	made, err := object(from)
	if err != nil {
		return err
	}
	unstructured.RemoveNestedField(made.Object, "status")
	_, err = k.Dynamic.Resource(kind).Namespace(made.GetNamespace()).Create(ctx, made, metav1.CreateOptions{})
	if errors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// save writes spec and finalizers, saveStatus the status; each fails where the object has changed meanwhile.
func (k *Katib) save(ctx context.Context, kind schema.GroupVersionResource, from any) error {
	made, err := object(from)
	if err != nil {
		return err
	}
	_, err = k.Dynamic.Resource(kind).Namespace(made.GetNamespace()).Update(ctx, made, metav1.UpdateOptions{})
	return err
}

func (k *Katib) saveStatus(ctx context.Context, kind schema.GroupVersionResource, from any) error {
	made, err := object(from)
	if err != nil {
		return err
	}
	if kind == experiments && k.settings(ctx).On("null-completion-time") {
		if _, there, _ := unstructured.NestedFieldNoCopy(made.Object, "status", "completionTime"); !there {
			_ = unstructured.SetNestedField(made.Object, nil, "status", "completionTime")
		}
	}
	_, err = k.Dynamic.Resource(kind).Namespace(made.GetNamespace()).UpdateStatus(ctx, made, metav1.UpdateOptions{})
	return err
}

// owned says that an object goes when its owner goes.
func owned(kind string, meta metav1.ObjectMeta) []metav1.OwnerReference {
	return []metav1.OwnerReference{*metav1.NewControllerRef(&meta, group.WithKind(kind))}
}
