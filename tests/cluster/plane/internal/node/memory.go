package node

import (
	"os"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const memoryPeriod = 100 * time.Millisecond

// holdMemory kills a container that uses more than its limit. It looks at what its processes have resident ten times a second; a real node has
// the kernel look.
func (c *container) holdMemory() {
	limit, ok := c.spec.Resources.Limits[corev1.ResourceMemory]
	if !ok {
		return
	}
	for {
		select {
		case <-c.ended:
			return
		case <-time.After(memoryPeriod):
		}
		if resident(c.process.Pid) > limit.Value() {
			c.mu.Lock()
			c.starved = true
			c.mu.Unlock()
			c.kill()
			return
		}
	}
}

// resident is the memory of a process and all below it, in bytes.
func resident(root int) int64 {
	children, pages := map[int][]int{}, map[int]int64{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if parent, size, ok := readStat(pid); ok {
			children[parent] = append(children[parent], pid)
			pages[pid] = size
		}
	}
	total, left := int64(0), []int{root}
	for len(left) > 0 {
		pid := left[0]
		total += pages[pid]
		left = append(left[1:], children[pid]...)
	}
	return total * int64(os.Getpagesize())
}

// readStat reads a process's parent and resident pages.
func readStat(pid int) (parent int, pages int64, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0, false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 22 {
		return 0, 0, false
	}
	parent, _ = strconv.Atoi(fields[1])
	pages, _ = strconv.ParseInt(fields[21], 10, 64)
	return parent, pages, true
}
