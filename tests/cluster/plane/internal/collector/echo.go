package collector

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"
)

// echo repeats the metrics file on the sidecar's own output, where people look for a trial's log when the command's own went to the file.
// Each line gets the head that Katib's logger gives it.
type echo struct {
	path string
	read int64
	part []byte
	to   io.Writer
}

// say prints one line with the logger's head.
func (e *echo) say(line int, format string, arguments ...any) {
	head := fmt.Sprintf("I%s %7d main.go:%d] ", time.Now().Format("0102 15:04:05.000000"), os.Getpid(), line)
	fmt.Fprintf(e.to, head+format+"\n", arguments...)
}

// more prints the lines that were written since the last call.
func (e *echo) more() {
	file, err := os.Open(e.path)
	if err != nil {
		return
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, e.read, 1<<62))
	if err != nil {
		return
	}
	e.read += int64(len(text))
	e.part = append(e.part, text...)
	for {
		end := bytes.IndexByte(e.part, '\n')
		if end < 0 {
			return
		}
		e.say(143, "%s", e.part[:end])
		e.part = e.part[end+1:]
	}
}
