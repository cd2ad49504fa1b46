package node

import (
	"context"
	"log"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const longestMessage = 4096

// begin says that the Pod is here and its containers are being made.
func (w *worker) begin() {
	now := metav1.Now()
	w.mu.Lock()
	w.status = corev1.PodStatus{
		Phase: corev1.PodPending, StartTime: &now, HostIP: "127.0.0.1", PodIP: "127.0.0.1",
		HostIPs: []corev1.HostIP{{IP: "127.0.0.1"}}, PodIPs: []corev1.PodIP{{IP: "127.0.0.1"}},
		InitContainerStatuses: waitingAll(w.pod.Spec.InitContainers, "PodInitializing"),
		ContainerStatuses:     waitingAll(w.pod.Spec.Containers, "ContainerCreating"),
	}
	if len(w.pod.Spec.InitContainers) > 0 {
		w.status.ContainerStatuses = waitingAll(w.pod.Spec.Containers, "PodInitializing")
	}
	w.mu.Unlock()
	w.publish()
}

func waitingAll(specs []corev1.Container, reason string) []corev1.ContainerStatus {
	var all []corev1.ContainerStatus
	for _, c := range specs {
		no := false
		all = append(all, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, Started: &no, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}},
		})
	}
	return all
}

// each visits the statuses of all containers, init containers first.
func (w *worker) each(visit func(*corev1.ContainerStatus)) {
	for _, list := range [][]corev1.ContainerStatus{w.status.InitContainerStatuses, w.status.ContainerStatuses} {
		for i := range list {
			visit(&list[i])
		}
	}
}

// change edits one container's status and publishes it.
func (w *worker) change(name string, edit func(*corev1.ContainerStatus)) {
	w.mu.Lock()
	w.each(func(s *corev1.ContainerStatus) {
		if s.Name == name {
			edit(s)
		}
	})
	w.mu.Unlock()
	w.publish()
}

func (w *worker) waiting(name, reason, message string) {
	w.change(name, func(s *corev1.ContainerStatus) {
		s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	})
}

func (w *worker) crashing(name string) {
	w.change(name, func(s *corev1.ContainerStatus) {
		s.LastTerminationState = s.State
		s.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	})
}

func (w *worker) running(c *container) {
	yes := true
	w.change(c.spec.Name, func(s *corev1.ContainerStatus) {
		s.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(c.began)}}
		s.Ready, s.Started, s.RestartCount = true, &yes, c.restarts
		s.ImageID, s.ContainerID = "folder://"+c.image, c.id()
	})
}

func (w *worker) terminated(c *container, code int32) {
	reason := "Completed"
	switch {
	case c.starved:
		reason = "OOMKilled"
	case code != 0:
		reason = "Error"
	}
	no := false
	w.change(c.spec.Name, func(s *corev1.ContainerStatus) {
		s.Ready, s.Started = false, &no
		s.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ExitCode: code, Reason: reason, Message: w.lastWords(c, code), StartedAt: metav1.NewTime(c.began), FinishedAt: metav1.Now(), ContainerID: c.id(),
		}}
	})
}

func (w *worker) cannotStart(spec *corev1.Container, restarts int32, message string) {
	w.change(spec.Name, func(s *corev1.ContainerStatus) {
		s.RestartCount = restarts
		s.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ExitCode: startFailed, Reason: "StartError", Message: message, FinishedAt: metav1.Now(),
		}}
	})
}

// lastWords is what the container wrote to its termination log or, where it asks for that, the end of its output.
func (w *worker) lastWords(c *container, code int32) string {
	text, _ := os.ReadFile(c.message)
	if len(text) == 0 && code != 0 && c.spec.TerminationMessagePolicy == corev1.TerminationMessageFallbackToLogsOnError {
		text = tail(w.logFile(c.spec.Name, c.restarts), 80)
	}
	if len(text) > longestMessage {
		text = text[len(text)-longestMessage:]
	}
	return strings.ToValidUTF8(string(text), "?")
}

// initialized says that the init containers are done.
func (w *worker) initialized() {
	w.mu.Lock()
	for i := range w.status.ContainerStatuses {
		w.status.ContainerStatuses[i].State.Waiting = &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
	}
	w.mu.Unlock()
}

// loseContainers is for a Pod whose containers died with an earlier run of the node.
func (w *worker) loseContainers() {
	w.status = *w.pod.Status.DeepCopy()
	w.each(func(s *corev1.ContainerStatus) {
		if s.State.Terminated == nil {
			s.Ready = false
			s.State = unknown("The container could not be located when the pod was terminated")
		}
	})
}

