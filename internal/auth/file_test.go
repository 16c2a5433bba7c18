package auth

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// two opens one directory twice, as the running site and "acsgd user" do.
func two(t *testing.T) (site, tool *Users) {
	t.Helper()
	site, _ = open(t)
	if err := site.Set("aigerim", "the first password", "officer"); err != nil {
		t.Fatal(err)
	}
	tool, err := Open(site.dir)
	if err != nil {
		t.Fatal(err)
	}
	tool.now = site.now
	return site, tool
}

func TestARunningSiteTakesAUserThatAnotherProcessMakes(t *testing.T) {
	site, tool := two(t)
	if err := tool.Set("nurlan", "a password of his own", "auditor"); err != nil {
		t.Fatal(err)
	}
	if _, u, err := site.Login("nurlan", "a password of his own"); err != nil || !u.Has("auditor") {
		t.Errorf("the new user signs in: %+v, %v", u, err)
	}
	if got := site.List(); len(got) != 2 {
		t.Errorf("users %v, want two", got)
	}
}

func TestSessionsEndWhenAnotherProcessChangesTheUser(t *testing.T) {
	for name, change := range map[string]func(*Users) error{
		"a new password": func(u *Users) error { return u.Set("aigerim", "the second password", "officer") },
		"other roles":    func(u *Users) error { return u.Set("aigerim", "the first password", "auditor") },
		"removed":        func(u *Users) error { return u.Remove("aigerim") },
	} {
		t.Run(name, func(t *testing.T) {
			site, tool := two(t)
			if err := tool.Set("nurlan", "a password of his own", "auditor"); err != nil {
				t.Fatal(err)
			}
			token, _, err := site.Login("aigerim", "the first password")
			if err != nil {
				t.Fatal(err)
			}
			other, _, err := site.Login("nurlan", "a password of his own")
			if err != nil {
				t.Fatal(err)
			}
			if err := change(tool); err != nil {
				t.Fatal(err)
			}
			if _, ok := site.Session(token); ok {
				t.Error("the session of the changed user lives on")
			}
			if _, ok := site.Session(other); !ok {
				t.Error("the session of another user has ended with it")
			}
			again, err := Open(site.dir)
			if err != nil {
				t.Fatal(err)
			}
			again.now = site.now
			if _, ok := again.Session(token); ok {
				t.Error("the session of the changed user is back after a restart")
			}
		})
	}
}

func TestAChangedPasswordEndsSessionsAcrossARestart(t *testing.T) {
	u, _ := two(t)
	token, _, err := u.Login("aigerim", "the first password")
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Set("aigerim", "the second password", "officer"); err != nil {
		t.Fatal(err)
	}
	tool, err := Open(u.dir)
	if err != nil {
		t.Fatal(err)
	}
	tool.now = u.now
	if _, ok := tool.Session(token); ok {
		t.Error("the session from before the change is back after a restart")
	}
}

func TestAFileThatCannotBeReadChangesNothing(t *testing.T) {
	u, _ := two(t)
	token, _, err := u.Login("aigerim", "the first password")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(u.dir, "users.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]string{"torn": string(whole[:len(whole)/2]), "another's name": strings.Replace(string(whole), `"name": "aigerim"`, `"name": "admin"`, 1), "an empty entry": `{"aigerim": null}`} {
		if err := os.WriteFile(path, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := u.Session(token); !ok {
			t.Errorf("%s: the session has ended", name)
		}
		if err := u.Set("nurlan", "a password of his own", "auditor"); err == nil {
			t.Errorf("%s: a user is written over a file that cannot be read", name)
		}
		if _, err := Open(u.dir); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := u.Set("nurlan", "a password of his own", "auditor"); err != nil {
		t.Error("the file is whole again: ", err)
	}
}

func TestAFullDiskKeepsTheUsersThatThereWere(t *testing.T) {
	u, _ := two(t)
	if err := os.Mkdir(u.path()+".tmp", 0o700); err != nil { // nothing can be written beside the file
		t.Fatal(err)
	}
	if err := u.Set("nurlan", "a password of his own", "auditor"); err == nil {
		t.Fatal("a user that is not on disk is accepted")
	}
	if got := u.List(); len(got) != 1 {
		t.Errorf("users %v, want the one on disk", got)
	}
}

func TestWritersOfTheFileDoNotLoseEachOthersUsers(t *testing.T) {
	a, b := two(t)
	var wg sync.WaitGroup
	for name, u := range map[string]*Users{"one": a, "two": b, "three": a, "four": b} {
		wg.Go(func() {
			if err := u.Set(name, "a password of some length", "officer"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, u := range []*Users{a, b} {
		if got := u.List(); len(got) != 5 {
			t.Errorf("users %v, want five", got)
		}
	}
}

func TestTriesAtOnceAreDelayedLikeTriesInARow(t *testing.T) {
	u, _ := two(t)
	var mu sync.Mutex
	checked := 0
	var wg sync.WaitGroup
	for range 10 * maxQueue {
		wg.Go(func() {
			_, _, err := u.Login("aigerim", "a wrong password")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, ErrRefused):
				checked++
			case !errors.Is(err, ErrTooMany) && !errors.Is(err, ErrBusy):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if checked > freeTries {
		t.Errorf("%d wrong passwords were checked at once, want at most %d", checked, freeTries)
	}
}

func TestTimesOfALongSessionAreKeptForARestart(t *testing.T) {
	u, _ := two(t)
	now := u.now()
	u.now = func() time.Time { return now }
	token, _, err := u.Login("aigerim", "the first password")
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		now = now.Add(Idle / 2)
		if _, ok := u.Session(token); !ok {
			t.Fatal("a used session has ended")
		}
	}
	again, err := Open(u.dir)
	if err != nil {
		t.Fatal(err)
	}
	again.now = u.now
	if _, ok := again.Session(token); !ok {
		t.Error("the officer at work has to sign in again after a restart")
	}
}
