package auth

import (
	"errors"
	"testing"
	"time"
)

func open(t *testing.T) (*Users, *time.Time) {
	t.Helper()
	u, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	u.now = func() time.Time { return now }
	return u, &now
}

func TestSessionLivesThroughARestartAndEndsWithItsTime(t *testing.T) {
	u, now := open(t)
	if err := u.Set("aigerim", "correct horse battery", "officer"); err != nil {
		t.Fatal(err)
	}
	token, user, err := u.Login("aigerim", "correct horse battery")
	if err != nil || !user.Has("officer") || user.Has("admin") {
		t.Fatalf("Login: %+v, %v", user, err)
	}
	again, err := Open(u.dir)
	if err != nil {
		t.Fatal(err)
	}
	again.now = u.now
	if _, ok := again.Session(token); !ok {
		t.Error("the session is lost with the process")
	}
	*now = now.Add(Idle + time.Second)
	if _, ok := again.Session(token); ok {
		t.Error("an idle session lives on")
	}
}

func TestPasswordsAndRolesAreChecked(t *testing.T) {
	u, _ := open(t)
	for name, err := range map[string]error{
		"a short password": u.Set("a", "short", "officer"),
		"no role":          u.Set("a", "long enough password"),
		"an unknown role":  u.Set("a", "long enough password", "king"),
		"no name":          u.Set("", "long enough password", "officer"),
	} {
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestTenThousandWrongPasswordsAreSlow(t *testing.T) {
	u, now := open(t)
	if err := u.Set("a", "the right password", "officer"); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for range 10_000 {
		_, _, err := u.Login("a", "a wrong password")
		switch {
		case errors.Is(err, ErrRefused):
			checked++
		case !errors.Is(err, ErrTooMany):
			t.Fatal(err)
		}
	}
	if checked > freeTries {
		t.Errorf("%d wrong passwords were checked at once, want at most %d", checked, freeTries)
	}
	if _, _, err := u.Login("a", "the right password"); !errors.Is(err, ErrTooMany) {
		t.Errorf("right password during the delay: %v", err)
	}
	*now = now.Add(maxDelay)
	if _, _, err := u.Login("a", "the right password"); err != nil {
		t.Errorf("right password after the delay: %v", err)
	}
}

func TestChangingAPasswordEndsSessions(t *testing.T) {
	u, _ := open(t)
	if err := u.Set("a", "the first password", "admin"); err != nil {
		t.Fatal(err)
	}
	token, _, _ := u.Login("a", "the first password")
	if err := u.Set("a", "the second password", "admin"); err != nil {
		t.Fatal(err)
	}
	if _, ok := u.Session(token); ok {
		t.Error("the old session lives on")
	}
}
