package auth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

func (u *Users) path() string { return filepath.Join(u.dir, "users.json") }

// refresh reads users.json again if another process has replaced it. A file that is gone
// or cannot be read changes nothing: the users that are known stay, and the next look
// tries again.
func (u *Users) refresh() {
	st, err := os.Stat(u.path())
	if err != nil || u.file != nil && sameFile(st, u.file) {
		return
	}
	_ = u.reload() // shown by "acsgd user list"; a running site goes on with what it knows
}

// sameFile reports whether a file is unchanged: it is replaced by a new one at every
// change, and time and size tell an editor's change in place.
func sameFile(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// reload reads users.json; a missing file is an empty site.
func (u *Users) reload() error {
	st, err := os.Stat(u.path())
	if errors.Is(err, fs.ErrNotExist) {
		u.users, u.file = map[string]*User{}, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", u.path(), err)
	}
	users := map[string]*User{}
	if err := readJSON(u.path(), &users); err != nil {
		return err
	}
	for name, x := range users {
		if x == nil || x.Name != name {
			return fmt.Errorf("read %s: the entry %q is no user of this name", u.path(), name)
		}
	}
	u.users, u.file = users, st // older than what was read at worst: then it is read again
	return nil
}

// change reads users.json, changes the users and writes them, while no other process does
// the same.
func (u *Users) change(f func() error) error {
	lock, err := os.OpenFile(filepath.Join(u.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock users: %w", err)
	}
	defer lock.Close() // and with it the lock ends
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock users: %w", err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.reload(); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	if err := writeJSON(u.path(), u.users); err != nil {
		return errors.Join(err, u.reload())
	}
	if u.file, err = os.Stat(u.path()); err != nil {
		return fmt.Errorf("read %s: %w", u.path(), err)
	}
	return nil
}
