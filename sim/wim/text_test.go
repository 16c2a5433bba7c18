package wim

import (
	"testing"

	"acsgd/internal/quant"
)

func TestTextLinesAreThoseOfTheDocuments(t *testing.T) {
	for _, c := range []struct {
		form    TextForm
		address string
		r       Reading
		want    string
	}{
		{StandardString, "", Reading{Mass: quant.Kg(18420), Stable: true}, "ST,GS,   18420,kg\r\n"},
		{StandardString, "01", Reading{Mass: quant.Kg(-120)}, "01US,GS,    -120,kg\r\n"},
		{StandardString, "", Reading{Over: true}, "OL,GS,--------,kg\r\n"},
		{RiceLake, "", Reading{Mass: quant.Kg(18420), Stable: true}, "\x02   18420KG \r\n"},
		{RiceLake, "", Reading{Mass: quant.Kg(-120)}, "\x02-    120KGM\r\n"},
		{RiceLake, "", Reading{Stable: true}, "\x02       0KGZ\r\n"},
		{CardinalForm, "", Reading{Mass: quant.Kg(18420), Stable: true}, "\r+ 18420  kg g  \x03"},
		{CardinalForm, "", Reading{Mass: quant.Kg(18420)}, "\r+ 18420m kg g  \x03"},
	} {
		x := NewText(c.form, Model{Division: 20 * quant.Kilogram}, nil)
		x.Address = c.address
		if got := string(x.line(nil, c.r)); got != c.want {
			t.Errorf("line(%+v) = %q, want %q", c.r, got, c.want)
		}
	}
}
