package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rows reads JSON lines.
func rows(t *testing.T, s string) []map[string]any {
	t.Helper()
	var list []map[string]any
	for line := range strings.Lines(s) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v in %.200s", err, line)
		}
		list = append(list, m)
	}
	return list
}

// dig follows keys and indices into JSON; nil where there is nothing.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			a, _ := v.([]any)
			if p >= len(a) {
				return nil
			}
			v = a[p]
		}
	}
	return v
}

// temp writes a file for one test.
func temp(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func unhex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Golden bytes of the protocol documents on standard input; what cannot be understood is a
// line with its offset, and what follows is decoded.
func TestDecodeOfGoldenBytes(t *testing.T) {
	const tenso, mt = "FF 01 C3 20 84 01 10 70 FF FF", "02 2A 30 20 20 31 38 34 32 30 20 20 20 20 20 30 0D 08"
	const yaohua = "02 2B 30 31 38 34 32 30 30 31 34 03 02 2D 30 30 30 31 30 30 32 31 45 03"
	const vehicle = `{"version":1,"id":"17","device":{"id":"d"},"start":"2026-03-01T06:14:03.250Z","end":"2026-03-01T06:14:08.100Z","mode":"dynamic",` +
		`"axles":[{"n":1,"load_kg":6500},{"n":2,"load_kg":9600}],"gross_kg":16100}` + "\n"
	for _, c := range []struct {
		name, driver, in string // a driver, and settings behind it
		code             int
		want             string // of each line, errors first: kind or error offset, and a value
	}{
		{"tenso-m", "wim/tenso-m", unhex(t, tenso), exitFine, "weighing 18420"},
		{"tenso-m behind a frame with a wrong checksum", "wim/tenso-m", unhex(t, strings.Replace(tenso, "70", "71", 1)+tenso), exitFaults, "error 0, weighing 18420"},
		{"mt-continuous", "wim/mt-continuous", unhex(t, mt), exitFine, "weighing 18420"},
		{"mt-continuous behind noise", "wim/mt-continuous", "??" + unhex(t, mt), exitFaults, "error 0, weighing 18420"},
		{"mt-sics", "wim/mt-sics", "S S     100.00 g\r\n", exitFine, "weighing 0.1"},
		{"mt-sics behind a line that lost a byte", "wim/mt-sics", "S S    100.00 g\r\nS S     100.00 g\r\n", exitFaults, "error 0, weighing 0.1"},
		{"yaohua", "wim/yaohua", unhex(t, yaohua), exitFine, "weighing 18420, weighing -1"},
		{"yaohua behind a frame with a wrong checksum, with a line end", "wim/yaohua", unhex(t, strings.Replace(yaohua, "34 03", "35 03", 1)+"0D 0A"+yaohua[:35]), exitFaults,
			"error 0, weighing -1, weighing 18420"},
		{"yaohua that is cut off", "wim/yaohua", unhex(t, yaohua[:53]), exitFaults, "weighing 18420, error 12"},
		{"st-gs", "wim/st-gs", "ST,GS,   18420,kg\r\n", exitFine, "weighing 18420"},
		{"st-gs, lines of A&D behind half a line", "wim/st-gs", "0018420  kg\r\nST,+00018420  kg\r\n", exitFaults, "error 0, weighing 18420"},
		{"st-gs, AF and REXT strings of Dini Argeo", "wim/st-gs", "ST,1,     18420kg,           0kg\r\n1,ST,     10000,PT      8420,         0,         0,kg\r\nPIDST,1,     18420kg,           0kg,00000-000482\r\n",
			exitFine, "weighing 18420, weighing 10000"},
		{"yaohua in command mode, with the echo of a request", "wim/yaohua --set format=command", unhex(t, "02 41 42 30 33 03 02 41 42 2B 30 31 38 34 32 30 30 31 37 03"), exitFine, "weighing 18420"},
		{"yaohua, text of A12", "wim/yaohua --set format=a12", "ww012.500kg\r\nww012.5OOkg\r\n", exitFaults, "error 13, weighing 12.5"},
		{"tenso-643", "wim/tenso-643", "\xFF=  2859. =   286.$", exitFine, "weighing 285.9, weighing 286"},
		{"tenso-643 with a status that is not known", "wim/tenso-643", "=   286.&=   286.$", exitFaults, "error 0, weighing 286"},
		{"json", "wim/json", vehicle, exitFine, "weighing 6500, weighing 9600, weighing 16100"},
		{"json behind a record that contradicts itself", "wim/json", strings.Replace(vehicle, "16100", "17100", 1) + vehicle, exitFaults, "error 0, weighing 6500, weighing 9600, weighing 16100"},
		{"rice-lake", "wim/rice-lake", "\x02   18420KG \r\n", exitFine, "weighing 18420"},
		{"rice-lake behind half a frame", "wim/rice-lake", "\x02   18\x02   18420KG \r\n", exitFaults, "error 0, weighing 18420"},
		{"tsa", "rpm/tsa", "GB,000383,000389,000432,000423\r\nGA,000063,000058,000051,000078\r\n", exitFine, "radiation GB, radiation GA"},
		{"tsa with a count of five digits", "rpm/tsa", "GB,000383,000389,000432,000423\r\nGS,00063,000058,000051,000078\r\nGX,000637,002566,000000,000000\r\n",
			exitFaults, "error 35, radiation GB, radiation GX"},
		{"frigate", "anpr/frigate", `{"type":"lpr","plate":"123 ABC 02","score":0.9,"id":"1","camera":"x","timestamp":1773567568.3}` + "\nnonsense\n",
			exitFaults, "error 95, plate 123ABC02"},
		{"isapi", "anpr/isapi", `<EventNotificationAlert><eventType>ANPR</eventType><ANPR><licensePlate>123ABC02</licensePlate></ANPR></EventNotificationAlert>`,
			exitFine, "plate 123ABC02"},
		{"dahua", "anpr/dahua", "Events[0].EventBaseInfo.Code=TrafficJunction\r\nEvents[0].TrafficCar.PlateNumber=123 ABC 02\r\n\r\n" +
			`{"Picture":{"Plate":{"PlateNumber":"01KG777ABC"},"SnapInfo":{"LanNo":1}}}`, exitFine, "plate 123ABC02, plate 01KG777ABC"},
		{"isapi in JSON", "anpr/isapi", `{"eventType":"ANPR","ANPR":{"licensePlate":"123ABC02"}}`, exitFine, "plate 123ABC02"},
		{"an alertStream as captured", "anpr/isapi", "HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: application/xml\r\n\r\n" +
			"<EventNotificationAlert><eventType>ANPR</eventType><ANPR><licensePlate>123ABC02</licensePlate></ANPR></EventNotificationAlert>\r\n--x--", exitFine, "plate 123ABC02"},
		{"cola that is cut off", "dims/cola", unhex(t, "02 02 02 02 00 00 00 13"), exitFaults, "error 0"},
		{"nothing", "rpm/tsa", "", exitFine, ""},
	} {
		args := strings.Fields(c.driver)
		out, errw, code := call(t, c.in, append([]string{"decode", "--driver"}, args...)...)
		var got []string
		for _, r := range rows(t, out) {
			switch e := dig(r, "error"); {
			case e != nil:
				got = append(got, fmt.Sprintf("error %v", dig(e, "offset")))
				if dig(e, "reason") == "" {
					t.Errorf("%s: an error without a reason", c.name)
				}
			default:
				k := r["kind"].(string)
				v := dig(r, k, map[string]string{"weighing": "raw_kg", "radiation": "tag", "plate": "text"}[k])
				if v == nil {
					v = dig(r, k, "mass_kg") // of a whole weighing
				}
				got = append(got, fmt.Sprint(k, " ", v))
				if r["device"] != args[0] || r["at"] == nil {
					t.Errorf("%s: device %v at %v", c.name, r["device"], r["at"])
				}
			}
		}
		if s := strings.Join(got, ", "); s != c.want || code != c.code {
			t.Errorf("%s: %s, exit %d, want %s, exit %d\n%s%s", c.name, s, code, c.want, c.code, out, errw)
		}
	}
}

// The example of Teltonika's own description of codec 8, and a frame with a wrong CRC.
func TestDecodeOfVectors(t *testing.T) {
	const frame = "000000000000003608010000016B40D8EA30010000000000000000000000000000000105021503010101425E0F01F10000601A014E0000000000000000010000C7CF"
	in := `{"id":"good","transport":"tcp","layer":"wire","payload_hex":"` + frame + `","prelude_hex":["000F333536333037303432343431303133"],"options":{}}` + "\n" +
		`{"id":"bad","transport":"tcp","layer":"wire","payload_hex":"` + strings.Replace(frame, "C7CF", "C7CE", 1) + `","prelude_hex":["000F333536333037303432343431303133"],"options":{}}` + "\n"
	out, errw, code := call(t, "", "decode", "--driver", "tracker/teltonika", "--jsonl", temp(t, in))
	r := rows(t, out)
	if len(r) != 2 || r[0]["id"] != "good" || r[1]["id"] != "bad" {
		t.Fatalf("exit %d: %s%s", code, out, errw)
	}
	if got := dig(r[0], "observations", 0, "fix", "time"); got != "2019-06-10T10:04:46Z" || dig(r[0], "replies_hex", 0) != "00000001" || len(r[0]["errors"].([]any)) != 0 {
		t.Errorf("fix at %v: %s", got, out)
	}
	if len(r[1]["observations"].([]any)) != 0 || len(r[1]["errors"].([]any)) == 0 {
		t.Errorf("a frame with a wrong CRC: %v", r[1])
	}
}

// dialogue writes a record file of requests and answers.
type dialogue struct {
	strings.Builder
	id int
}

func (d *dialogue) ask(at float64, req, res string) {
	d.id++
	for i, pdu := range []string{req, res} {
		fmt.Fprintf(d, `{"t":%.3f,"dir":%q,"hex":"%04x0000%04x01%s"}`+"\n", at+float64(i)*0.004, []string{"tx", "rx"}[i], d.id, len(pdu)/2+1, pdu)
	}
}

func TestDecodeOfAPolledDevice(t *testing.T) {
	counters := "0418" + strings.Repeat("00000000", 6)
	var d dialogue
	for i, word := range []string{"0030", "0030", "0031", "0031", "0031"} {
		at := float64(i) / 20
		d.ask(at, "0400300001", "0402"+word)
		if i%2 == 0 {
			d.ask(at+0.01, "0300200001", "03020004")
			d.ask(at+0.02, "040010000c", counters)
		}
	}
	args := []string{"decode", "--driver", "laneio/modbus", "--set", "model=moxa-e1214"}
	out, errw, code := call(t, d.String(), args...)
	if code != exitFine {
		t.Fatalf("exit %d: %s%s", code, out, errw)
	}
	var got []string
	for _, r := range rows(t, out) {
		got = append(got, fmt.Sprintf("%v %v=%v", strings.TrimPrefix(r["at"].(string), "2000-01-01T00:00:0"), dig(r, "presence", "signal"), dig(r, "presence", "on")))
	}
	want := []string{"0.024Z loop_entry=false", "0.024Z loop_exit=false", "0.024Z ir_exit=false", "0.024Z barrier_up=false", "0.024Z barrier_down=true",
		"0.024Z emergency=false", "0.024Z light_red=true", "0.024Z light_green=false", "0.089Z loop_entry=true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if again, _, code := call(t, "", append(args, "--jsonl=record", temp(t, d.String()))...); again != out || code != exitFine {
		t.Errorf("with --jsonl=record, exit %d: %s", code, again)
	}
	for name, in := range map[string]string{
		"answers alone":          `{"t":0,"dir":"rx","hex":"0001000000050104020030"}` + "\n",
		"bytes of a connection":  unhex(t, "0001000000050104020030"),
		"nothing":                "",
		"answers of other words": `{"t":0,"dir":"up","hex":""}`,
	} {
		out, errw, code := call(t, in, args...)
		if code != exitUsage || out != "" || !strings.Contains(errw, "record file") {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errw)
		}
	}
	d.ask(1, "0400300001", "8402")
	d.WriteString(`{"t":1.1,"dir":"rx","hex":"ffff000000050104020030"}` + "\n" + `{"t":1.2,"dir":"rx","hex":"0000"}` + "\n")
	out, _, code = call(t, d.String(), args...)
	all := rows(t, out)
	var faults []string
	for _, r := range all[len(all)-4:] {
		faults = append(faults, fmt.Sprintf("%v %v", dig(r, "error", "offset"), dig(r, "error", "reason")))
	}
	if code != exitFaults || !strings.Contains(faults[0], "refused with exception 2") || !strings.Contains(faults[1], "was not asked") || !strings.Contains(faults[3], "ends inside an answer") {
		t.Errorf("exit %d, faults %q", code, faults)
	}
}

