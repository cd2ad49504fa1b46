package node

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"nbkatib/cluster/internal/settings"
)

const retryPeriod = time.Second

// worker is one Pod's life on the node. Its context ends when nobody waits for the Pod any more.
type worker struct {
	node   *Node
	pod    *corev1.Pod
	folder string
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan struct{}

	stopping   chan struct{} // closed when the Pod shall end in good order
	stopOnce   sync.Once
	deleted    chan struct{} // closed when the API server waits for the Pod's end to remove it
	deleteOnce sync.Once

	mu         sync.Mutex
	status     corev1.PodStatus
	containers map[string]*container
	volumes    map[string]string
	pause      *pause
	why        stopReason
}

// stopReason is what ends a Pod before its containers do.
type stopReason struct {
	grace           time.Duration
	reason, message string
}

func newWorker(ctx context.Context, n *Node, pod *corev1.Pod) *worker {
	ctx, cancel := context.WithCancel(ctx)
	w := &worker{
		node: n, pod: pod, folder: filepath.Join(n.Folder, "pods", string(pod.UID)), ctx: ctx, cancel: cancel,
		ended: make(chan struct{}), stopping: make(chan struct{}), deleted: make(chan struct{}), containers: map[string]*container{}, volumes: map[string]string{},
	}
	if pod.DeletionTimestamp != nil {
		w.seen(pod)
	}
	return w
}

// run does everything for the Pod, from its volumes to its last status.
func (w *worker) run() {
	defer close(w.ended)
	defer w.cleanUp()
	if len(w.pod.Status.ContainerStatuses) > 0 && w.pod.Status.ContainerStatuses[0].State.Waiting == nil {
		w.loseContainers()
		w.finish(corev1.PodFailed)
		return
	}
	w.begin()
	w.deadline()
	phase := corev1.PodFailed
	if w.mount() && w.startPause() && w.initialize() {
		phase = w.runContainers()
	}
	w.finish(phase)
}

// seen takes what the API server says of the Pod now: that it is being deleted, and how soon.
func (w *worker) seen(pod *corev1.Pod) {
	if pod.DeletionTimestamp == nil {
		return
	}
	grace := time.Duration(0)
	if pod.DeletionGracePeriodSeconds != nil {
		grace = time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second
	}
	w.stop(stopReason{grace: grace})
	w.deleteOnce.Do(func() { close(w.deleted) })
}

// stop ends the Pod in good order; the first reason stays.
func (w *worker) stop(why stopReason) {
	w.stopOnce.Do(func() {
		w.mu.Lock()
		w.why = why
		w.mu.Unlock()
		close(w.stopping)
	})
}

func (w *worker) stopped() bool {
	select {
	case <-w.stopping:
		return true
	case <-w.ctx.Done():
		return true
	default:
		return false
	}
}

// pauseFor waits, and is false when the Pod shall end meanwhile.
func (w *worker) pauseFor(period time.Duration) bool {
	select {
	case <-w.stopping:
		return false
	case <-w.ctx.Done():
		return false
	case <-time.After(period):
		return true
	}
}

// vanish kills at once: the Pod no longer exists.
func (w *worker) vanish() {
	w.cancel()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.containers {
		c.kill()
	}
	w.pause.kill()
}

func (w *worker) deadline() {
	if w.pod.Spec.ActiveDeadlineSeconds == nil {
		return
	}
	left := time.Until(w.status.StartTime.Add(time.Duration(*w.pod.Spec.ActiveDeadlineSeconds) * time.Second))
	go func() {
		select {
		case <-w.ended:
		case <-time.After(left):
			w.stop(stopReason{
				grace: w.grace(), reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline",
			})
		}
	}()
}

func (w *worker) grace() time.Duration {
	if w.pod.Spec.TerminationGracePeriodSeconds == nil {
		return 30 * time.Second
	}
	return time.Duration(*w.pod.Spec.TerminationGracePeriodSeconds) * time.Second
}

// mount makes the Pod's volumes, trying until they are there.
func (w *worker) mount() bool {
	told := map[string]bool{}
	for !w.stopped() {
		err := w.mountVolumes()
		if err == nil {
			go w.refresh()
			return true
		}
		if !told[err.Error()] {
			told[err.Error()] = true
			w.event(corev1.EventTypeWarning, "FailedMount", "%v", err)
		}
		w.pauseFor(retryPeriod)
	}
	return false
}

// refresh keeps tokens valid, and ConfigMaps and Secrets current, while the Pod lives.
func (w *worker) refresh() {
	for {
		period := settings.Read(w.ctx, w.node).Seconds("volume-refresh-seconds", 10*time.Second)
		select {
		case <-w.ended:
			return
		case <-w.ctx.Done():
			return
		case <-time.After(period):
		}
		if err := w.refreshVolumes(); err != nil {
			log.Printf("pod %s/%s: refreshing volumes: %v", w.pod.Namespace, w.pod.Name, err)
		}
	}
}

func (w *worker) startPause() bool {
	if w.pod.Spec.ShareProcessNamespace == nil || !*w.pod.Spec.ShareProcessNamespace {
		return true
	}
	pause, err := newPause()
	if err != nil {
		w.event(corev1.EventTypeWarning, "FailedCreatePodSandBox", "%v", err)
		return false
	}
	w.mu.Lock()
	w.pause = pause
	w.mu.Unlock()
	return true
}

func (w *worker) cleanUp() {
	w.mu.Lock()
	w.pause.kill()
	w.mu.Unlock()
	if w.ctx.Err() != nil {
		if err := os.RemoveAll(w.folder); err != nil {
			log.Printf("pod %s/%s: %v", w.pod.Namespace, w.pod.Name, err)
		}
		return
	}
	go func() { // the logs stay until the Pod is deleted
		<-w.ctx.Done()
		os.RemoveAll(w.folder)
	}()
}

func (w *worker) event(kind, reason, format string, arguments ...any) {
	w.node.events.Eventf(w.pod, kind, reason, format, arguments...)
}
