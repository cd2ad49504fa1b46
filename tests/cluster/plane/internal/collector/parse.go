package collector

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"nbkatib/cluster/internal/katib"
)

const (
	defaultFilter = `([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)`
	noTime        = "0001-01-01T00:00:00Z"
)

// read finds the metrics in the file. An objective that is not there is reported as unavailable.
func (o Options) read() ([]katib.Value, error) {
	text, err := os.ReadFile(o.Path)
	if err != nil {
		return nil, fmt.Errorf("failed to collect logs: %w", err)
	}
	values, err := o.parse(string(text))
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		if v.Name == o.names()[0] {
			return values, nil
		}
	}
	return []katib.Value{{Time: noTime, Name: o.names()[0], Value: "unavailable"}}, nil
}

func (o Options) parse(text string) ([]katib.Value, error) {
	if o.Format == "JSON" {
		return o.parseJSON(text)
	}
	filters, err := o.filters()
	if err != nil {
		return nil, err
	}
	var values []katib.Value
	for _, line := range strings.Split(text, "\n") {
		for _, filter := range filters {
			for _, found := range filter.FindAllStringSubmatch(line, -1) {
				if name := strings.TrimSpace(found[1]); slices.Contains(o.names(), name) {
					values = append(values, katib.Value{Time: timeOf(line), Name: name, Value: strings.TrimSpace(found[2])})
				}
			}
		}
	}
	return values, nil
}

func (o Options) filters() ([]*regexp.Regexp, error) {
	patterns := o.Filters
	if len(patterns) == 0 {
		patterns = []string{defaultFilter}
	}
	var all []*regexp.Regexp
	for _, p := range patterns {
		expression, err := regexp.Compile(p)
		if err != nil {
			return nil, err
		}
		all = append(all, expression)
	}
	return all, nil
}

// timeOf is a line's first word where that is a time.
func timeOf(line string) string {
	word, _, _ := strings.Cut(line, " ")
	at, err := time.Parse(time.RFC3339Nano, word)
	if err != nil {
		return noTime
	}
	return at.UTC().Format("2006-01-02T15:04:05.000000000Z")
}

func (o Options) parseJSON(text string) ([]katib.Value, error) {
	var values []katib.Value
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		object := map[string]any{}
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			return nil, fmt.Errorf("failed to parse the metrics file as JSON: %w", err)
		}
		at, _ := object["timestamp"].(string)
		for _, name := range o.names() {
			if value, ok := object[name].(string); ok {
				values = append(values, katib.Value{Time: timeOf(at + " "), Name: name, Value: value})
			}
		}
	}
	return values, nil
}
