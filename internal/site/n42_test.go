package site

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"acsgd/fusion"
	"acsgd/internal/n42"
	"acsgd/internal/obs"
	"acsgd/internal/store"
)

// TestAnOccupancyIsExportedFromTheArchive: from the portal's lines to a document that says
// which portal it was.
func TestAnOccupancyIsExportedFromTheArchive(t *testing.T) {
	p := newPortal(t)
	r := newRig(t, t.TempDir(), "", lane("1")+more("rpm-1", "rpm/tsa", "tcp:"+p.addr))
	r.wait("the portal speaks", func() bool { s, _, _ := r.state("rpm-1"); return s == string(obs.Online) })
	p.say("GB,000383,000389,000432,000423\r\n")
	empty := r.passage("1")
	p.say(strings.Repeat("GS,000063,000058,000051,000078\r\n", 12) + "GX,000637,002566,000000,000000\r\n")
	var id, name string
	var doc []byte
	r.wait("the document", func() bool {
		list, _, err := r.site.store.Search(t.Context(), store.Query{Device: "rpm-1", Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return false
		}
		var x fusion.Passage
		if err := json.Unmarshal(list[0], &x); err != nil {
			t.Fatal(err)
		}
		id = x.ID
		if name, doc, err = r.site.papers.N42(t.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		return doc != nil
	})
	x, err := n42.Read(bytes.NewReader(doc), 0)
	if err != nil || len(x.Problems) > 0 || name != "occupancy-0-637.n42" || x.Instrument.Model != "TSA VM-250" || !strings.Contains(x.Instrument.Text, "device rpm-1") || len(x.Measurements) != 14 {
		t.Errorf("%s: %v\n%s", name, err, doc)
	}
	if list, err := n42.Check(bytes.NewReader(doc), 0, time.Now()); err != nil || len(list) > 0 {
		t.Errorf("%v %+v", err, list)
	}
	r.settled(id)
	_, whole, _ := r.site.papers.N42(t.Context(), id, "")
	if _, again, err := r.site.papers.N42(t.Context(), id, "0-637"); err != nil || !bytes.Equal(again, whole) {
		t.Errorf("by its number: %v\n%s", err, again)
	}
	for _, c := range [][2]string{{id, "0-638"}, {"none", ""}, {empty, ""}} {
		if _, b, err := r.site.papers.N42(t.Context(), c[0], c[1]); err != nil || b != nil {
			t.Errorf("%q: %d bytes, %v", c, len(b), err)
		}
	}
}
