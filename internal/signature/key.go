package signature

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keyFile is the private key in its directory.
const keyFile = "papers.pem"

// Key is a site's private key.
type Key struct{ private ed25519.PrivateKey }

// Public is the half that everybody may have.
func (k *Key) Public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

// Open reads the key in dir. Where there is none it makes one, readable by the owner alone
// and on disk before it is used: a key that signs and is then lost proves nothing.
func Open(dir string) (*Key, error) {
	k, err := Read(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make key directory: %w", err)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	b, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	switch err := write(dir, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b})); {
	case errors.Is(err, fs.ErrExist): // another process was first
		return Read(dir)
	case err != nil:
		return nil, fmt.Errorf("keep key in %s: %w", dir, err)
	}
	return &Key{private}, nil
}

// write puts the file under its name in one step and never over another.
func write(dir string, b []byte) error {
	tmp := filepath.Join(dir, "."+rand.Text())
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, werr := f.Write(b)
	err = errors.Join(werr, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(tmp, filepath.Join(dir, keyFile))
	}
	if err := errors.Join(err, os.Remove(tmp)); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Read reads the key in dir. A key that others may read is refused: it may be theirs too.
func Read(dir string) (*Key, error) {
	path := filepath.Join(dir, keyFile)
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("read key %s: mode %v, want -rw-------: others may have read it", path, st.Mode().Perm())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("read key %s: want PEM with PRIVATE KEY", path)
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", path, err)
	}
	private, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read key %s: %T, want Ed25519", path, k)
	}
	return &Key{private}, nil
}
