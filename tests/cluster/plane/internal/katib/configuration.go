package katib

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

// configuration is what the ConfigMap katib-config lists: algorithms, stopping rules, collectors.
type configuration struct {
	Runtime struct {
		Suggestions []struct {
			AlgorithmName string `json:"algorithmName"`
		} `json:"suggestions"`
		EarlyStoppings []struct {
			AlgorithmName string `json:"algorithmName"`
		} `json:"earlyStoppings"`
		MetricsCollectors []struct {
			Kind  string `json:"kind"`
			Image string `json:"image"`
		} `json:"metricsCollectors"`
	} `json:"runtime"`
}

// configure reads it at each use, as Katib does; an absent one lists nothing.
func configure(ctx context.Context, api kubernetes.Interface) *configuration {
	c := &configuration{}
	found, err := api.CoreV1().ConfigMaps("kubeflow").Get(ctx, "katib-config", metav1.GetOptions{})
	if err == nil {
		_ = yaml.Unmarshal([]byte(found.Data["katib-config.yaml"]), c)
	}
	return c
}

func (c *configuration) suggests(algorithm string) bool {
	for _, s := range c.Runtime.Suggestions {
		if s.AlgorithmName == algorithm {
			return true
		}
	}
	return false
}

func (c *configuration) stops(algorithm string) bool {
	for _, s := range c.Runtime.EarlyStoppings {
		if s.AlgorithmName == algorithm {
			return true
		}
	}
	return false
}

func (c *configuration) collects(kind string) bool { return c.collector(kind) != "" }

// collector is the image of the sidecar for a kind.
func (c *configuration) collector(kind string) string {
	for _, m := range c.Runtime.MetricsCollectors {
		if m.Kind == kind {
			return m.Image
		}
	}
	return ""
}
