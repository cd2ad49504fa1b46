package node

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"

	"golang.org/x/sys/unix"
)

// told is the pipe on which a container says why it cannot run; closed by the exec that succeeds.
const told = 3

const old = "/.machine"

// Container turns this process into a container: the program's hidden verb "container". It returns only to exit.
func Container() int {
	runtime.LockOSThread()
	unix.CloseOnExec(told)
	made := &inside{}
	err := json.Unmarshal([]byte(os.Getenv("NBKATIB_CONTAINER")), made)
	if err == nil {
		err = made.become()
	}
	fmt.Fprint(os.NewFile(told, "told"), err)
	return startFailed
}

// Pause sleeps until it is killed: the hidden verb "pause".
func Pause() int {
	for {
		_ = unix.Pause()
	}
}

// become follows the order that the kernel asks for: a root of our own, what every container has, the Pod's volumes, and the user last.
func (c *inside) become() error {
	for _, step := range []func() error{c.overlay, c.system, c.volumes, c.leave, c.user} {
		if err := step(); err != nil {
			return err
		}
	}
	program, err := c.lookUp()
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return err
	}
	err = unix.Exec(program, c.Argv, c.Env)
	return fmt.Errorf("exec %s: %w", program, err)
}

// overlay puts a layer in memory over the image, so that nothing a container writes outside its volumes lasts, and makes it the root.
func (c *inside) overlay() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if err := unix.Mount("tmpfs", c.Base, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("layer: %w", err)
	}
	root := filepath.Join(c.Base, "root")
	for _, name := range []string{"upper", "work", "root"} {
		if err := os.Mkdir(filepath.Join(c.Base, name), 0o755); err != nil {
			return err
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%s/work", c.Root, c.Base, c.Base)
	if err := unix.Mount("overlay", root, "overlay", 0, options); err != nil {
		return fmt.Errorf("overlay over %s: %w", c.Root, err)
	}
	if err := os.MkdirAll(root+old, 0o700); err != nil {
		return err
	}
	if err := unix.PivotRoot(root, root+old); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	return os.Chdir("/")
}

// system mounts what every container finds: the machine's further mounts, /proc, /sys and devices.
func (c *inside) system() error {
	for _, path := range c.Passed {
		_ = bindAt(bind{Source: path, Target: path}) // what cannot be shown is absent, as in an image
	}
	if err := mountAt("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	if err := bindAt(bind{Source: "/sys", Target: "/sys"}); err != nil {
		return err
	}
	if err := mountAt("tmpfs", "/dev", "tmpfs", unix.MS_NOSUID, "mode=755"); err != nil {
		return err
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		if err := bindAt(bind{Source: "/dev/" + name, Target: "/dev/" + name}); err != nil {
			return err
		}
	}
	if err := mountAt("tmpfs", "/dev/shm", "tmpfs", unix.MS_NOSUID, "mode=1777"); err != nil {
		return err
	}
	if err := mountAt("devpts", "/dev/pts", "devpts", unix.MS_NOSUID, "newinstance,ptmxmode=0666,mode=0620"); err != nil {
		return err
	}
	for name, target := range map[string]string{"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"} {
		if err := os.Symlink(target, "/dev/"+name); err != nil {
			return err
		}
	}
	return nil
}

func (c *inside) volumes() error {
	sort.SliceStable(c.Mounts, func(i, j int) bool { return len(c.Mounts[i].Target) < len(c.Mounts[j].Target) })
	for _, b := range c.Mounts {
		if err := bindAt(b); err != nil {
			return err
		}
	}
	return nil
}

// leave lets go of the machine's own tree.
func (c *inside) leave() error {
	if err := unix.Unmount(old, unix.MNT_DETACH); err != nil {
		return err
	}
	if err := os.Remove(old); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(c.Hostname)); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	return os.Chdir(c.Dir)
}

func (c *inside) user() error {
	if c.UID == 0 && c.GID == 0 && len(c.Groups) == 0 {
		return nil
	}
	if err := unix.Setgroups(c.Groups); err != nil {
		return err
	}
	if err := unix.Setresgid(c.GID, c.GID, c.GID); err != nil {
		return err
	}
	return unix.Setresuid(c.UID, c.UID, c.UID)
}

// lookUp finds the program as a shell would, by the container's own PATH.
func (c *inside) lookUp() (string, error) {
	for _, pair := range c.Env {
		if path, ok := strings.CutPrefix(pair, "PATH="); ok {
			os.Setenv("PATH", path)
		}
	}
	program, err := exec.LookPath(c.Argv[0])
	if err != nil {
		return "", fmt.Errorf("unable to start container process: %w", err)
	}
	return program, nil
}

func mountAt(source, target, kind string, flags uintptr, options string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(source, target, kind, flags, options); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return nil
}

// bindAt shows a folder or file of the machine at a path of the container.
func bindAt(b bind) error {
	source := old + b.Source
	info, err := os.Stat(source)
	if err != nil {
		return fmt.Errorf("volume for %s: %w", b.Target, err)
	}
	if err := mountPoint(b.Target, info.IsDir()); err != nil {
		return fmt.Errorf("mount point %s: %w", b.Target, err)
	}
	if err := unix.Mount(source, b.Target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s: %w", b.Target, err)
	}
	if !b.ReadOnly {
		return nil
	}
	return unix.Mount("", b.Target, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
}

func mountPoint(path string, folder bool) error {
	if folder {
		return os.MkdirAll(path, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}
