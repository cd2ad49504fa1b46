// Package settings reads what a test asks of the plane: the ConfigMap plane-settings in kube-system. It is read at each use, so that a
// setting holds from the moment the test has written it.
package settings

import (
	"context"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Where the settings live.
const (
	Namespace = "kube-system"
	Name      = "plane-settings"
)

// Settings are the keys of the ConfigMap; what is absent has its default.
type Settings map[string]string

// Read returns the settings of this moment; none where the ConfigMap is absent or the API server does not answer.
func Read(ctx context.Context, api kubernetes.Interface) Settings {
	found, err := api.CoreV1().ConfigMaps(Namespace).Get(ctx, Name, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return found.Data
}

// Seconds is a duration given as a number of seconds.
func (s Settings) Seconds(key string, otherwise time.Duration) time.Duration {
	seconds, err := strconv.ParseFloat(s[key], 64)
	if err != nil {
		return otherwise
	}
	return time.Duration(seconds * float64(time.Second))
}

// On tells whether one of the comma-separated words of `quirks` is this.
func (s Settings) On(quirk string) bool {
	for _, word := range strings.Split(s["quirks"], ",") {
		if strings.TrimSpace(word) == quirk {
			return true
		}
	}
	return false
}
