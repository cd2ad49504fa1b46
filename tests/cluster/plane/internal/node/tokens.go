package node

import (
	"path/filepath"
	"time"

	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"nbkatib/cluster/internal/settings"
	"nbkatib/cluster/internal/token"
)

// token asks for a service account token that is bound to the Pod. Where the test sets `token-seconds`, it is one that lives so long.
func (w *worker) token(projection *corev1.ServiceAccountTokenProjection) (string, error) {
	account := w.pod.Spec.ServiceAccountName
	if life := settings.Read(w.ctx, w.node).Seconds("token-seconds", 0); life > 0 {
		return w.shortToken(account, projection.Audience, life)
	}
	request := &authv1.TokenRequest{Spec: authv1.TokenRequestSpec{
		ExpirationSeconds: projection.ExpirationSeconds,
		BoundObjectRef:    &authv1.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: w.pod.Name, UID: w.pod.UID},
	}}
	if projection.Audience != "" {
		request.Spec.Audiences = []string{projection.Audience}
	}
	granted, err := w.node.CoreV1().ServiceAccounts(w.pod.Namespace).CreateToken(w.ctx, account, request, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return granted.Status.Token, nil
}

func (w *worker) shortToken(account, audience string, life time.Duration) (string, error) {
	found, err := w.node.CoreV1().ServiceAccounts(w.pod.Namespace).Get(w.ctx, account, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	return token.Sign(filepath.Join(w.node.PKI, "sa.key"), token.Claim{
		Namespace: w.pod.Namespace, Account: account, AccountUID: string(found.UID), Pod: w.pod.Name, PodUID: string(w.pod.UID),
		Audience: audience, Life: life,
	})
}
