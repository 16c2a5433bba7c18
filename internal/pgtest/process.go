//go:build unix

package pgtest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// process is a running server and the shell that watches over it.
type process struct {
	cmd  *exec.Cmd
	hold io.WriteCloser // the shell stops the server when this closes, by us or by our death
	log  chan struct{}  // closed when the log has ended
}

// watch runs the server and waits for a line or the end of its input. The input ends when
// the test binary does, even by a crash or a kill, so no server outlives its tests.
// SIGQUIT is PostgreSQL's immediate shutdown. $0 is the folder to remove.
const watch = `
"$@" </dev/null &
read -r word
kill -QUIT $!
wait $!
[ "$word" = keep ] || rm -rf "$0"
`

const readyLine = "database system is ready to accept connections"

// spawn starts the server and waits until it takes connections.
func spawn(as *account, dir string, server []string) (*process, error) {
	cmd := exec.Command("/bin/sh", append([]string{"-c", watch, dir}, server...)...)
	as.dress(cmd, dir)
	hold, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	cmd.Stdout, cmd.Stderr = in, in
	err = cmd.Start()
	in.Close()
	if err != nil {
		out.Close()
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	p := &process{cmd: cmd, hold: hold, log: make(chan struct{})}
	ready := make(chan error, 1)
	go p.follow(out, ready)
	select {
	case err = <-ready:
	case <-time.After(patience):
		err = fmt.Errorf("start PostgreSQL: not ready within %v", patience)
	}
	if err != nil {
		p.stop(true)
		return nil, err
	}
	return p, nil
}

// follow reads the server's log: it tells when the server is ready or, with the last
// lines, that it has ended before, and reads on so that the server never waits for us.
func (p *process) follow(out *os.File, ready chan<- error) {
	defer close(p.log)
	defer out.Close()
	var last []string
	told := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if told {
			continue
		}
		last = append(last, lines.Text())
		switch {
		case strings.Contains(lines.Text(), readyLine):
			told, last = true, nil
			ready <- nil
		case fatal(lines.Text()):
			told = true
			ready <- fmt.Errorf("start PostgreSQL: it ended:\n%s", strings.Join(last, "\n"))
		case len(last) > 40:
			last = last[1:]
		}
	}
	if !told {
		ready <- fmt.Errorf("start PostgreSQL: it ended:\n%s", strings.Join(last, "\n"))
	}
}

// fatal tells a server that gives up from one that turns a client away because it is not
// ready yet.
func fatal(line string) bool {
	return strings.Contains(line, "database system is shut down") ||
		strings.Contains(line, "FATAL:") && !strings.Contains(line, "the database system is")
}

// stop ends the server and waits for its end; keep leaves the folder.
func (p *process) stop(keep bool) {
	if keep {
		_, _ = io.WriteString(p.hold, "keep\n") // the shell is gone only if the server is, too
	}
	_ = p.hold.Close()
	_ = p.cmd.Wait() // how the shell ended says nothing that matters
	<-p.log
}
