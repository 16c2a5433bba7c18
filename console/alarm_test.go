package console

import (
	"net/http"
	"testing"

	"acsgd/fusion"
)

func TestOrdersAboutAlarms(t *testing.T) {
	r := newRig(t)
	r.publish(101, fusion.Output{Kind: fusion.Status, Lane: &fusion.LaneState{Lane: "1", Version: 1}})
	const body = `{"id":"o1","version":42,"minutes":15,"reason":"repair","console":"web"}`
	if code, _ := r.post("/api/alarms/KHG-1-42/ack", body); code != http.StatusUnauthorized {
		t.Errorf("nobody's order: %d", code)
	}
	r.login("aigerim")
	for _, row := range []struct {
		name, path, body string
		header           []string
		want             int
	}{
		{"without the header", "KHG-1-42/ack", body, []string{"X-ACSGD", ""}, http.StatusForbidden},
		{"from another site", "KHG-1-42/ack", body, []string{"Origin", "https://elsewhere.example"}, http.StatusForbidden},
		{"an unknown verb", "KHG-1-42/forget", body, nil, http.StatusNotFound},
		{"an alarm of no lane", "KHG-7-42/ack", body, nil, http.StatusNotFound},
		{"an alarm that is none", "KHG/ack", body, nil, http.StatusNotFound},
		{"another user's name in it", "KHG-1-42/ack", `{"id":"o1","user":"nurlan"}`, nil, http.StatusBadRequest},
		{"no idempotency key", "KHG-1-42/ack", `{}`, nil, http.StatusBadRequest},
		{"an acknowledgement", "KHG-1-42/ack", body, nil, http.StatusAccepted},
		{"the same again", "KHG-1-42/ack", body, nil, http.StatusAccepted}, // the core takes it once
		{"to the shelf", "KHG-1-42.2/shelve", body, nil, http.StatusAccepted},
		{"from the shelf", "KHG-1-42/unshelve", body, nil, http.StatusAccepted},
	} {
		if code, text := r.post("/api/alarms/"+row.path, row.body, row.header...); code != row.want {
			t.Errorf("%s: %d %s, want %d", row.name, code, text, row.want)
		}
	}
	for _, want := range []fusion.Order{
		{Action: fusion.Acknowledge, Alarm: "KHG-1-42"},
		{Action: fusion.Acknowledge, Alarm: "KHG-1-42"},
		{Action: fusion.Shelve, Alarm: "KHG-1-42.2"},
		{Action: fusion.Unshelve, Alarm: "KHG-1-42"},
	} {
		want.ID, want.Version, want.Minutes, want.Reason, want.Console = "o1", 42, 15, "repair", "web"
		want.User, want.Role = "aigerim", "officer"
		if got := <-r.orders; got != want {
			t.Errorf("order %+v, want %+v", got, want)
		}
	}
	r.login("nurlan")
	if code, _ := r.post("/api/alarms/KHG-1-42/ack", body); code != http.StatusForbidden {
		t.Errorf("an auditor's acknowledgement: %d", code)
	}
}

func TestAnAlarmNamesItsLane(t *testing.T) {
	lanes := []string{"1", "A-1", "21"}
	for id, want := range map[string]string{"KHG-1-42": "1", "KHG-A-1-42": "A-1", "KHG-21-7.2": "21", "K-H-1-9": "1", "1-42": "", "KHG-3-4": "", "": "", "-": ""} {
		if got := laneOfAlarm(id, lanes); got != want {
			t.Errorf("laneOfAlarm(%q) is %q, want %q", id, got, want)
		}
	}
}
