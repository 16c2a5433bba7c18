package main

import (
	"bufio"
	"fmt"
	"path/filepath"
	"strings"

	"acsgd/internal/auth"
)

type userCmd struct {
	Add    userAddCmd    `cmd:"" help:"Make a user, or give one a new password and roles."`
	List   userListCmd   `cmd:"" help:"List the users."`
	Remove userRemoveCmd `cmd:"" help:"Remove a user; its sessions end."`
}

type userAddCmd struct {
	Data          string   `required:"" help:"The site's data directory."`
	Role          []string `required:"" help:"A role; may stand several times."`
	PasswordStdin bool     `help:"Read the password from standard input instead of drawing one."`
	Name          string   `arg:""`
}

func users(data string) (*auth.Users, error) { return auth.Open(filepath.Join(data, "users")) }

// Run makes a user.
func (u *userAddCmd) Run(s *std) error {
	us, err := users(u.Data)
	if err != nil {
		return usage{err}
	}
	pw := auth.Password()
	if u.PasswordStdin {
		l, err := bufio.NewReader(s.in).ReadString('\n')
		if err != nil && l == "" {
			return usage{fmt.Errorf("read password: %w", err)}
		}
		pw = strings.TrimRight(l, "\r\n")
	}
	if err := us.Set(u.Name, pw, u.Role...); err != nil {
		return usage{err}
	}
	if !u.PasswordStdin {
		fmt.Fprintf(s.out, "%s\t%s\n", u.Name, pw)
	}
	return nil
}

type userListCmd struct {
	Data string `required:"" help:"The site's data directory."`
}

// Run lists the users.
func (u *userListCmd) Run(s *std) error {
	us, err := users(u.Data)
	if err != nil {
		return usage{err}
	}
	for _, x := range us.List() {
		fmt.Fprintf(s.out, "%s\t%s\n", x.Name, strings.Join(x.Roles, ","))
	}
	return nil
}

type userRemoveCmd struct {
	Data string `required:"" help:"The site's data directory."`
	Name string `arg:""`
}

// Run removes a user.
func (u *userRemoveCmd) Run(*std) error {
	us, err := users(u.Data)
	if err != nil {
		return usage{err}
	}
	if err := us.Remove(u.Name); err != nil {
		return usage{err}
	}
	return nil
}
