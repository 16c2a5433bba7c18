package document

import (
	"regexp"
	"strconv"
)

// sentences are those of a verification report and the words they become; the numbers in
// the words are the parts in brackets.
var sentences = []struct {
	is  *regexp.Regexp
	key string
}{
	{regexp.MustCompile(`^a two-axle rigid vehicle, loaded and empty$`), "test.two_axle"},
	{regexp.MustCompile(`^control instrument with its certificate$`), "test.control"},
	{regexp.MustCompile(`^(\d+) more kinds of vehicles besides the two-axle rigid, loaded and empty$`), "test.kinds"},
	{regexp.MustCompile(`^vehicle of kind (\w+), (\w+)$`), "test.kind"},
	{regexp.MustCompile(`^(.+): (\d+) of (\d+) runs at ([\d.]+) to ([\d.]+) km/h$`), "test.runs_speed"},
	{regexp.MustCompile(`^(.+): (\d+) of (\d+) runs at the (\w+)$`), "test.runs_at"},
	{regexp.MustCompile(`^(.+): (\d+) of (\d+) runs$`), "test.runs"},
	{regexp.MustCompile(`^there is no class "(.*)" of (.+)$`), "test.no_class"},
	{regexp.MustCompile(`^(.+): class (\S+) is wanted, none is reached$`), "test.wanted_none"},
	{regexp.MustCompile(`^(.+): class (\S+) is wanted, (\S+) is reached$`), "test.wanted"},
	{regexp.MustCompile(`^(.+): no class is reached$`), "test.none"},
	{regexp.MustCompile(`^discarded: (.+)$`), "test.discarded"},
	{regexp.MustCompile(`^the scale gave no valid result: (.+)$`), "test.void"},
	{regexp.MustCompile(`^speed (-?[\d.]+) outside ([\d.]+) to ([\d.]+) km/h$`), "test.speed"},
	{regexp.MustCompile(`^speed not measured$`), "test.no_speed"},
	{regexp.MustCompile(`^(\d+) axles weighed of (\d+)$`), "test.axles"},
	{regexp.MustCompile(`^an axle without load$`), "test.no_load"},
}

// test translates a sentence of a verification report; one that is not known stays.
func (w *words) test(s string) string {
	for _, x := range sentences {
		m := x.is.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		var pairs []string
		for i, part := range m[1:] {
			if x.key == "test.speed" || x.key == "test.runs_speed" && i > 2 {
				part = w.decimals(part)
			}
			for _, group := range []string{"ver", "test", "flag"} {
				if t := w.slug(group, part); t != part {
					part = t
					break
				}
			}
			pairs = append(pairs, strconv.Itoa(i+1), part)
		}
		return w.t(x.key, pairs...)
	}
	return s
}
