package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"acsgd/internal/evidence"
	"acsgd/internal/signature"
	"acsgd/internal/site"
	"acsgd/internal/store"
)

type documentCmd struct {
	Weighing weighingCmd       `cmd:"" help:"The weighing certificate of a passage."`
	Overload overloadCmd       `cmd:"" help:"The protocol of exceeded limits of a passage."`
	Key      documentKeyCmd    `cmd:"" help:"Print the public key that the site's documents are verified with."`
	Verify   documentVerifyCmd `cmd:"" help:"Verify a document, and that its record is still there."`
}

type paperCmd struct {
	Data    string `required:"" help:"The site's data directory."`
	Store   string `help:"The site's archive, if it is not the file in the data directory: postgres://..." placeholder:"URL"`
	Lang    string `default:"kk" enum:"kk,ru,en" help:"Language: kk, ru or en."`
	Output  string `short:"o" help:"File to write; - is standard output. Without it PASSAGE-KIND-LANG.pdf." placeholder:"FILE"`
	Passage string `arg:"" help:"The passage's id."`
}

type weighingCmd struct{ paperCmd }

// Run makes a weighing certificate.
func (c *weighingCmd) Run(ctx context.Context, s *std) error { return c.write(ctx, s, "weighing") }

type overloadCmd struct{ paperCmd }

// Run makes a protocol of exceeded limits.
func (c *overloadCmd) Run(ctx context.Context, s *std) error { return c.write(ctx, s, "overload") }

// write makes the paper and puts it where it is wanted.
func (c *paperCmd) write(ctx context.Context, s *std, kind string) error {
	st, err := archiveOf(ctx, c.Data, c.Store)
	if err != nil {
		return usage{err}
	}
	defer st.Close()
	keep, err := evidence.Open(filepath.Join(c.Data, "evidence"))
	if err != nil {
		return usage{err}
	}
	defer keep.Close()
	papers, err := site.NewPapers(c.Data, st, keep)
	if err != nil {
		return usage{err}
	}
	b, err := papers.Paper(ctx, kind, c.Passage, c.Lang)
	if err != nil {
		return err
	}
	if b == nil {
		return fmt.Errorf("there is no passage %q in the archive of %s", c.Passage, c.Data)
	}
	name := c.Output
	switch name {
	case "-":
		_, err = s.out.Write(b)
		return err
	case "":
		name = fmt.Sprintf("%s-%s-%s.pdf", filepath.Base(c.Passage), kind, c.Lang)
	}
	if err := os.WriteFile(name, b, 0o640); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	fmt.Fprintln(s.out, name)
	return nil
}

// archiveOf opens the archive of a site that is there: a wrong directory must not be filled
// with an empty one.
func archiveOf(ctx context.Context, data, url string) (store.Store, error) {
	if _, err := os.Stat(filepath.Join(data, "journal")); err != nil {
		return nil, fmt.Errorf("no site's data in %s: %w", data, err)
	}
	return store.Open(ctx, url, filepath.Join(data, "archive"))
}

type documentKeyCmd struct {
	Data string `required:"" help:"The site's data directory."`
}

// Run prints the public key.
func (c *documentKeyCmd) Run(s *std) error {
	key, err := signature.Read(site.KeyDir(c.Data))
	if err != nil {
		return usage{err}
	}
	b, err := signature.PublicPEM(key.Public())
	if err != nil {
		return err
	}
	_, err = s.out.Write(b)
	return err
}

type documentVerifyCmd struct {
	Key   string `help:"The site's public key, as 'document key' prints it; with --data that of the directory is taken." placeholder:"FILE"`
	Data  string `help:"The site's data directory: then its journal and archive must have the record." placeholder:"DIR"`
	Store string `help:"The site's archive, if it is not the file in the data directory." placeholder:"URL"`
	QR    string `name:"qr" help:"The text of the document's code, instead of a file." placeholder:"TEXT"`
	File  string `arg:"" optional:"" help:"The PDF, or a text file with the code's text; - is standard input."`
}

// verified is the answer of "document verify".
type verified struct {
	OK      bool   `json:"ok"`
	Kind    string `json:"kind,omitempty"`
	Site    string `json:"site,omitempty"`
	Passage string `json:"passage,omitempty"`
	Version uint64 `json:"version,omitempty"`
	Hash    string `json:"hash,omitempty"`
	Row     uint64 `json:"row,omitempty"`
	Signed  string `json:"signature"`      // of the statement: ok, or what is wrong
	Bytes   string `json:"file,omitempty"` // of a PDF: ok, or what is wrong
	*site.Examined
}

// key is the public key that was given, or the site's own.
func (c *documentVerifyCmd) key() (ed25519.PublicKey, error) {
	switch {
	case c.Key != "":
		b, err := os.ReadFile(c.Key)
		if err != nil {
			return nil, err
		}
		key, err := signature.ParsePublic(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Key, err)
		}
		return key, nil
	case c.Data != "":
		own, err := signature.Read(site.KeyDir(c.Data))
		if err != nil {
			return nil, err
		}
		return own.Public(), nil
	}
	return nil, errors.New("document verify: whose signature: want --key or --data")
}

// Run verifies a document.
func (c *documentVerifyCmd) Run(ctx context.Context, s *std) error {
	if (c.QR == "") == (c.File == "") {
		return usage{errors.New("document verify: either a file or --qr is needed")}
	}
	key, err := c.key()
	if err != nil {
		return usage{err}
	}
	var v verified
	text := c.QR
	if c.File != "" {
		b, err := c.read(s)
		if err != nil {
			return usage{err}
		}
		text = string(b)
		if bytes.HasPrefix(b, []byte("%PDF-")) {
			v.Bytes = "ok"
			if text, err = signature.VerifyFile(key, b); err != nil {
				v.Bytes = err.Error()
				text, _ = signature.Find(b) // it may still be told which record it claims
			}
		}
	}
	st, err := signature.Parse(key, text)
	v.Signed = "ok"
	if err != nil {
		v.Signed = err.Error()
	} else {
		v.Kind, v.Site, v.Passage, v.Version, v.Row = st.Kind, st.Site, st.Passage, st.Version, st.Row
		v.Hash = base64.RawURLEncoding.EncodeToString(st.Record[:])
		if c.Data != "" {
			if err := c.examine(ctx, &v, st); err != nil {
				return err
			}
		}
	}
	v.OK = v.Signed == "ok" && (v.Bytes == "" || v.Bytes == "ok") && (v.Examined == nil || v.Examined.OK())
	if err := json.NewEncoder(s.out).Encode(v); err != nil {
		return err
	}
	if !v.OK {
		return errFaults
	}
	return nil
}

// maxDocument bounds what is read as a document.
const maxDocument = 64 << 20

func (c *documentVerifyCmd) read(s *std) ([]byte, error) {
	f, err := open(s, c.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	if err == nil && len(b) > maxDocument {
		err = fmt.Errorf("more than %d bytes", maxDocument)
	}
	if err != nil {
		return nil, fmt.Errorf("read document %s: %w", c.File, err)
	}
	return b, nil
}

func (c *documentVerifyCmd) examine(ctx context.Context, v *verified, st signature.Statement) error {
	archive, err := archiveOf(ctx, c.Data, c.Store)
	if err != nil {
		return usage{err}
	}
	defer archive.Close()
	x, err := site.Examine(ctx, filepath.Join(c.Data, "journal"), archive, st)
	if err != nil {
		return err
	}
	v.Examined = &x
	return nil
}
