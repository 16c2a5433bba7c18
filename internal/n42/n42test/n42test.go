// Package n42test holds documents against the standard's own schema and Schematron rules,
// with xmllint and Saxon-HE. Neither the rules nor the tools are part of this project: what
// is not there skips the test.
package n42test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"acsgd/internal/sharedtest"
)

// jar is where Debian's libsaxonhe-java puts Saxon.
const jar = "/usr/share/java/Saxon-HE.jar"

// Schema returns the files that do not fit the standard's XML schema, with what xmllint
// says of each.
func Schema(t testing.TB, files ...string) map[string]string {
	t.Helper()
	xsd := sharedtest.Path(t, "radiation", "n42", "n42.xsd")
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skipf("no xmllint: install libxml2-utils: %v", err)
	}
	bad := map[string]string{}
	for part := range slices.Chunk(files, 100) {
		out, err := exec.CommandContext(t.Context(), "xmllint", append([]string{"--nonet", "--noout", "--schema", xsd}, part...)...).CombinedOutput()
		for _, f := range part {
			if !bytes.Contains(out, []byte(f+" validates\n")) {
				bad[f] = ""
			}
		}
		if err != nil && len(bad) == 0 {
			t.Fatalf("xmllint: %v\n%s", err, out)
		}
		for line := range strings.Lines(string(out)) {
			if f, _, ok := strings.Cut(line, ":"); ok {
				if _, is := bad[f]; is && len(bad[f]) < 2000 {
					bad[f] += line
				}
			}
		}
	}
	return bad
}

// Schematron returns the rules of the standard's Schematron file that each file breaks, by
// the names of their patterns, sorted, each once.
func Schematron(t testing.TB, files ...string) map[string][]string {
	t.Helper()
	sch := sharedtest.File(t, "radiation", "n42", "n42.sch")
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skipf("no Java: install default-jre-headless: %v", err)
	}
	if _, err := os.Stat(jar); err != nil {
		t.Skipf("no Saxon: install libsaxonhe-java: %v", err)
	}
	xslt, err := Translate(sch)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	style := filepath.Join(dir, "rules.xsl")
	for _, d := range []string{in, out} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(style, xslt, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(in, fmt.Sprintf("%06d.xml", i)), typed(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), java, "-cp", jar, "net.sf.saxon.Transform", "-s:"+in, "-o:"+out, "-xsl:"+style)
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("Saxon: %v\n%s", err, said)
	}
	broken := map[string][]string{}
	for i, f := range files {
		list, err := filepath.Glob(filepath.Join(out, fmt.Sprintf("%06d.*", i)))
		if err != nil || len(list) != 1 {
			t.Fatalf("Saxon wrote %q for %s: %v\n%s", list, f, err, said)
		}
		b, err := os.ReadFile(list[0])
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(b)), "\n")
		if lines[len(lines)-1] != "done" {
			t.Fatalf("Saxon did not come to the end of %s: %q\n%s", f, b, said)
		}
		rules := lines[:len(lines)-1]
		slices.Sort(rules)
		if rules = slices.Compact(rules); len(rules) > 0 {
			broken[f] = rules
		}
	}
	return broken
}

var (
	withID = regexp.MustCompile(`<([A-Za-z][\w.-]*)\s[^<>]*?\bid\s*=`)
	root   = regexp.MustCompile(`<[A-Za-z]`)
)

// typed tells a processor that knows no schema which attributes are ids: the rules ask for
// elements by id(), which finds nothing without it.
func typed(doc []byte) []byte {
	var dtd bytes.Buffer
	dtd.WriteString("<!DOCTYPE RadInstrumentData [")
	seen := map[string]bool{}
	for _, m := range withID.FindAllSubmatch(doc, -1) {
		if name := string(m[1]); !seen[name] {
			seen[name] = true
			fmt.Fprintf(&dtd, "<!ATTLIST %s id ID #IMPLIED>", name)
		}
	}
	dtd.WriteString("]>")
	at := root.FindIndex(doc)
	if at == nil {
		return doc
	}
	return slices.Concat(doc[:at[0]], dtd.Bytes(), doc[at[0]:])
}

