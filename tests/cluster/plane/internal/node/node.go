// Package node is a kubelet of sorts: it takes the Pods of one node, runs their containers as processes in namespaces of their own, gives
// them their volumes as folders, and reports as a kubelet reports. It is no container engine: an image is a root folder, the network is
// the machine's.
package node

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"nbkatib/cluster/internal/cluster"
)

// Options are what the command line says.
type Options struct {
	Name     string // of the node
	Folder   string // where Pods and volumes live
	Images   string // the JSON file of images
	PKI      string // the folder of package pki
	Port     int    // where logs are served
	APIHost  string // how Pods reach the API server
	APIPort  int
	Capacity corev1.ResourceList
}

// Node runs Pods until its context ends.
type Node struct {
	Options
	*cluster.Clients
	events  record.EventRecorder
	pods    listers.PodLister
	images  *images
	mu      sync.Mutex
	workers map[types.UID]*worker
}

// Run registers the node and serves it.
func Run(ctx context.Context, clients *cluster.Clients, options Options) error {
	n := &Node{
		Options: options, Clients: clients, events: clients.Recorder("kubelet", options.Name),
		images: &images{options.Images}, workers: map[types.UID]*worker{},
	}
	if err := os.RemoveAll(filepath.Join(options.Folder, "pods")); err != nil {
		return err
	}
	if err := n.register(ctx); err != nil {
		return fmt.Errorf("registering node %s: %w", n.Name, err)
	}
	factory := informers.NewSharedInformerFactory(n, 0)
	informer := factory.Core().V1().Pods().Informer()
	n.pods = factory.Core().V1().Pods().Lister()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { n.seen(ctx, o.(*corev1.Pod)) },
		UpdateFunc: func(_, o any) { n.seen(ctx, o.(*corev1.Pod)) },
		DeleteFunc: func(o any) { n.gone(o) },
	})
	if err != nil {
		return err
	}
	serving, err := n.serve()
	if err != nil {
		return err
	}
	defer serving.Close()
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return ctx.Err()
	}
	n.schedule(ctx)
	n.killAll()
	return nil
}

// seen starts a Pod that was bound to this node, or passes on that it shall end.
func (n *Node) seen(ctx context.Context, pod *corev1.Pod) {
	if pod.Spec.NodeName != n.Name {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if w := n.workers[pod.UID]; w != nil {
		w.seen(pod)
		return
	}
	if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		if pod.DeletionTimestamp != nil && len(pod.Finalizers) == 0 {
			go n.forget(ctx, pod)
		}
		return
	}
	w := newWorker(ctx, n, pod)
	n.workers[pod.UID] = w
	go w.run()
}

// gone ends what is left of a Pod that the API server no longer has.
func (n *Node) gone(object any) {
	if tomb, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = tomb.Obj
	}
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	n.mu.Lock()
	w := n.workers[pod.UID]
	delete(n.workers, pod.UID)
	n.mu.Unlock()
	if w != nil {
		w.vanish()
	}
}

func (n *Node) killAll() {
	n.mu.Lock()
	workers := n.workers
	n.workers = map[types.UID]*worker{}
	n.mu.Unlock()
	for _, w := range workers {
		w.vanish()
	}
	deadline := time.After(5 * time.Second)
	for _, w := range workers {
		select {
		case <-w.ended:
		case <-deadline:
			log.Printf("pod %s: still there after its processes were killed", w.pod.Name)
			return
		}
	}
}

// worker finds the worker of a Pod by name.
func (n *Node) worker(namespace, name string) *worker {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, w := range n.workers {
		if w.pod.Namespace == namespace && w.pod.Name == name {
			return w
		}
	}
	return nil
}
