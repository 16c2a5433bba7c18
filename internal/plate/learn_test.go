package plate

import (
	"bytes"
	"testing"
)

func TestLearnFindsWhatACameraConfuses(t *testing.T) {
	ch := StartChannel()
	var pairs []Confirmed
	for i := range 300 {
		p := Confirmed{Encode("389BK01"), Encode("389BK01")}
		switch i % 10 {
		case 0, 2, 4:
			p.Read = Encode("389BX01") // this camera writes X for K
		case 1:
			p.Read = Encode("J389BK01")
		}
		pairs = append(pairs, p)
	}
	next := ch.Learn(pairs)
	k, x := SymbolOf('K'), SymbolOf('X')
	if before, after := ch.Off(x, k), next.Off(x, k); after <= before || after < 0.9 {
		t.Errorf("X for K had %g, has %g", before, after)
	}
	if next.insert0 <= ch.insert0 || next.drop >= ch.drop {
		t.Errorf("first insertion %g to %g, drop %g to %g", ch.insert0, next.insert0, ch.drop, next.drop)
	}
	r, q := ch.NewRead(Encode("389BX01")), next.NewRead(Encode("389BX01"))
	if before, after := ch.Likelihood(&r, Encode("389BK01")), next.Likelihood(&q, Encode("389BK01")); after <= before {
		t.Errorf("likelihood of the usual error was %g, is %g", before, after)
	}
	if same := ch.Learn(nil); same.keep != ch.keep || same.off != ch.off {
		t.Error("learning from nothing changes the channel")
	}
}

func TestChannelIsStoredAndReadBack(t *testing.T) {
	ch := StartChannel().Learn([]Confirmed{{Encode("389BK01"), Encode("3B9BK0I")}})
	b, err := ch.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseChannel(b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.MarshalJSON()
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("stored again the channel differs (%v)", err)
	}
	for _, bad := range []string{"", "{}", `{"keep":2,"drop":0.1,"insert":0.1,"insert_first":0.1}`, `{"keep":0.9,"drop":0.1,"insert":0.1,"insert_first":0.1,"off":{"":{"A":0.5}}}`} {
		if _, err := ParseChannel([]byte(bad)); err == nil {
			t.Errorf("%s is taken for a channel", bad)
		}
	}
}
