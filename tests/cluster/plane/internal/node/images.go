package node

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
)

// image is what a registry would have: a root folder, and what runs where a Pod says nothing.
type image struct {
	Root       string            `json:"root"`
	Env        map[string]string `json:"env"`
	Entrypoint []string          `json:"entrypoint"`
	Cmd        []string          `json:"cmd"`
	WorkingDir string            `json:"workingDir"`
	User       *int64            `json:"user"`
}

// images is a JSON file {name: image}, read at each use, so that a test can publish one while a Pod waits for it.
type images struct{ file string }

func (i *images) pull(name string) (*image, error) {
	text, err := os.ReadFile(i.file)
	if err != nil {
		return nil, err
	}
	known := map[string]*image{}
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, fmt.Errorf("%s: %w", i.file, err)
	}
	found := known[name]
	if found == nil {
		return nil, fmt.Errorf("failed to pull and unpack image %q: failed to resolve reference %q: not found", name, name)
	}
	return found, nil
}

// architecture is the processor by Kubernetes' name, which is Go's.
func architecture() string { return runtime.GOARCH }
