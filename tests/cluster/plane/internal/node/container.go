package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
)

const startFailed = 128

// startError is a command that could not be run in the container.
type startError struct{ text string }

func (e *startError) Error() string { return e.text }

// container is one run of a container: its process, its log, and when it began.
type container struct {
	spec     *corev1.Container
	image    string
	restarts int32
	began    time.Time
	message  string // the file behind /dev/termination-log
	process  *os.Process
	ended    chan struct{}
	code     int32
	mu       sync.Mutex
	over     bool
	starved  bool // of memory
}

// inside is what the container's first process needs to know to become the container.
type inside struct {
	Root     string   `json:"root"`
	Base     string   `json:"base"`
	Passed   []string `json:"passed"` // mounts of the machine that the image shows too
	Mounts   []bind   `json:"mounts"`
	Hostname string   `json:"hostname"`
	Argv     []string `json:"argv"`
	Env      []string `json:"env"`
	Dir      string   `json:"dir"`
	UID      int      `json:"uid"`
	GID      int      `json:"gid"`
	Groups   []int    `json:"groups"`
}

// bind is a folder or file of the machine at a path of the container.
type bind struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"readOnly"`
}

func (w *worker) newContainer(spec *corev1.Container, image *image, restarts int32) (*container, error) {
	folder := filepath.Join(w.folder, "containers", spec.Name)
	if err := os.MkdirAll(filepath.Join(folder, "base"), 0o755); err != nil {
		return nil, err
	}
	c := &container{
		spec: spec, image: spec.Image, restarts: restarts, began: time.Now(), message: filepath.Join(folder, "termination-log"),
		ended: make(chan struct{}),
	}
	if err := os.WriteFile(c.message, nil, 0o666); err != nil {
		return nil, err
	}
	made, err := w.describe(c, image, filepath.Join(folder, "base"))
	if err != nil {
		return nil, err
	}
	output, err := newLog(w.logFile(spec.Name, restarts))
	if err != nil {
		return nil, err
	}
	if err := c.run(made, output, w.pause); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.containers[spec.Name] = c
	w.mu.Unlock()
	go c.holdMemory()
	if w.ctx.Err() != nil {
		c.kill()
	}
	return c, nil
}

func (w *worker) describe(c *container, image *image, base string) (*inside, error) {
	env, err := w.environment(c.spec, image)
	if err != nil {
		return nil, err
	}
	mounts, err := w.binds(c.spec, env)
	if err != nil {
		return nil, err
	}
	made := &inside{
		Root: image.Root, Base: base, Hostname: w.hostname(), Argv: argv(c.spec, image, env), Env: env.list(), Dir: c.spec.WorkingDir,
		Mounts: append(mounts, bind{Source: c.message, Target: terminationPath(c.spec)}),
	}
	if image.Root == "/" {
		made.Passed = hostMounts(w.node.Folder)
	}
	if made.Dir == "" {
		made.Dir = image.WorkingDir
	}
	if made.Dir == "" {
		made.Dir = "/"
	}
	if len(made.Argv) == 0 {
		return nil, &startError{"failed to create containerd task: no command specified"}
	}
	w.identity(c.spec, image, made)
	return made, nil
}

func terminationPath(spec *corev1.Container) string {
	if spec.TerminationMessagePath == "" {
		return corev1.TerminationMessagePathDefault
	}
	return spec.TerminationMessagePath
}

func argv(spec *corev1.Container, image *image, env variables) []string {
	command, arguments := spec.Command, spec.Args
	if len(command) == 0 {
		command = image.Entrypoint
		if len(arguments) == 0 {
			arguments = image.Cmd
		}
	}
	var all []string
	for _, word := range append(append([]string{}, command...), arguments...) {
		all = append(all, env.expand(word))
	}
	return all
}

// identity is the user and groups of the container, by its own security context, the Pod's, or the image.
func (w *worker) identity(spec *corev1.Container, image *image, made *inside) {
	pod := w.pod.Spec.SecurityContext
	if image.User != nil {
		made.UID, made.GID = int(*image.User), int(*image.User)
	}
	if pod != nil {
		set(&made.UID, pod.RunAsUser)
		set(&made.GID, pod.RunAsGroup)
		for _, group := range pod.SupplementalGroups {
			made.Groups = append(made.Groups, int(group))
		}
		if pod.FSGroup != nil {
			made.Groups = append(made.Groups, int(*pod.FSGroup))
		}
	}
	if own := spec.SecurityContext; own != nil {
		set(&made.UID, own.RunAsUser)
		set(&made.GID, own.RunAsGroup)
	}
}

func set(to *int, from *int64) {
	if from != nil {
		*to = int(*from)
	}
}

// run starts the process. Its error is a *startError where the command is at fault.
func (c *container) run(made *inside, output *logWriter, in *pause) error {
	text, err := json.Marshal(made)
	if err != nil {
		return err
	}
	told, tell, err := os.Pipe()
	if err != nil {
		return err
	}
	defer told.Close()
	command := exec.Command("/proc/self/exe", "container")
	command.Env = []string{"NBKATIB_CONTAINER=" + string(text)}
	command.ExtraFiles = []*os.File{tell}
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC, Setsid: true}
	command.Stdout, command.Stderr = output.stream("stdout"), output.stream("stderr")
	command.WaitDelay = time.Second
	started := make(chan error, 1)
	go c.hold(command, in, started, output)
	err = <-started
	tell.Close()
	if err != nil {
		return err
	}
	if complaint, _ := io.ReadAll(told); len(complaint) > 0 {
		<-c.ended
		return &startError{string(complaint)}
	}
	return nil
}

// hold starts the command on a thread that lives as long as it: the kernel ties a child's life to the thread that made it.
func (c *container) hold(command *exec.Cmd, in *pause, started chan error, output *logWriter) {
	runtime.LockOSThread() // never unlocked: the thread may have entered another namespace, and ends with this function
	defer close(c.ended)
	defer output.close()
	if err := in.enter(command); err != nil {
		started <- err
		return
	}
	err := command.Start()
	if err == nil {
		c.process = command.Process
	}
	started <- err
	if err != nil {
		return
	}
	namespace := mountNamespace(c.process.Pid)
	err = command.Wait()
	killMembers(namespace)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	c.code = exitCode(command, err)
}

func exitCode(command *exec.Cmd, err error) int32 {
	if command.ProcessState == nil {
		return 255
	}
	status, ok := command.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int32(status.Signal())
	}
	if err != nil && !errors.As(err, new(*exec.ExitError)) && !errors.Is(err, exec.ErrWaitDelay) {
		return 255
	}
	return int32(command.ProcessState.ExitCode())
}

func (c *container) wait() int32 {
	<-c.ended
	return c.code
}

func (c *container) terminate() { c.signal(unix.SIGTERM) }
func (c *container) kill()      { c.signal(unix.SIGKILL) }

func (c *container) signal(signal syscall.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over && c.process != nil {
		_ = c.process.Signal(signal)
	}
}

func (c *container) id() string {
	return fmt.Sprintf("process://%d-%d", c.process.Pid, c.began.UnixNano())
}
