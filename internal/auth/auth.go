// Package auth holds the local users of a site and their sessions: argon2id passwords,
// 256-bit session tokens of which only the hash is kept, growing delays after wrong
// passwords. There are no default passwords.
//
// users.json may be changed by another process while the site runs ("acsgd user add"): it
// is read again as soon as it has changed. A session belongs to the password and the roles
// that it began with, so a changed or removed user's sessions end by themselves, whoever
// made the change and also across a restart.
package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
)

// The roles of a site (design decision D32).
var roles = [...]string{"officer", "radiation_officer", "supervisor", "central", "analyst", "engineer", "auditor", "admin"}

// Roles lists the roles that a user may have.
func Roles() []string { return slices.Clone(roles[:]) }

// Times of sessions and refusals.
const (
	Absolute  = 12 * time.Hour   // a session's longest life: a shift
	Idle      = 2 * time.Hour    // without any request or open stream
	freeTries = 5                // wrong passwords before delays begin
	maxDelay  = 15 * time.Minute // longest delay after wrong passwords
	maxTried  = 4096             // names for which wrong passwords are remembered
	maxQueue  = 16               // passwords that may wait to be checked
	saveEvery = 5 * time.Minute  // how old the kept times of sessions may be
)

// Errors of Login.
var (
	ErrRefused = errors.New("wrong user or password")
	ErrTooMany = errors.New("too many wrong passwords")
	ErrBusy    = errors.New("too many passwords are being checked: try again in a moment")
)

// User is one local user.
type User struct {
	Name  string   `json:"name"`
	Roles []string `json:"roles"`
	Salt  []byte   `json:"salt"`
	Hash  []byte   `json:"hash"`
}

// Has reports whether the user has one of the roles.
func (u *User) Has(want ...string) bool {
	for _, w := range want {
		if slices.Contains(u.Roles, w) {
			return true
		}
	}
	return false
}

// mark tells one form of a user from all others: a new password or other roles change it.
func (u *User) mark() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %x %x %q", u.Name, u.Salt, u.Hash, u.Roles)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

type session struct {
	User  string    `json:"user"`
	Mark  string    `json:"mark"` // of the user when the session began
	Begun time.Time `json:"begun"`
	Seen  time.Time `json:"seen"`
}

type tried struct {
	n     int
	until time.Time
}

// Users are the users and sessions of a site, kept in two files. Its methods are safe for
// concurrent use.
type Users struct {
	dir string
	now func() time.Time
	one chan struct{} // argon2id takes 64 MiB: one at a time
	all chan struct{} // of those that wait for one

	mu       sync.Mutex
	users    map[string]*User
	file     os.FileInfo         // users.json as it was read last; nil if there was none
	sessions map[string]*session // by hex SHA-256 of the token
	wrong    map[string]*tried
	saved    time.Time
}

// Open reads the users in dir; a missing file is an empty site.
func Open(dir string) (*Users, error) {
	u := &Users{dir: dir, now: time.Now, one: make(chan struct{}, 1), all: make(chan struct{}, maxQueue), users: map[string]*User{}, sessions: map[string]*session{}, wrong: map[string]*tried{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make user directory: %w", err)
	}
	if err := u.reload(); err != nil {
		return nil, err
	}
	if err := readJSON(filepath.Join(dir, "sessions.json"), &u.sessions); err != nil || u.sessions == nil {
		u.sessions = map[string]*session{} // everybody signs in again; nothing else is lost
	}
	for k, s := range u.sessions {
		if s == nil {
			delete(u.sessions, k)
		}
	}
	u.saved = u.now()
	return u, nil
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, werr := f.Write(b)
	if err := errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(path+".tmp"))
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// hash computes argon2id with the parameters of all our users; the caller holds "one".
func hash(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, 2, 64<<10, 1, 32)
}

// Password draws a password that can be read out over a radio: 4 groups of 4, no look-alikes.
func Password() string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	var b [16]byte
	rand.Read(b[:])
	out := make([]byte, 0, 19)
	for i, x := range b {
		if i > 0 && i%4 == 0 {
			out = append(out, '-')
		}
		out = append(out, letters[int(x)%len(letters)])
	}
	return string(out)
}

