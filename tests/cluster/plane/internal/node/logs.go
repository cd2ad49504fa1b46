package node

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A log file has a line for each line of output: time, stream, F for a whole line or P for a part, text.

// logWriter writes a container's output, both streams in the order in which they came.
type logWriter struct {
	mu      sync.Mutex
	file    *os.File
	streams []*stream
}

type stream struct {
	log  *logWriter
	name string
	part []byte
}

const longestLine = 16 * 1024

func (w *worker) logFile(container string, restarts int32) string {
	return filepath.Join(w.folder, "logs", fmt.Sprintf("%s.%d.log", container, restarts))
}

func newLog(path string) (*logWriter, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	return &logWriter{file: file}, nil
}

func (l *logWriter) stream(name string) io.Writer {
	s := &stream{log: l, name: name}
	l.streams = append(l.streams, s)
	return s
}

func (s *stream) Write(data []byte) (int, error) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.part = append(s.part, data...)
	for {
		end := bytes.IndexByte(s.part, '\n')
		if end < 0 {
			break
		}
		s.line("F", s.part[:end])
		s.part = s.part[end+1:]
	}
	for len(s.part) > longestLine {
		s.line("P", s.part[:longestLine])
		s.part = s.part[longestLine:]
	}
	return len(data), nil
}

func (s *stream) line(tag string, text []byte) {
	fmt.Fprintf(s.log.file, "%s %s %s %s\n", time.Now().UTC().Format(time.RFC3339Nano), s.name, tag, text)
}

func (l *logWriter) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.streams {
		if len(s.part) > 0 {
			s.line("P", s.part)
		}
	}
	l.file.Close()
}

// logQuery is what the API server asks of a log.
type logQuery struct {
	follow, timestamps bool
	since              time.Time
	tail               int   // lines from the end; negative for all
	limit              int64 // bytes; 0 for all
}

// line of a log file, taken apart.
func (q *logQuery) text(line string) string {
	stamp, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	_, rest, _ = strings.Cut(rest, " ")
	tag, text, _ := strings.Cut(rest, " ")
	if !q.since.IsZero() {
		if at, err := time.Parse(time.RFC3339Nano, stamp); err != nil || at.Before(q.since) {
			return ""
		}
	}
	if q.timestamps {
		text = stamp + " " + text
	}
	if tag == "F" {
		text += "\n"
	}
	return text
}

// copyLog writes a log as asked; with follow it goes on until over is true and the file is at its end.
func copyLog(to io.Writer, path string, q logQuery, over func() bool, gone <-chan struct{}) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if q.tail >= 0 {
		skipToTail(file, q.tail)
	}
	reader, written, part := bufio.NewReader(file), int64(0), ""
	for {
		last := over()
		line, err := reader.ReadString('\n')
		part += line
		if err == nil {
			text := q.text(part)
			part = ""
			if q.limit > 0 && written+int64(len(text)) > q.limit {
				text = text[:q.limit-written]
			}
			n, err := io.WriteString(to, text)
			written += int64(n)
			if err != nil || q.limit > 0 && written >= q.limit {
				return err
			}
			continue
		}
		if !q.follow || last {
			return nil
		}
		select {
		case <-gone:
			return nil
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func skipToTail(file *os.File, lines int) {
	var starts []int64
	reader, offset := bufio.NewReader(file), int64(0)
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			break
		}
		starts = append(starts, offset)
		offset += int64(len(line))
	}
	switch {
	case lines >= len(starts):
		offset = 0
	case lines > 0:
		offset = starts[len(starts)-lines]
	}
	_, _ = file.Seek(offset, io.SeekStart)
}

// tail is the last lines of a log, as text.
func tail(path string, lines int) []byte {
	var text bytes.Buffer
	_ = copyLog(&text, path, logQuery{tail: lines}, func() bool { return true }, nil)
	return text.Bytes()
}
