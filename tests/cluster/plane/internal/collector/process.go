package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const findTime = 30 * time.Second

// process is one of the Pod's first processes: those whose parent is in another PID namespace.
type process struct {
	pid  int
	line string
}

// roots are the containers' first processes, without the Pod's own and this one.
func roots() []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var all []process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == 1 || pid == os.Getpid() || parent(pid) != 0 {
			continue
		}
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && len(line) > 0 {
			all = append(all, process{pid, strings.ReplaceAll(string(line), "\x00", " ")})
		}
	}
	return all
}

// parent is a process's parent and, for one that has ended, -1.
func parent(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return -1
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 2 || fields[0] == "Z" || fields[0] == "X" {
		return -1
	}
	number, err := strconv.Atoi(fields[1])
	if err != nil {
		return -1
	}
	return number
}

// findMain waits for the wrapped command. One that has already ended cannot be found, and that is an error here as it is in Katib.
func findMain(folder string) (*process, error) {
	for end := time.Now().Add(findTime); time.Now().Before(end); time.Sleep(poll) {
		for _, p := range roots() {
			if strings.Contains(p.line, "echo completed > "+folder) {
				return &p, nil
			}
		}
		if markers, _ := filepath.Glob(folder + "/*.pid"); len(markers) > 0 {
			break
		}
	}
	return nil, fmt.Errorf("failed to wait for worker container: unable to find main pid from the process list %v", roots())
}

func (p *process) runs() bool { return parent(p.pid) == 0 }

func (p *process) marker(folder string) string { return fmt.Sprintf("%s/%d.pid", folder, p.pid) }

// completed reads what the wrapped command wrote at its end.
func (p *process) completed(folder string) error {
	text, err := os.ReadFile(p.marker(folder))
	if err != nil {
		return fmt.Errorf("failed to wait for worker container: unable to read file %s for pid %d: %w", p.marker(folder), p.pid, err)
	}
	if word := strings.TrimSpace(string(text)); word != "completed" && word != "early-stopped" {
		return fmt.Errorf("failed to wait for worker container: unexpected %q in %s", word, p.marker(folder))
	}
	return nil
}

// stop marks the trial as stopped, and terminates the one child of the wrapping shell.
func (p *process) stop(folder string) error {
	if err := os.WriteFile(p.marker(folder), []byte("early-stopped\n"), 0o644); err != nil {
		return err
	}
	children := childrenOf(p.pid)
	if len(children) != 1 {
		return fmt.Errorf("unable to stop the trial: found %d children of pid %d, expected 1", len(children), p.pid)
	}
	if err := syscall.Kill(children[0], syscall.SIGTERM); err != nil {
		return err
	}
	for end := time.Now().Add(reportTime); p.runs() && time.Now().Before(end); {
		time.Sleep(poll)
	}
	return nil
}

func childrenOf(pid int) []int {
	entries, _ := os.ReadDir("/proc")
	var all []int
	for _, entry := range entries {
		if child, err := strconv.Atoi(entry.Name()); err == nil && parent(child) == pid {
			all = append(all, child)
		}
	}
	return all
}

// waitForOthers waits until every other container has ended, whatever it is.
func waitForOthers() {
	for len(roots()) > 0 {
		time.Sleep(poll)
	}
}