// Set makes or changes a user. All the user's sessions end.
func (u *Users) Set(name, password string, rs ...string) error {
	if name == "" || len(name) > 64 || len(password) < 10 {
		return fmt.Errorf("user %q: a name and a password of at least 10 characters are needed", name)
	}
	if len(rs) == 0 {
		return fmt.Errorf("user %q: no role", name)
	}
	for _, r := range rs {
		if !slices.Contains(roles[:], r) {
			return fmt.Errorf("user %q: unknown role %q, want one of %v", name, r, roles)
		}
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	u.one <- struct{}{}
	h := hash(password, salt)
	<-u.one
	return u.change(func() error {
		u.users[name] = &User{Name: name, Roles: rs, Salt: salt, Hash: h}
		return nil
	})
}

// Remove deletes a user and ends its sessions.
func (u *Users) Remove(name string) error {
	return u.change(func() error {
		if u.users[name] == nil {
			return fmt.Errorf("there is no user %q", name)
		}
		delete(u.users, name)
		return nil
	})
}

// List gives the users by name, without salts and hashes.
func (u *Users) List() []User {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refresh()
	list := make([]User, 0, len(u.users))
	for _, x := range u.users {
		list = append(list, User{Name: x.Name, Roles: x.Roles})
	}
	slices.SortFunc(list, func(a, b User) int { return compare(a.Name, b.Name) })
	return list
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Login checks a password and begins a session. After five wrong passwords for one name the
// next try is refused unread for a growing time. Passwords are checked one after the other,
// and no more than a few wait: a flood of tries is refused instead of being queued.
func (u *Users) Login(name, password string) (token string, user User, err error) {
	select {
	case u.all <- struct{}{}:
		defer func() { <-u.all }()
	default:
		return "", User{}, ErrBusy
	}
	u.one <- struct{}{} // also around the look at the delays: tries at once are tries in a row
	defer func() { <-u.one }()
	u.mu.Lock()
	u.refresh()
	x := u.users[name]
	w := u.wrong[name]
	wait := w != nil && u.now().Before(w.until)
	u.mu.Unlock()
	if wait {
		return "", User{}, ErrTooMany
	}
	salt, want := make([]byte, 16), make([]byte, 32)
	if x != nil {
		salt, want = x.Salt, x.Hash
	}
	got := hash(password, salt) // also for unknown names: the time must not tell them apart
	if x == nil || subtle.ConstantTimeCompare(got, want) != 1 {
		u.miss(name)
		return "", User{}, ErrRefused
	}
	var raw [32]byte
	rand.Read(raw[:])
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.wrong, name)
	u.sessions[key(token)] = &session{User: name, Mark: x.mark(), Begun: u.now(), Seen: u.now()}
	if err := u.saveLocked(); err != nil {
		delete(u.sessions, key(token))
		return "", User{}, err
	}
	return token, User{Name: x.Name, Roles: x.Roles}, nil
}

func (u *Users) miss(name string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	w := u.wrong[name]
	if w == nil {
		if len(u.wrong) >= maxTried {
			clear(u.wrong) // a flood of invented names must not take memory for ever
		}
		w = &tried{}
		u.wrong[name] = w
	}
	w.n++
	if w.n >= freeTries {
		delay := min(time.Second<<min(w.n-freeTries, 20), maxDelay)
		w.until = u.now().Add(delay)
	}
}

func key(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (u *Users) saveLocked() error {
	u.saved = u.now()
	for k, s := range u.sessions {
		if !u.liveLocked(s) {
			delete(u.sessions, k)
		}
	}
	return writeJSON(filepath.Join(u.dir, "sessions.json"), u.sessions)
}

// liveLocked reports whether a session has neither run out nor lost its user.
func (u *Users) liveLocked(s *session) bool {
	x, now := u.users[s.User], u.now()
	return x != nil && s.Mark == x.mark() && now.Sub(s.Begun) <= Absolute && now.Sub(s.Seen) <= Idle
}

// Session gives the user of a token and keeps the session alive; ok is false if it has
// ended.
func (u *Users) Session(token string) (user User, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refresh()
	s := u.sessions[key(token)]
	if s == nil {
		return User{}, false
	}
	if !u.liveLocked(s) {
		delete(u.sessions, key(token))
		return User{}, false
	}
	s.Seen = u.now()
	if s.Seen.Sub(u.saved) > saveEvery {
		// A disk that refuses costs only this: after a restart the user may have to sign in again.
		_ = u.saveLocked()
	}
	x := u.users[s.User]
	return User{Name: x.Name, Roles: x.Roles}, true
}

// Logout ends a session.
func (u *Users) Logout(token string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.sessions, key(token))
	return u.saveLocked()
}