func unknown(message string) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: 137, Reason: "ContainerStatusUnknown", Message: message, FinishedAt: metav1.Now(),
	}}
}

// finish says how the Pod ended, and lets it go when it is being deleted.
func (w *worker) finish(phase corev1.PodPhase) {
	w.mu.Lock()
	w.status.Phase = phase
	if w.why.reason != "" {
		w.status.Phase, w.status.Reason, w.status.Message = corev1.PodFailed, w.why.reason, w.why.message
	}
	w.each(func(s *corev1.ContainerStatus) {
		if s.State.Running == nil && s.State.Terminated == nil && w.stopped() {
			s.State = unknown("The container was never started")
		}
	})
	w.mu.Unlock()
	w.publish()
	go func() {
		select {
		case <-w.deleted:
			w.node.forget(w.ctx, w.pod)
		case <-w.ctx.Done():
		}
	}()
}

// forget removes a Pod whose processes are gone.
func (n *Node) forget(ctx context.Context, pod *corev1.Pod) {
	zero := int64(0)
	options := metav1.DeleteOptions{GracePeriodSeconds: &zero, Preconditions: &metav1.Preconditions{UID: &pod.UID}}
	for ctx.Err() == nil {
		err := n.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, options)
		if err == nil || errors.IsNotFound(err) || errors.IsConflict(err) {
			return
		}
		log.Printf("pod %s/%s: delete: %v", pod.Namespace, pod.Name, err)
		wait(ctx, retryPeriod)
	}
}

// publish writes the status, trying until the API server has it or the Pod is gone.
func (w *worker) publish() {
	for w.ctx.Err() == nil {
		err := w.writeStatus()
		if err == nil || errors.IsNotFound(err) {
			return
		}
		if !errors.IsConflict(err) {
			log.Printf("pod %s/%s: status: %v", w.pod.Namespace, w.pod.Name, err)
			wait(w.ctx, retryPeriod)
		}
	}
}

func (w *worker) writeStatus() error {
	pods := w.node.CoreV1().Pods(w.pod.Namespace)
	now, err := pods.Get(w.ctx, w.pod.Name, metav1.GetOptions{})
	if err != nil || now.UID != w.pod.UID {
		return err
	}
	w.mu.Lock()
	status := w.status.DeepCopy()
	w.mu.Unlock()
	status.Phase = phaseOf(status)
	status.QOSClass = now.Status.QOSClass
	status.Conditions = conditions(status, now.Status.Conditions)
	now.Status = *status
	_, err = pods.UpdateStatus(w.ctx, now, metav1.UpdateOptions{})
	return err
}

// phaseOf is Running from the first container that runs, until the end is said.
func phaseOf(status *corev1.PodStatus) corev1.PodPhase {
	if status.Phase != corev1.PodPending {
		return status.Phase
	}
	for _, c := range status.ContainerStatuses {
		if c.State.Running != nil || c.State.Terminated != nil {
			return corev1.PodRunning
		}
	}
	return corev1.PodPending
}

// conditions follow from the containers; the time of a condition is when it last changed.
func conditions(status *corev1.PodStatus, before []corev1.PodCondition) []corev1.PodCondition {
	ready := len(status.ContainerStatuses) > 0
	for _, c := range status.ContainerStatuses {
		ready = ready && c.Ready
	}
	initialized := true
	for _, c := range status.InitContainerStatuses {
		initialized = initialized && c.State.Terminated != nil && c.State.Terminated.ExitCode == 0
	}
	over := status.Phase == corev1.PodSucceeded || status.Phase == corev1.PodFailed
	var all []corev1.PodCondition
	for _, row := range []struct {
		kind  corev1.PodConditionType
		holds bool
	}{
		{corev1.PodReadyToStartContainers, !over}, {corev1.PodInitialized, initialized}, {corev1.PodReady, ready},
		{corev1.ContainersReady, ready}, {corev1.PodScheduled, true},
	} {
		c := corev1.PodCondition{Type: row.kind, Status: corev1.ConditionFalse, LastTransitionTime: metav1.Now()}
		if row.holds {
			c.Status = corev1.ConditionTrue
		} else if status.Phase == corev1.PodSucceeded {
			c.Reason = "PodCompleted"
		} else if row.kind == corev1.PodReady || row.kind == corev1.ContainersReady {
			c.Reason = "ContainersNotReady"
		}
		for _, b := range before {
			if b.Type == c.Type && b.Status == c.Status {
				c.LastTransitionTime = b.LastTransitionTime
			}
		}
		all = append(all, c)
	}
	return all
}

func patchStatus(ctx context.Context, n *Node, pod *corev1.Pod, patch string) error {
	_, err := n.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}, "status")
	return err
}
