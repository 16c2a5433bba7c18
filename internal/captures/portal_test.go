package captures

import (
	"strings"
	"testing"
	"time"
)

const file = "GB,000383,000389,000432,000423,23-59-00.000\r\n" +
	"NB,000000,000000,000000,000000,23-59-50.000\r\n" +
	"GS,000063,000058,000051,000078,23-59-59.900\r\n" +
	"GA,000063,000058,000051,000078,00-00-00.100\r\n" +
	"GX,000637,002566,000000,000000,00-00-01.100\r\n" +
	"\r\n" +
	"GB,000383,000389,000432,000423,00-00-01.200\r\n" +
	"GS,000063,000058,000051,000078,00-00-01.600\r\n" +
	"GX,000638,002566,000000,000000,00-00-02.600\r\n" +
	"GB,000383,000389,000432,000423,00-05-00.000\r\n"

func read(t *testing.T, text string) []Line {
	t.Helper()
	lines, err := readLines(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestAFileBecomesWhatWasOnTheWire(t *testing.T) {
	lines := read(t, file)
	if got := string(lines[0].Wire); got != "GB,000383,000389,000432,000423\r\n" {
		t.Errorf("on the wire: %q", got)
	}
	if at := lines[3].At; at != 60*time.Second+100*time.Millisecond {
		t.Errorf("the slice behind midnight comes after %v", at)
	}
	dated := read(t, "NC,-5.56666610,0.63818818,2016-05-31 09:30:00.899 -07\r\nGX,1,2016-05-31 09:31:00.899 -07\r\n")
	if dated[1].At != time.Minute || string(dated[0].Wire) != "NC,-5.56666610,0.63818818\r\n" {
		t.Errorf("dated lines: %v %q", dated[1].At, dated[0].Wire)
	}
}

func TestAFileThatIsNoneNamesItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"GB,1,2,3,4,23-59-00.000\r\nGB,1,2,3,4\r\n": "line 2: time column",
		"hello\n":                      "line 1 has no fields",
		strings.Repeat("G", maxLine+1): "behind line 0",
	} {
		if _, err := readLines(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

func TestVacanciesAreShortenedAndOccupanciesAreNot(t *testing.T) {
	var got []string
	for _, l := range Shorten(read(t, file), 2*time.Second) {
		got = append(got, l.Tag+" "+l.At.Round(time.Millisecond).String())
	}
	want := "GB 0s, NB 1.669s, GS 2s, GA 2.2s, GX 3.2s, GB 3.3s, GS 3.7s, GX 4.7s, GB 6.7s"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("played at %s\nwant      %s", s, want)
	}
}

func TestBeforeAlarm(t *testing.T) {
	calm := "GS,1,10-00-00.000\nGX,1,10-00-01.000\n"
	alarm := "GS,1,10-00-00.000\nGA,1,10-00-00.200\nGX,1,10-00-01.000\n"
	for _, c := range []struct {
		what string
		text string
		want int
	}{
		{"two occupancies before it", calm + calm + calm + alarm, 2},
		{"as many as there are", calm + calm + alarm, 0},
		{"no alarm", calm + calm + calm, 0},
		{"the alarm of the first occupancy", alarm + calm, 0},
	} {
		if got := BeforeAlarm(read(t, c.text), 2); got != c.want {
			t.Errorf("%s: line %d, want %d", c.what, got, c.want)
		}
	}
}
