// Package collector is the sidecar of a trial: it waits for the trial's process, reads the metrics that it left in a file, and reports them.
package collector

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nbkatib/cluster/internal/katib"
)

const (
	poll       = 100 * time.Millisecond
	reportTime = 60 * time.Second
)

// Options are the sidecar's arguments.
type Options struct {
	Namespace, Trial string
	Path             string // the file of metrics
	Format           string // TEXT or JSON
	Metrics          string // names, by semicolons; the objective first
	Type             string // of the objective, where there is a rule
	Filters          []string
	Rules            []string // name;value;comparison;step
	To, CA           string   // where to report
}

// Run returns when the metrics are reported; its error is the trial's failure.
func Run(o Options) error {
	main, err := findMain(filepath.Dir(o.Path))
	if err != nil {
		return err
	}
	report := &katib.Report{Namespace: o.Namespace, Trial: o.Trial}
	rules, err := newWatch(o)
	if err != nil {
		return err
	}
	log := &echo{path: o.Path, to: os.Stdout}
	log.say(400, "Trial Name: %s", o.Trial)
	for main.runs() {
		log.more()
		if rules.broken(o) {
			report.Stopped = true
			if err := main.stop(filepath.Dir(o.Path)); err != nil {
				return err
			}
			break
		}
		time.Sleep(poll)
	}
	waitForOthers()
	log.more()
	if err := main.completed(filepath.Dir(o.Path)); err != nil && !report.Stopped {
		return err
	}
	if report.Values, err = o.read(); err != nil {
		return err
	}
	if err := o.send(report); err != nil {
		return err
	}
	log.say(459, "Metrics reported. : %d", len(report.Values))
	return nil
}

// send reports, trying until somebody takes it.
func (o Options) send(report *katib.Report) error {
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(o.CA)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	for end := time.Now().Add(reportTime); ; time.Sleep(time.Second) {
		answer, err := client.Post(o.To, "application/json", bytes.NewReader(text))
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("status %d", answer.StatusCode)
		}
		if time.Now().After(end) {
			return fmt.Errorf("failed to report logs: %w", err)
		}
	}
}

func (o Options) names() []string { return strings.Split(o.Metrics, ";") }
