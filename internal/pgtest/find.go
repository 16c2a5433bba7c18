//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// programs finds the folder of the server programs.
func programs() (bin string, err error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return major(b) - major(a) })
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			found = append(found, filepath.Dir(p))
		}
	}
	for _, dir := range found {
		if whole(dir) {
			return dir, nil
		}
	}
	return "", errors.New(missing)
}

// major is the version in /usr/lib/postgresql/15/bin.
func major(bin string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	if err != nil {
		return 0
	}
	return n
}

// whole reports whether all programs that are needed stand in the folder.
func whole(bin string) bool {
	for _, name := range []string{"initdb", "postgres", "createdb", "dropdb"} {
		if _, err := exec.LookPath(filepath.Join(bin, name)); err != nil {
			return false
		}
	}
	return true
}

// account is the user that the server runs as; nil is the user of the test.
type account struct{ uid, gid int }

// runAs chooses the user: PostgreSQL refuses to run as root.
func runAs() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			return nil, fmt.Errorf("group of user %s: %w", name, err)
		}
		return &account{uid: uid, gid: gid}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// dress makes cmd run as the account, in dir, apart from the terminal's process group: an
// interrupt at the keyboard ends the test binary, which ends the server in its own way.
func (a *account) dress(cmd *exec.Cmd, dir string) {
	cmd.Dir, cmd.Env = dir, environ(dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}

// environ is the environment of the programs: settings such as PGHOST of the user who runs
// the tests must not lead them to another server.
func environ(dir string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C", "TZ=UTC"}
}

// socketMax is how long the folder's path may be so that the socket's path in it fits a
// socket address, 103 bytes on the strictest systems.
const socketMax = 103 - len("/.s.PGSQL.5432")

// home makes the folder of a server, in the temporary directory or, where that has too
// long a path or is closed to the server's user, in /tmp.
func home(as *account) (string, error) {
	var errs []error
	for _, base := range []string{os.TempDir(), "/tmp"} {
		if as != nil && !open(base) {
			errs = append(errs, fmt.Errorf("%s is closed to other users", base))
			continue
		}
		dir, err := os.MkdirTemp(base, "acsgd-pg")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(dir) > socketMax {
			errs = append(errs, fmt.Errorf("%s is too long a path for a socket", dir), os.Remove(dir))
			continue
		}
		if as != nil {
			if err := os.Chown(dir, as.uid, as.gid); err != nil {
				return "", errors.Join(err, os.Remove(dir))
			}
		}
		return dir, nil
	}
	return "", fmt.Errorf("no folder for PostgreSQL: %w", errors.Join(errs...))
}

// open reports whether every user may pass through dir.
func open(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		up := filepath.Dir(dir)
		if up == dir {
			return true
		}
		dir = up
	}
}
