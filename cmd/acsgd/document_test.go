package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// documents prints both papers of a passage, verifies them with the public key alone and
// with the site's data, and finds every change.
func documents(t *testing.T, data, passage string) {
	t.Helper()
	dir := t.TempDir()
	key := filepath.Join(dir, "key.pem")
	out, errw, code := call(t, "", "document", "key", "--data", data)
	if code != exitFine || !strings.HasPrefix(out, "-----BEGIN PUBLIC KEY-----") {
		t.Fatalf("document key: %d %s%s", code, out, errw)
	}
	if err := os.WriteFile(key, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func(args ...string) (map[string]any, int) {
		t.Helper()
		out, errw, code := call(t, "", append([]string{"document", "verify", "--key", key}, args...)...)
		var v map[string]any
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			t.Fatalf("document verify %q: %d %s%s", args, code, out, errw)
		}
		return v, code
	}
	for _, kind := range []string{"weighing", "overload"} {
		pdf := filepath.Join(dir, kind+".pdf")
		if out, errw, code := call(t, "", "document", kind, "--data", data, "--lang", "ru", "-o", pdf, passage); code != exitFine {
			t.Fatalf("document %s of %q: %d %s%s", kind, passage, code, out, errw)
		}
		if v, code := verify(pdf); code != exitFine || v["ok"] != true || v["file"] != "ok" || v["signature"] != "ok" || v["kind"] != kind || v["passage"] != passage {
			t.Errorf("%s: %d %v", kind, code, v)
		}
		if v, code := verify("--data", data, pdf); code != exitFine || v["journal"] != "holds" || v["record"] != "holds" {
			t.Errorf("%s with its data: %d %v", kind, code, v)
		}
		if out, errw, code := call(t, "", "document", "verify", "--data", data, pdf); code != exitFine || !strings.Contains(out, `"ok":true`) {
			t.Errorf("%s by the site's own key: %d %s%s", kind, code, out, errw)
		}
		if _, errw, code := call(t, "", "document", "verify", pdf); code != exitUsage || !strings.Contains(errw, "--key or --data") {
			t.Errorf("%s by no key: %d %s", kind, code, errw)
		}
		b, err := os.ReadFile(pdf)
		if err != nil {
			t.Fatal(err)
		}
		from := strings.Index(string(b), "(ACSGD1|")
		text, _, _ := strings.Cut(string(b)[from+1:], ")")
		if v, code := verify("--data", data, "--qr", text); code != exitFine || v["ok"] != true || v["record"] != "holds" {
			t.Errorf("%s by its code: %d %v", kind, code, v)
		}
		if v, code := verify("--qr", strings.Replace(text, passage, passage+"0", 1)); code != exitFaults || v["ok"] != false {
			t.Errorf("%s with another passage in its code: %d %v", kind, code, v)
		}
		b[from-100] ^= 1
		if err := os.WriteFile(pdf, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if v, code := verify(pdf); code != exitFaults || v["ok"] != false || v["file"] == "ok" || v["signature"] != "ok" {
			t.Errorf("%s with a byte changed: %d %v", kind, code, v)
		}
	}
	for _, args := range [][]string{{"document", "verify", "--key", key}, {"document", "verify", "--key", key, "--qr", "x", "y"}, {"document", "verify", "--key", "/nowhere", "--qr", "x"},
		{"document", "key", "--data", dir}, {"document", "weighing", "--data", dir, passage}, {"document", "weighing", "--data", data, "--lang", "de", passage}} {
		if out, errw, code := call(t, "", args...); code != exitUsage || errw == "" {
			t.Errorf("%q: %d %s%s", args, code, out, errw)
		}
	}
	if out, errw, code := call(t, "", "document", "weighing", "--data", data, "T-9-9"); code != exitFaults || !strings.Contains(errw, `no passage "T-9-9"`) {
		t.Errorf("a passage that is not: %d %s%s", code, out, errw)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 3 {
		t.Errorf("left in the directory: %v, %v", list, err)
	}
}
