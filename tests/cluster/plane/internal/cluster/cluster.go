// Package cluster is how the plane's own parts reach the API server.
package cluster

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/record"
)

// Clients are the two ways to speak to one API server: typed, and for objects that only their CRD knows.
type Clients struct {
	kubernetes.Interface
	Dynamic dynamic.Interface
	events  record.EventBroadcaster
}

// Connect reads a kubeconfig.
func Connect(kubeconfig string) (*Clients, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig %s: %w", kubeconfig, err)
	}
	config.QPS, config.Burst = 500, 1000
	return connect(config)
}

func connect(config *rest.Config) (*Clients, error) {
	typedClient, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	events := record.NewBroadcaster()
	events.StartRecordingToSink(&typed.EventSinkImpl{Interface: typedClient.CoreV1().Events("")})
	return &Clients{typedClient, dynamicClient, events}, nil
}

// Recorder writes events in the name of a component.
func (c *Clients) Recorder(component, host string) record.EventRecorder {
	return c.events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: component, Host: host})
}