func TestDecodeOfAPolledScale(t *testing.T) {
	var d dialogue
	for i, words := range []string{"0800000047f4000047f4", "0980000000780000007b", "0801000047f4000047f4", "0800000047f4000047f4"} {
		d.ask(float64(i)/50, "0300060005", "030a"+words)
	}
	args := []string{"decode", "--driver", "wim/modbus", "--set", "model=laumas"}
	out, errw, code := call(t, d.String(), args...)
	if code != exitFine {
		t.Fatalf("exit %d: %s%s", code, out, errw)
	}
	var got []string
	for _, r := range rows(t, out) {
		got = append(got, fmt.Sprintf("%v %v %v", strings.TrimPrefix(r["at"].(string), "2000-01-01T00:00:0"), dig(r, "weighing", "mass_kg"), dig(r, "weighing", "flags")))
	}
	want := []string{"0.004Z 18420 <nil>", "0.024Z -120 <nil>", "0.044Z 0 [fault]", "0.064Z 18420 <nil>"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	d.ask(1, "0300060005", "8306") // busy
	if out, _, code := call(t, d.String(), args...); code != exitFaults || !strings.Contains(out, "refused with exception 6") {
		t.Errorf("exit %d: %s", code, out)
	}
	if out, errw, code := call(t, d.String(), "decode", "--driver", "wim/modbus", "--set", "model=pt113"); code != exitFaults || !strings.Contains(out, "no answer to the request 03 00 00 00 07") {
		t.Errorf("a recording of another model: exit %d: %s%s", code, out, errw)
	}
	if _, errw, code := call(t, d.String(), "decode", "--driver", "wim/modbus"); code != exitUsage || !strings.Contains(errw, "want one of model (hbm-wtx, laumas, pt113)") {
		t.Errorf("without a model: exit %d: %s", code, errw)
	}
}

func TestExitCodes(t *testing.T) {
	bad := temp(t, "<nothing/>")
	for _, c := range []struct {
		code int
		args []string
		in   string
	}{
		{exitUsage, []string{"decode"}, ""},
		{exitUsage, []string{"decode", "--driver", "wim/none"}, ""},
		{exitUsage, []string{"decode", "--driver", "rpm/tsa", "/no/such/file"}, ""},
		{exitUsage, []string{"decode", "--driver", "rpm/tsa", "--set", "speed=3"}, ""},
		{exitUsage, []string{"decode", "--driver", "dims/cola", "--raw", "--set", "raw=perhaps"}, ""},
		{exitUsage, []string{"no-such-command"}, ""},
		{exitFine, []string{"drivers"}, ""},
		{exitFine, []string{"drivers", "rpm/tsa"}, ""},
		{exitUsage, []string{"drivers", "rpm/none"}, ""},
		{exitFaults, []string{"declarations", "check", bad}, ""},
		{exitUsage, []string{"declarations", "check", "/no/such/file"}, ""},
		{exitUsage, []string{"rules", "check", "--pack", "XX-1"}, ""},
		{exitFaults, []string{"rules", "check", "--pack", "RU-2060"}, "nonsense\n"},
		{exitUsage, []string{"rules", "explain"}, ""},
		{exitFine, []string{"rules", "packs"}, ""},
		{exitFine, []string{"rules", "packs", "--json"}, ""},
		{exitUsage, []string{"rules", "packs", "--rules", "/no/such/dir"}, ""},
		{exitUsage, []string{"rules", "check", "--pack", "RU-2060", "--rules", "/no/such/dir"}, ""},
		{exitUsage, []string{"rules", "explain", "--pack", "RU-2060", "--json"}, "{}\n"},
		{exitUsage, []string{"rules", "explain", "--data", t.TempDir(), "KGS-1-1"}, ""},
		{exitFaults, []string{"radiation", "analyse", "-"}, "nonsense\r\n"},
		{exitUsage, []string{"radiation", "analyse", "--set", "k=much", "-"}, ""},
		{exitUsage, []string{"match", "--declared", "/no/such/file", "--reads", bad}, ""},
		{exitFaults, []string{"match", "--declared", bad, "--reads", bad}, ""},
		{exitUsage, []string{"check", "-c", "/no/such/file"}, ""},
		{exitUsage, []string{"replay", "/no/such/dir"}, ""},
		{exitUsage, []string{"audit", "verify", "/no/such/dir"}, ""},
		{exitUsage, []string{"demo", "--data", t.TempDir(), "--captures", "/no/such/dir", "--listen", "127.0.0.1:0", "--nats", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"}, ""},
	} {
		out, errw, code := call(t, c.in, c.args...)
		if code != c.code {
			t.Errorf("%v: exit %d, want %d\n%.500s\n%.500s", c.args, code, c.code, out, errw)
		}
		if code != exitFine && out == "" && errw == "" {
			t.Errorf("%v: exit %d without a word", c.args, code)
		}
	}
}

func TestMatchAndRulesCheck(t *testing.T) {
	declared := temp(t, "123ABC02\n456DEF02\n")
	reads := temp(t, `{"id":"exact","reads":[{"text":"123ABC02","p":0.99}]}`+"\n"+`{"id":"other","reads":[{"text":"ZZ9999","p":0.99}]}`+"\n")
	out, errw, code := call(t, "", "match", "--declared", declared, "--reads", reads)
	r := rows(t, out)
	if code != exitFine || len(r) != 2 || r[0]["state"] != "matched" || dig(r[0], "declared", 0, "text") != "123ABC02" || r[1]["state"] != "none" {
		t.Errorf("match, exit %d: %s%s", code, out, errw)
	}
	vehicle := `{"id":"v","date":"2026-05-12","class":"rigid","road_class_kg":10000,"axles":[{"mass_kg":7000,"gap_mm":0},{"mass_kg":12500,"gap_mm":4500,"dual":true}],"length_mm":9000,"width_mm":2500,"height_mm":3800}`
	out, errw, code = call(t, vehicle+"\n", "rules", "check", "--pack", "RU-2060")
	over := slices.ContainsFunc(rows(t, out), func(m map[string]any) bool {
		return m["vehicle"] == "v" && m["quantity"] == "axle" && m["verdict"] == "exceeds" && m["clause"] != "" && m["pack"] == "RU-2060"
	})
	if code != exitFine || !over {
		t.Errorf("rules check, exit %d: %s%s", code, out, errw)
	}
}
