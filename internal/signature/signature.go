// Package signature signs what a site prints. A site has one Ed25519 key, made at its first
// start; who has the public half can tell without the site whether a paper is as it was
// issued, and with the site's data whether its record is still there unchanged.
//
// Two things are signed. The statement names a passage's record and the journal's row that
// it stands in; it fits a QR code and can be checked from the sheet of paper. The file's
// bytes are signed beside it, in a comment behind the end of the PDF, so that a changed
// figure shows without any archive.
package signature

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Statement is what a paper says of its record.
type Statement struct {
	Kind    string // weighing, overload
	Site    string // code
	Passage string
	Version uint64   // of the record: number of the newest input in it
	Record  [32]byte // hash of its record: see Hash
	Row     uint64   // of the journal; 0: the record is not in it
	Head    [32]byte // hash of the journal's chain up to that row; zero if Row is 0
}

const prefix = "ACSGD1"

var enc = base64.RawURLEncoding

// plain gives the statement without its signature: fields divided by "|".
func (s *Statement) plain() (string, error) {
	for _, f := range []string{s.Kind, s.Site, s.Passage} {
		if strings.ContainsFunc(f, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`|()\<>`, r) }) {
			return "", fmt.Errorf("statement of passage %.80q: %.80q cannot stand in it", s.Passage, f)
		}
	}
	return strings.Join([]string{prefix, s.Kind, s.Site, s.Passage, strconv.FormatUint(s.Version, 10), enc.EncodeToString(s.Record[:]),
		strconv.FormatUint(s.Row, 10), enc.EncodeToString(s.Head[:])}, "|"), nil
}

// Sign gives the signed statement as one line of text.
func (k *Key) Sign(s Statement) (string, error) {
	text, err := s.plain()
	if err != nil {
		return "", err
	}
	return text + "|" + enc.EncodeToString(ed25519.Sign(k.private, []byte(text))), nil
}

// ErrForged is returned for a signature that the key has not made.
var ErrForged = errors.New("the signature does not fit the key")

// Parse reads a signed statement and checks its signature.
func Parse(key ed25519.PublicKey, text string) (Statement, error) {
	var s Statement
	f := strings.Split(strings.TrimSpace(text), "|")
	if len(f) != 9 || f[0] != prefix {
		return s, fmt.Errorf("statement %.40q: want %s and eight fields divided by |", text, prefix)
	}
	s.Kind, s.Site, s.Passage = f[1], f[2], f[3]
	var err, err2 error
	s.Version, err = strconv.ParseUint(f[4], 10, 64)
	s.Row, err2 = strconv.ParseUint(f[6], 10, 64)
	if err := errors.Join(err, err2, hash(&s.Record, f[5]), hash(&s.Head, f[7])); err != nil {
		return s, fmt.Errorf("statement of passage %.80q: %w", s.Passage, err)
	}
	sig, err := enc.Strict().DecodeString(f[8])
	if err != nil {
		return s, fmt.Errorf("statement of passage %.80q: signature: %w", s.Passage, err)
	}
	again, err := s.plain() // what was read must be what was signed, digit by digit
	if err != nil || again != strings.Join(f[:8], "|") || !ed25519.Verify(key, []byte(again), sig) {
		return s, fmt.Errorf("statement of passage %.80q: %w", s.Passage, ErrForged)
	}
	return s, nil
}

func hash(to *[32]byte, text string) error {
	b, err := enc.Strict().DecodeString(text)
	if err != nil || len(b) != len(to) {
		return fmt.Errorf("hash %.50q: want 32 bytes in base64url", text)
	}
	copy(to[:], b)
	return nil
}

// Hash is the SHA-256 of a record's canonical JSON: the keys of every object in order of
// their bytes, no white space, numbers as they were written.
func Hash(record []byte) ([32]byte, error) {
	d := json.NewDecoder(bytes.NewReader(record))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return [32]byte{}, fmt.Errorf("record: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return [32]byte{}, errors.New("record: more than one JSON value")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return [32]byte{}, fmt.Errorf("record: %w", err)
	}
	return sha256.Sum256(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// The comment behind the end of a file.
const comment = "%ACSGD1-FILE "

var trailer = regexp.MustCompile(`(?s)^(.*%%EOF\n)` + comment + `([A-Za-z0-9_-]{86})\n$`)

// SignFile gives the file with its signature behind its end.
func (k *Key) SignFile(pdf []byte) []byte {
	out := append(bytes.TrimRight(pdf, "\r\n"), '\n')
	sig := enc.EncodeToString(ed25519.Sign(k.private, fileDigest(out)))
	return append(out, comment+sig+"\n"...)
}

// fileDigest is what is signed of a file: never a statement, which begins otherwise.
func fileDigest(b []byte) []byte {
	sum := sha256.Sum256(b)
	return append([]byte("ACSGD1-FILE "), sum[:]...)
}

// ErrUnsigned is returned for a file without a signature behind its end.
var ErrUnsigned = errors.New("the file has no signature of a site behind its end")

// VerifyFile checks the signature of a file and gives the signed statement in it.
func VerifyFile(key ed25519.PublicKey, file []byte) (statement string, err error) {
	m := trailer.FindSubmatch(file)
	if m == nil {
		return "", ErrUnsigned
	}
	sig, err := enc.Strict().DecodeString(string(m[2]))
	if err != nil || !ed25519.Verify(key, fileDigest(m[1]), sig) {
		return "", fmt.Errorf("file of %d bytes: %w", len(file), ErrForged)
	}
	return Find(m[1])
}

var inFile = regexp.MustCompile(`\((` + prefix + `\|[!-'*-~]{1,1000})\)`)

// Find gives the statement in a file's description.
func Find(file []byte) (string, error) {
	m := inFile.FindSubmatch(file)
	if m == nil {
		return "", errors.New("the file holds no statement of a site")
	}
	return string(m[1]), nil
}

// Fingerprint is the SHA-256 of a public key, in hex.
func Fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:])
}

// PublicPEM gives a public key as others read it.
func PublicPEM(key ed25519.PublicKey) ([]byte, error) {
	b, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: b}), nil
}

// ParsePublic reads a public key in PEM.
func ParsePublic(b []byte) (ed25519.PublicKey, error) {
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errors.New("public key: want PEM with PUBLIC KEY")
	}
	k, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	key, ok := k.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("public key: %T, want Ed25519", k)
	}
	return key, nil
}
