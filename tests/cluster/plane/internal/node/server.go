package node

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// serve answers the API server's questions about logs, over TLS in both directions.
func (n *Node) serve() (*http.Server, error) {
	ca, err := os.ReadFile(filepath.Join(n.PKI, "ca.crt"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	certificate, err := tls.LoadX509KeyPair(filepath.Join(n.PKI, "node.crt"), filepath.Join(n.PKI, "node.key"))
	if err != nil {
		return nil, err
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", n.logs)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second, TLSConfig: &tls.Config{
		Certificates: []tls.Certificate{certificate}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
	}}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", n.Port))
	if err != nil {
		return nil, err
	}
	go server.ServeTLS(listener, "", "")
	return server, nil
}

func (n *Node) logs(answer http.ResponseWriter, request *http.Request) {
	name := request.PathValue("container")
	w := n.worker(request.PathValue("namespace"), request.PathValue("pod"))
	if w == nil {
		http.Error(answer, fmt.Sprintf("pod %q not found", request.PathValue("pod")), http.StatusNotFound)
		return
	}
	w.mu.Lock()
	c := w.containers[name]
	w.mu.Unlock()
	restarts := int32(0)
	if c != nil {
		restarts = c.restarts
	}
	if request.FormValue("previous") == "true" {
		restarts--
	}
	if c == nil || restarts < 0 {
		http.Error(answer, fmt.Sprintf("container %q in pod %q is waiting to start: %s", name, w.pod.Name, w.waitingFor(name)), http.StatusBadRequest)
		return
	}
	over := func() bool {
		select {
		case <-c.ended:
			return true
		default:
			return restarts != c.restarts
		}
	}
	answer.Header().Set("Content-Type", "text/plain")
	answer.WriteHeader(http.StatusOK)
	if flusher, ok := answer.(http.Flusher); ok {
		flusher.Flush()
	}
	_ = copyLog(flushing{answer}, w.logFile(name, restarts), query(request), over, request.Context().Done())
}

func (w *worker) waitingFor(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range append(w.status.InitContainerStatuses, w.status.ContainerStatuses...) {
		if s.Name == name && s.State.Waiting != nil {
			return s.State.Waiting.Reason
		}
	}
	return "no such container"
}

func query(request *http.Request) logQuery {
	q := logQuery{follow: request.FormValue("follow") == "true", timestamps: request.FormValue("timestamps") == "true", tail: -1}
	if lines, err := strconv.Atoi(request.FormValue("tailLines")); err == nil {
		q.tail = lines
	}
	if bytes, err := strconv.ParseInt(request.FormValue("limitBytes"), 10, 64); err == nil {
		q.limit = bytes
	}
	if seconds, err := strconv.Atoi(request.FormValue("sinceSeconds")); err == nil {
		q.since = time.Now().Add(-time.Duration(seconds) * time.Second)
	}
	if at, err := time.Parse(time.RFC3339, request.FormValue("sinceTime")); err == nil {
		q.since = at
	}
	return q
}

// flushing sends what is written at once.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(data []byte) (int, error) {
	n, err := f.ResponseWriter.Write(data)
	if flusher, ok := f.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
	return n, err
}
