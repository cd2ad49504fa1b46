package node

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// pause is the first process of a PID namespace that the containers of a Pod share; each enters it from outside, so that it has no
// parent there. A nil pause stands for a namespace of each container's own.
type pause struct {
	process   *os.Process
	namespace *os.File
}

func newPause() (*pause, error) {
	command := exec.Command("/proc/self/exe", "pause")
	command.Env = []string{}
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID, Pdeathsig: unix.SIGKILL, Setsid: true}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the child's life is tied to this thread
		started <- command.Start()
		if command.Process != nil {
			_ = command.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	namespace, err := os.Open(fmt.Sprintf("/proc/%d/ns/pid", command.Process.Pid))
	if err != nil {
		_ = command.Process.Kill()
		return nil, err
	}
	return &pause{command.Process, namespace}, nil
}

// enter makes the calling thread's next child a member of the namespace.
func (p *pause) enter(command *exec.Cmd) error {
	if p == nil {
		command.SysProcAttr.Cloneflags |= unix.CLONE_NEWPID
		command.SysProcAttr.Pdeathsig = unix.SIGKILL
		return nil
	}
	return unix.Setns(int(p.namespace.Fd()), unix.CLONE_NEWPID)
}

func (p *pause) kill() {
	if p == nil || p.process == nil {
		return
	}
	_ = p.process.Kill()
	p.namespace.Close()
	p.process = nil
}