// schema is a Schematron file, as far as the standard's uses the language.
type schema struct {
	NS []struct {
		URI    string `xml:"uri,attr"`
		Prefix string `xml:"prefix,attr"`
	} `xml:"ns"`
	Patterns []pattern `xml:"pattern"`
}

type pattern struct {
	ID       string `xml:"id,attr"`
	Abstract bool   `xml:"abstract,attr"`
	IsA      string `xml:"is-a,attr"`
	Params   []struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	} `xml:"param"`
	Rules []struct {
		Context string `xml:"context,attr"`
		Lets    []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"let"`
		Asserts []struct {
			Test string `xml:"test,attr"`
		} `xml:"assert"`
	} `xml:"rule"`
}

// Translate makes an XSLT 2.0 stylesheet of a Schematron file. It writes the name of the
// pattern for each assertion that does not hold, a line each, and "done" at the end. Every
// pattern is a mode that walks the whole document; of a pattern's rules the first that fits
// a node counts.
func Translate(sch []byte) ([]byte, error) {
	var s schema
	d := xml.NewDecoder(bytes.NewReader(sch))
	if err := d.Decode(&s); err != nil && err != io.EOF {
		return nil, fmt.Errorf("read Schematron: %w", err)
	}
	abstract := map[string]*pattern{}
	for i := range s.Patterns {
		if p := &s.Patterns[i]; p.Abstract {
			abstract[p.ID] = p
		}
	}
	var top, body bytes.Buffer
	for i := range s.Patterns {
		p := &s.Patterns[i]
		if p.Abstract {
			continue
		}
		from := p
		if p.IsA != "" {
			if from = abstract[p.IsA]; from == nil {
				return nil, fmt.Errorf("pattern %s is a %s, which there is not", p.ID, p.IsA)
			}
		}
		put := p.substitute()
		mode := fmt.Sprintf("m%d", i)
		fmt.Fprintf(&top, "<xsl:apply-templates select='/' mode='%s'/>\n", mode)
		for n, r := range from.Rules {
			fmt.Fprintf(&body, "<xsl:template match=%s mode='%s' priority='%d'>\n", quote(put(r.Context)), mode, len(from.Rules)-n)
			for _, l := range r.Lets {
				fmt.Fprintf(&body, "<xsl:variable name=%s select=%s/>\n", quote(l.Name), quote(put(l.Value)))
			}
			for _, a := range r.Asserts {
				fmt.Fprintf(&body, "<xsl:if test=%s><xsl:text>%s&#10;</xsl:text></xsl:if>\n", quote("not("+put(a.Test)+")"), p.ID)
			}
			fmt.Fprintf(&body, "<xsl:apply-templates select='@*|node()' mode='%s'/>\n</xsl:template>\n", mode)
		}
		if len(from.Rules) == 0 {
			return nil, fmt.Errorf("pattern %s has no rules", p.ID)
		}
	}
	var out bytes.Buffer
	out.WriteString("<xsl:stylesheet version='2.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'")
	for _, n := range s.NS {
		fmt.Fprintf(&out, " xmlns:%s=%s", n.Prefix, quote(n.URI))
	}
	out.WriteString(">\n<xsl:output method='text'/>\n<xsl:template match='/'>\n")
	out.Write(top.Bytes())
	out.WriteString("<xsl:text>done&#10;</xsl:text>\n</xsl:template>\n")
	out.WriteString("<xsl:template match='@*|node()' mode='#all' priority='-10'><xsl:apply-templates select='@*|node()' mode='#current'/></xsl:template>\n")
	out.Write(body.Bytes())
	out.WriteString("</xsl:stylesheet>\n")
	return out.Bytes(), nil
}

// substitute puts the parameters of an instance into the text of its abstract pattern.
func (p *pattern) substitute() func(string) string {
	params := slices.Clone(p.Params)
	slices.SortStableFunc(params, func(a, b struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}) int {
		return len(b.Name) - len(a.Name) // the longer first: one name may begin like another
	})
	var list []string
	for _, x := range params {
		list = append(list, "$"+x.Name, x.Value)
	}
	return strings.NewReplacer(list...).Replace
}

func quote(s string) string {
	var b bytes.Buffer
	b.WriteByte('"')
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	b.WriteByte('"')
	return b.String()
}
