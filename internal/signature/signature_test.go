package signature

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// A key and a statement that OpenSSL signed: "openssl pkeyutl -sign -rawin".
const (
	opensslKey = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAy4cpzf7wqpFrRaYkt5iRZcYDKPmV2v7r/glJF4nmEIQ=
-----END PUBLIC KEY-----
`
	opensslSigned = "ACSGD1|weighing|KZ-KHO|KZ-KHO-2-36|149|lqxhPdQ4uwmHHjKMfVTiQBm7cy6T1vV5s0YtMWs4RR8|672|lBSIax6_Al2wZ6TL0ToJA_vZczpTcruhtYvXLBaZt5g|" +
		"5eE5J8ewOWX4Oynp-SKPR_d4cYcX9-4Y0VGwOuaV28VXr1LEJ9XazRut2Wqq_HSt-GZaKnUHcRAofX2RAlLKDQ"
	// sha256sum of {"a":{"y":"Қорғас <&>","z":[1,2,3]},"b":1.50,"n":null}
	canonical = "96ac613dd438bb09871e328c7d54e24019bb732e93d6f579b3462d316b38451f"
)

func TestOpenSSL(t *testing.T) {
	key, err := ParsePublic([]byte(opensslKey))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(key, opensslSigned)
	if err != nil {
		t.Fatal(err)
	}
	if s.Kind != "weighing" || s.Site != "KZ-KHO" || s.Passage != "KZ-KHO-2-36" || s.Version != 149 || s.Row != 672 || hex.EncodeToString(s.Record[:]) != canonical {
		t.Errorf("%+v", s)
	}
	again, err := PublicPEM(key)
	if err != nil || string(again) != opensslKey {
		t.Errorf("%s %v", again, err)
	}
}

func TestHash(t *testing.T) {
	for _, same := range []string{`{"b": 1.50, "a": {"z":[1,2, 3], "y":"Қорғас <&>"}, "n": null}`, "{\n\"n\":null,\"b\":1.50,\"a\":{\"y\":\"\\u049aор\\u0493ас \\u003c&>\",\"z\":[1,2,3]}}\n"} {
		h, err := Hash([]byte(same))
		if err != nil || hex.EncodeToString(h[:]) != canonical {
			t.Errorf("%s: %x %v", same, h, err)
		}
	}
	other, err := Hash([]byte(`{"b": 1.5, "a": {"z":[1,2, 3], "y":"Қорғас <&>"}, "n": null}`))
	if err != nil || hex.EncodeToString(other[:]) == canonical {
		t.Error("a number written otherwise has the same hash")
	}
	for _, bad := range []string{"", "{", `{} {}`, "{}x"} {
		if _, err := Hash([]byte(bad)); err == nil {
			t.Errorf("hash of %q", bad)
		}
	}
}

func newKey(t testing.TB) *Key {
	t.Helper()
	k, err := Open(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestEveryCharacterCounts: a statement in which anything is changed is refused.
func TestEveryCharacterCounts(t *testing.T) {
	k := newKey(t)
	s := Statement{Kind: "overload", Site: "A", Passage: "A-1-2", Version: 7, Row: 9, Record: [32]byte{1}, Head: [32]byte{2}}
	text, err := k.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(k.Public(), text+"\n")
	if err != nil || got != s {
		t.Fatalf("%+v %v", got, err)
	}
	for i := range text {
		for _, c := range []byte{text[i] ^ 1, text[i] ^ 2, '|', '0'} {
			b := []byte(text)
			if b[i] == c {
				continue
			}
			b[i] = c
			if got, err := Parse(k.Public(), string(b)); err == nil {
				t.Fatalf("%s passes as %+v", b, got)
			}
		}
	}
	if _, err := Parse(newKey(t).Public(), text); !errors.Is(err, ErrForged) {
		t.Errorf("another site's key: %v", err)
	}
	for _, bad := range []Statement{{Site: "A|B"}, {Passage: "a b"}, {Kind: "("}, {Passage: "Қ"}} {
		if text, err := k.Sign(bad); err == nil {
			t.Errorf("%+v is signed as %s", bad, text)
		}
	}
}

// TestFiles: the bytes before the comment are signed, none is to be changed, added or lost.
func TestFiles(t *testing.T) {
	k := newKey(t)
	text, err := k.Sign(Statement{Kind: "weighing", Passage: "A-1"})
	if err != nil {
		t.Fatal(err)
	}
	pdf := []byte("%PDF-1.4\n/Keywords (" + text + ")\n%%EOF\n")
	signed := k.SignFile(pdf)
	if got, err := VerifyFile(k.Public(), signed); err != nil || got != text {
		t.Fatalf("%q %v", got, err)
	}
	if !bytes.HasPrefix(signed, pdf) {
		t.Error("the file itself was changed")
	}
	for i := range signed {
		b := bytes.Clone(signed)
		b[i] ^= 1
		if got, err := VerifyFile(k.Public(), b); err == nil {
			t.Fatalf("byte %d changed, and the file passes with %q", i, got)
		}
	}
	for name, b := range map[string][]byte{"without": pdf, "longer": append(bytes.Clone(signed), "x"...), "incremental": append(bytes.Clone(signed), "%PDF more\n%%EOF\n"...), "empty": nil} {
		if _, err := VerifyFile(k.Public(), b); !errors.Is(err, ErrUnsigned) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := VerifyFile(newKey(t).Public(), signed); !errors.Is(err, ErrForged) {
		t.Errorf("another site's key: %v", err)
	}
	// A signed file that is appended and signed again by nobody stays refused.
	twice := append(bytes.Clone(signed), signed[len(pdf):]...)
	if _, err := VerifyFile(k.Public(), twice); err == nil {
		t.Error("a signature that stands twice passes")
	}
}

func TestKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := Read(dir); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("read before it is made: %v", err)
	}
	var wg sync.WaitGroup
	prints := make([]string, 8)
	for i := range prints {
		wg.Go(func() {
			k, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = Fingerprint(k.Public())
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p != prints[0] || len(p) != 64 {
			t.Fatalf("several keys in one directory: %q", prints)
		}
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Errorf("left in the directory: %v %v", list, err)
	}
	path := filepath.Join(dir, keyFile)
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "others may have read it") {
		t.Errorf("a key that others may read: %v", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a broken key is replaced")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "nothing" {
		t.Errorf("a broken key was overwritten: %s", b)
	}
	for _, bad := range []string{"", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"} {
		if _, err := ParsePublic([]byte(bad)); err == nil {
			t.Errorf("public key %q", bad)
		}
	}
}

// TestAnyStatement that can be signed comes back as it was.
func TestAnyStatement(t *testing.T) {
	k := newKey(t)
	name := rapid.StringMatching(`[A-Za-z0-9._-]{0,40}`)
	rapid.Check(t, func(t *rapid.T) {
		s := Statement{Kind: name.Draw(t, "kind"), Site: name.Draw(t, "site"), Passage: name.Draw(t, "passage"), Version: rapid.Uint64().Draw(t, "version"), Row: rapid.Uint64().Draw(t, "row")}
		copy(s.Record[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "record"))
		copy(s.Head[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "head"))
		text, err := k.Sign(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Parse(k.Public(), text); err != nil || got != s {
			t.Fatalf("%+v: %v", got, err)
		}
		if found, err := Find([]byte("x (" + text + ") y")); err != nil || found != text {
			t.Fatalf("%q: %v", found, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	key, err := ParsePublic([]byte(opensslKey))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(opensslSigned)
	f.Add("ACSGD1||||||||")
	f.Add(strings.Replace(opensslSigned, "149", "0149", 1))
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(key, text)
		if err == nil && strings.TrimSpace(text) != opensslSigned {
			t.Fatalf("%q passes as %+v", text, s)
		}
		if _, err := Parse(ed25519.PublicKey(make([]byte, 32)), text); err == nil && !strings.HasPrefix(text, prefix) {
			t.Fatalf("%q passes for no key", text)
		}
	})
}
