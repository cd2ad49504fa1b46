// Package storage is the plane's CSI driver: volumes are folders, clones and snapshots are copies. It does what the external provisioner
// and the snapshot controller do; binding is Kubernetes' own controller's.
package storage

import (
	"context"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/record"

	"nbkatib/cluster/internal/cluster"
)

// Driver is the name by which StorageClasses and VolumeSnapshotClasses know it.
const Driver = "folders.nbkatib.test"

const period = 200 * time.Millisecond

// Objects that only their CRD knows.
var (
	Snapshots       = schema.GroupVersionResource{Group: "snapshot.storage.k8s.io", Version: "v1", Resource: "volumesnapshots"}
	SnapshotContent = schema.GroupVersionResource{Group: "snapshot.storage.k8s.io", Version: "v1", Resource: "volumesnapshotcontents"}
	SnapshotClasses = schema.GroupVersionResource{Group: "snapshot.storage.k8s.io", Version: "v1", Resource: "volumesnapshotclasses"}
)

// Storage serves one folder of volumes and one of snapshots.
type Storage struct {
	*cluster.Clients
	folder    string
	provision record.EventRecorder
	snapshot  record.EventRecorder
	told      map[string]string // the last complaint about each object
	ready     map[string]time.Time
}

// Run serves until the context ends. Each round looks at all there is, so that nothing is lost where the API server was away.
func Run(ctx context.Context, clients *cluster.Clients, folder string) {
	s := &Storage{
		Clients: clients, folder: folder, told: map[string]string{}, ready: map[string]time.Time{},
		provision: clients.Recorder(Driver, ""), snapshot: clients.Recorder("snapshot-controller", ""),
	}
	for ctx.Err() == nil {
		for _, step := range []func(context.Context) error{s.provisionAll, s.reclaimAll, s.snapshotAll, s.forgetSnapshots} {
			if err := step(ctx); err != nil && ctx.Err() == nil {
				log.Printf("storage: %v", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(period):
		}
	}
}

func (s *Storage) volume(handle string) string   { return filepath.Join(s.folder, "volumes", handle) }
func (s *Storage) snapshotOf(name string) string { return filepath.Join(s.folder, "snapshots", name) }

// copyFolder copies all of a folder, sharing blocks where the filesystem can. A half copy is never seen under the final name.
func copyFolder(from, to string) error {
	partial := to + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	if err := os.MkdirAll(partial, 0o777); err != nil {
		return err
	}
	if err := os.Chmod(partial, 0o777); err != nil {
		return err
	}
	if from != "" {
		if output, err := exec.Command("cp", "-a", "--reflink=auto", from+"/.", partial).CombinedOutput(); err != nil {
			log.Printf("copy of %s: %s", from, output)
			return err
		}
	}
	return os.Rename(partial, to)
}

// say tells something of an object once, until it is another thing.
func (s *Storage) say(key, text string, tell func()) {
	if s.told[key] != text {
		s.told[key] = text
		tell()
	}
}
