// Package auth holds the local users of a site and their sessions: argon2id passwords,
// 256-bit session tokens of which only the hash is kept, growing delays after wrong
// passwords. There are no default passwords.
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
)

// Errors of Login.
var (
	ErrRefused = errors.New("wrong user or password")
	ErrTooMany = errors.New("too many wrong passwords")
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

type session struct {
	User  string    `json:"user"`
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

	mu       sync.Mutex
	users    map[string]*User
	sessions map[string]*session // by hex SHA-256 of the token
	wrong    map[string]*tried
	saved    time.Time
}

// Open reads the users in dir; a missing file is an empty site.
func Open(dir string) (*Users, error) {
	u := &Users{dir: dir, now: time.Now, one: make(chan struct{}, 1), users: map[string]*User{}, sessions: map[string]*session{}, wrong: map[string]*tried{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make user directory: %w", err)
	}
	if err := readJSON(filepath.Join(dir, "users.json"), &u.users); err != nil {
		return nil, err
	}
	if err := readJSON(filepath.Join(dir, "sessions.json"), &u.sessions); err != nil {
		u.sessions = map[string]*session{} // everybody signs in again; nothing else is lost
	}
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
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func (u *Users) hash(password string, salt []byte) []byte {
	u.one <- struct{}{}
	defer func() { <-u.one }()
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
	h := u.hash(password, salt)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.users[name] = &User{Name: name, Roles: rs, Salt: salt, Hash: h}
	u.endLocked(name)
	return writeJSON(filepath.Join(u.dir, "users.json"), u.users)
}

// Remove deletes a user and ends its sessions.
func (u *Users) Remove(name string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.users[name] == nil {
		return fmt.Errorf("there is no user %q", name)
	}
	delete(u.users, name)
	u.endLocked(name)
	return writeJSON(filepath.Join(u.dir, "users.json"), u.users)
}

func (u *Users) endLocked(name string) {
	for k, s := range u.sessions {
		if s.User == name {
			delete(u.sessions, k)
		}
	}
}

// List gives the users by name, without salts and hashes.
func (u *Users) List() []User {
	u.mu.Lock()
	defer u.mu.Unlock()
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
// next try is refused unread for a growing time.
func (u *Users) Login(name, password string) (token string, user User, err error) {
	u.mu.Lock()
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
	got := u.hash(password, salt) // also for unknown names: the time must not tell them apart
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
	u.sessions[key(token)] = &session{User: name, Begun: u.now(), Seen: u.now()}
	if err := u.saveLocked(); err != nil {
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
	return writeJSON(filepath.Join(u.dir, "sessions.json"), u.sessions)
}

// Session gives the user of a token and keeps the session alive; ok is false if it has
// ended.
func (u *Users) Session(token string) (user User, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.sessions[key(token)]
	if s == nil {
		return User{}, false
	}
	x := u.users[s.User]
	now := u.now()
	if x == nil || now.Sub(s.Begun) > Absolute || now.Sub(s.Seen) > Idle {
		delete(u.sessions, key(token))
		return User{}, false
	}
	s.Seen = now
	return User{Name: x.Name, Roles: x.Roles}, true
}

// Logout ends a session.
func (u *Users) Logout(token string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.sessions, key(token))
	return u.saveLocked()
}
