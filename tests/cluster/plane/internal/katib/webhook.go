package katib

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"path/filepath"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const injectionLabel = "katib.kubeflow.org/metrics-collector-injection"

// operation is one step of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// review looks at one object; an error refuses it.
type review func(context.Context, *admissionv1.AdmissionRequest) ([]operation, error)

// serve answers the API server's webhooks, and takes what collectors report.
func (k *Katib) serve(ctx context.Context) error {
	routes := http.NewServeMux()
	routes.HandleFunc("POST /mutate-experiment", answer(k.mutateExperiment))
	routes.HandleFunc("POST /validate-experiment", answer(k.validateExperiment))
	routes.HandleFunc("POST /mutate-pod", answer(k.mutatePod))
	routes.HandleFunc("POST /report", k.report)
	server := &http.Server{Addr: fmt.Sprintf("127.0.0.1:%d", k.Port), Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	return server.ListenAndServeTLS(filepath.Join(k.PKI, "webhook.crt"), filepath.Join(k.PKI, "webhook.key"))
}

func answer(look review) http.HandlerFunc {
	return func(to http.ResponseWriter, request *http.Request) {
		body := &admissionv1.AdmissionReview{}
		if err := json.NewDecoder(request.Body).Decode(body); err != nil || body.Request == nil {
			http.Error(to, "expected an AdmissionReview", http.StatusBadRequest)
			return
		}
		patch, err := look(request.Context(), body.Request)
		response := &admissionv1.AdmissionResponse{UID: body.Request.UID, Allowed: err == nil}
		if err != nil {
			response.Result = &metav1.Status{Code: http.StatusBadRequest, Message: err.Error()}
		} else if len(patch) > 0 {
			kind := admissionv1.PatchTypeJSONPatch
			response.PatchType = &kind
			response.Patch, _ = json.Marshal(patch)
		}
		body.Request, body.Response = nil, response
		to.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(to).Encode(body); err != nil {
			log.Printf("webhook: %v", err)
		}
	}
}

// mutateExperiment fills in defaults; what the documents do not know is dropped on the way.
func (k *Katib) mutateExperiment(_ context.Context, request *admissionv1.AdmissionRequest) ([]operation, error) {
	e := &Experiment{}
	if err := json.Unmarshal(request.Object.Raw, e); err != nil {
		return nil, err
	}
	setDefaults(&e.Spec)
	return []operation{{"add", "/spec", e.Spec}}, nil
}

func (k *Katib) validateExperiment(ctx context.Context, request *admissionv1.AdmissionRequest) ([]operation, error) {
	e := &Experiment{}
	if err := json.Unmarshal(request.Object.Raw, e); err != nil {
		return nil, err
	}
	namespace, err := k.CoreV1().Namespaces().Get(ctx, request.Namespace, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if namespace.Labels[injectionLabel] != "enabled" {
		return nil, fmt.Errorf("Cannot create the Experiment %q in namespace %q: the namespace lacks label \"%s: enabled\"", e.Name, request.Namespace, injectionLabel)
	}
	var before *Experiment
	if len(request.OldObject.Raw) > 0 {
		before = &Experiment{}
		if err := json.Unmarshal(request.OldObject.Raw, before); err != nil {
			return nil, err
		}
	}
	if errs := validate(e, before, configure(ctx, k)); len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	return nil, nil
}
