package node

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// mountNamespace names the mount namespace of a process. Each container has its own, and all its processes are in it.
func mountNamespace(pid int) string {
	name, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
	if err != nil {
		return ""
	}
	return name
}

// killMembers ends what a container's first process left behind where it was not the first of a PID namespace, with which all would have gone.
func killMembers(namespace string) {
	entries, err := os.ReadDir("/proc")
	if err != nil || namespace == "" || namespace == mountNamespace(os.Getpid()) {
		return
	}
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && mountNamespace(pid) == namespace {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}
