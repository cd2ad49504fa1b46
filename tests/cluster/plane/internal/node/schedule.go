package node

import (
	"context"
	"fmt"
	"log"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

const schedulingPeriod = 200 * time.Millisecond

// schedule binds Pods to this node, or says why not, until the context ends. What does not fit now is tried again.
func (n *Node) schedule(ctx context.Context) {
	events := n.Recorder("default-scheduler", "")
	refused := map[string]string{}
	for ctx.Err() == nil {
		pods, err := n.pods.List(labels.Everything())
		if err != nil {
			log.Printf("schedule: %v", err)
		}
		sort.Slice(pods, func(i, j int) bool { return pods[i].CreationTimestamp.Before(&pods[j].CreationTimestamp) })
		for _, pod := range pods {
			if pod.Spec.NodeName != "" || pod.DeletionTimestamp != nil || len(pod.Spec.SchedulingGates) > 0 {
				continue
			}
			reason := n.fits(ctx, pod, pods)
			if reason == "" {
				delete(refused, string(pod.UID))
				n.bind(ctx, pod)
				events.Eventf(pod, corev1.EventTypeNormal, "Scheduled", "Successfully assigned %s/%s to %s", pod.Namespace, pod.Name, n.Name)
				break // what is left has changed
			}
			if refused[string(pod.UID)] != reason {
				refused[string(pod.UID)] = reason
				events.Event(pod, corev1.EventTypeWarning, "FailedScheduling", reason)
				n.unschedulable(ctx, pod, reason)
			}
		}
		wait(ctx, schedulingPeriod)
	}
}

// fits is empty where the Pod can run, else the scheduler's sentence.
func (n *Node) fits(ctx context.Context, pod *corev1.Pod, pods []*corev1.Pod) string {
	node, err := n.CoreV1().Nodes().Get(ctx, n.Name, metav1.GetOptions{})
	if err != nil {
		return "0/0 nodes are available: " + err.Error()
	}
	if reason := n.claimsReady(ctx, pod, pods); reason != "" {
		return "0/1 nodes are available: " + reason + "."
	}
	var reasons []string
	if node.Spec.Unschedulable {
		reasons = append(reasons, "1 node(s) were unschedulable")
	}
	if !labels.SelectorFromSet(pod.Spec.NodeSelector).Matches(labels.Set(node.Labels)) {
		reasons = append(reasons, "1 node(s) didn't match Pod's node affinity/selector")
	}
	for _, name := range short(node.Status.Allocatable, pod, pods) {
		reasons = append(reasons, "1 Insufficient "+name)
	}
	if len(reasons) == 0 {
		return ""
	}
	return "0/1 nodes are available: " + strings.Join(reasons, ", ") + "."
}

// short names the resources of which there is not enough left.
func short(has corev1.ResourceList, pod *corev1.Pod, pods []*corev1.Pod) []string {
	used := corev1.ResourceList{}
	for _, other := range pods {
		if other.Spec.NodeName != "" && other.Status.Phase != corev1.PodSucceeded && other.Status.Phase != corev1.PodFailed {
			add(used, requests(other))
		}
	}
	want := requests(pod)
	var names []string
	for name, quantity := range want {
		left := has[name].DeepCopy()
		left.Sub(used[name])
		if quantity.Cmp(left) > 0 {
			names = append(names, string(name))
		}
	}
	sort.Strings(names)
	return names
}

// requests of a Pod: its containers together, or its largest init container.
func requests(pod *corev1.Pod) corev1.ResourceList {
	total := corev1.ResourceList{}
	for _, c := range pod.Spec.Containers {
		add(total, c.Resources.Requests)
	}
	for _, c := range pod.Spec.InitContainers {
		for name, quantity := range c.Resources.Requests {
			if now := total[name]; quantity.Cmp(now) > 0 {
				total[name] = quantity
			}
		}
	}
	return total
}

func add(total, more corev1.ResourceList) {
	for name, quantity := range more {
		sum := total[name]
		sum.Add(quantity)
		total[name] = sum
	}
}

func (n *Node) bind(ctx context.Context, pod *corev1.Pod) {
	binding := &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: n.Name},
	}
	if err := n.CoreV1().Pods(pod.Namespace).Bind(ctx, binding, metav1.CreateOptions{}); err != nil {
		log.Printf("pod %s/%s: binding: %v", pod.Namespace, pod.Name, err)
	}
}

func (n *Node) unschedulable(ctx context.Context, pod *corev1.Pod, reason string) {
	now := metav1.Now().UTC().Format(time.RFC3339)
	patch := fmt.Sprintf(`{"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":%q,"lastTransitionTime":%q}]}}`, reason, now)
	if err := patchStatus(ctx, n, pod, patch); err != nil {
		log.Printf("pod %s/%s: status: %v", pod.Namespace, pod.Name, err)
	}
}

// CapacityOf reads "cpu=8,memory=16Gi".
func CapacityOf(text string) (corev1.ResourceList, error) {
	list := corev1.ResourceList{corev1.ResourcePods: resource.MustParse("110"), corev1.ResourceEphemeralStorage: resource.MustParse("100Gi")}
	for _, pair := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(pair, "=")
		quantity, err := resource.ParseQuantity(value)
		if err != nil {
			return nil, fmt.Errorf("capacity %q: found %q, expected NAME=QUANTITY,...: %w", text, pair, err)
		}
		list[corev1.ResourceName(name)] = quantity
	}
	return list, nil
}

// wait returns early where the context ends; false then.
func wait(ctx context.Context, period time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(period):
		return true
	}
}
