package node

import (
	"errors"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const longestBackOff = 30 * time.Second

// initialize runs the init containers, one after the other; false when one failed or the Pod shall end.
func (w *worker) initialize() bool {
	for i := range w.pod.Spec.InitContainers {
		if !w.untilDone(&w.pod.Spec.InitContainers[i], w.restartsInit(), func() {}) {
			return false
		}
	}
	return !w.stopped()
}

// runContainers starts the containers one after the other and runs them side by side; it returns how the Pod ended.
func (w *worker) runContainers() corev1.PodPhase {
	w.initialized()
	var all sync.WaitGroup
	results := make([]bool, len(w.pod.Spec.Containers))
	for i := range w.pod.Spec.Containers {
		tried := make(chan struct{})
		all.Add(1)
		go func() {
			defer all.Done()
			results[i] = w.untilDone(&w.pod.Spec.Containers[i], w.pod.Spec.RestartPolicy, sync.OnceFunc(func() { close(tried) }))
		}()
		<-tried
	}
	all.Wait()
	for _, good := range results {
		if !good {
			return corev1.PodFailed
		}
	}
	return corev1.PodSucceeded
}

func (w *worker) restartsInit() corev1.RestartPolicy {
	if w.pod.Spec.RestartPolicy == corev1.RestartPolicyAlways {
		return corev1.RestartPolicyOnFailure
	}
	return w.pod.Spec.RestartPolicy
}

// untilDone runs a container as often as the policy wants; true when it ended well. It calls tried when the container has started, or could not.
func (w *worker) untilDone(spec *corev1.Container, policy corev1.RestartPolicy, tried func()) bool {
	defer tried()
	backOff := retryPeriod
	for restarts := int32(0); ; restarts++ {
		code, ran := w.runOnce(spec, restarts, tried)
		again := policy == corev1.RestartPolicyAlways || policy == corev1.RestartPolicyOnFailure && code != 0
		if !ran || !again || w.stopped() {
			return ran && code == 0
		}
		w.crashing(spec.Name)
		w.event(corev1.EventTypeWarning, "BackOff", "Back-off restarting failed container %s in pod %s", spec.Name, w.pod.Name)
		if !w.pauseFor(backOff) {
			return false
		}
		backOff = min(2*backOff, longestBackOff)
	}
}

// runOnce gets the image, starts the container and waits for its end. False when it never ran.
func (w *worker) runOnce(spec *corev1.Container, restarts int32, tried func()) (code int32, ran bool) {
	image := w.pull(spec, tried)
	if image == nil {
		return 0, false
	}
	c, ok := w.start(spec, image, restarts, tried)
	tried()
	if !ok {
		return 0, false
	}
	if c == nil { // the command could not be run; the container counts as ended
		return startFailed, true
	}
	ended := make(chan struct{})
	go w.endWith(c, ended)
	code = c.wait()
	close(ended)
	w.terminated(c, code)
	return code, true
}

// endWith passes the Pod's end on to a container: SIGTERM, then after the grace period SIGKILL.
func (w *worker) endWith(c *container, ended chan struct{}) {
	select {
	case <-ended:
		return
	case <-w.ctx.Done():
		c.kill()
		return
	case <-w.stopping:
	}
	w.event(corev1.EventTypeNormal, "Killing", "Stopping container %s", c.spec.Name)
	w.mu.Lock()
	grace := w.why.grace
	w.mu.Unlock()
	c.terminate()
	select {
	case <-ended:
	case <-w.ctx.Done():
		c.kill()
	case <-time.After(grace):
		c.kill()
	}
}

// pull finds the image, reporting as a kubelet does while it cannot; nil when the Pod shall end.
func (w *worker) pull(spec *corev1.Container, tried func()) *image {
	told := false
	for !w.stopped() {
		image, err := w.node.images.pull(spec.Image)
		if err == nil {
			w.event(corev1.EventTypeNormal, "Pulled", "Container image %q already present on machine", spec.Image)
			return image
		}
		reason := "ImagePullBackOff"
		if !told {
			told, reason = true, "ErrImagePull"
			w.event(corev1.EventTypeNormal, "Pulling", "Pulling image %q", spec.Image)
			w.event(corev1.EventTypeWarning, "Failed", "Failed to pull image %q: %v", spec.Image, err)
			w.event(corev1.EventTypeWarning, "Failed", "Error: ErrImagePull")
		} else {
			w.event(corev1.EventTypeNormal, "BackOff", "Back-off pulling image %q", spec.Image)
			w.event(corev1.EventTypeWarning, "Failed", "Error: ImagePullBackOff")
		}
		w.waiting(spec.Name, reason, err.Error())
		tried()
		w.pauseFor(2 * retryPeriod)
	}
	return nil
}

// start makes the container's process. A missing ConfigMap or Secret is waited for; a command that cannot be run ends the container.
func (w *worker) start(spec *corev1.Container, image *image, restarts int32, tried func()) (c *container, ok bool) {
	for !w.stopped() {
		c, err := w.newContainer(spec, image, restarts)
		if err == nil {
			w.event(corev1.EventTypeNormal, "Created", "Created container: %s", spec.Name)
			w.event(corev1.EventTypeNormal, "Started", "Started container %s", spec.Name)
			w.running(c)
			return c, true
		}
		var cannot *startError
		if errors.As(err, &cannot) {
			w.event(corev1.EventTypeWarning, "Failed", "Error: %v", err)
			w.cannotStart(spec, restarts, err.Error())
			return nil, true
		}
		w.event(corev1.EventTypeWarning, "Failed", "Error: %v", err)
		w.waiting(spec.Name, "CreateContainerConfigError", err.Error())
		tried()
		w.pauseFor(retryPeriod)
	}
	return nil, false
}
