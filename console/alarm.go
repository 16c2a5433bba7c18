package console

import (
	"net/http"
	"strings"

	"acsgd/fusion"
	"acsgd/internal/auth"
)

// verbs are the last parts of the paths of orders about an alarm.
var verbs = map[string]fusion.Action{"ack": fusion.Acknowledge, "shelve": fusion.Shelve, "unshelve": fusion.Unshelve}

// alarm takes an order about one alarm: POST /api/alarms/ID/ack, shelve or unshelve. The
// alarm's id names its lane; whether it stands, the lane's core says.
func (s *Server) alarm(w http.ResponseWriter, r *http.Request, u auth.User) {
	id := r.PathValue("id")
	action, ok := verbs[r.PathValue("verb")]
	if !ok {
		refuse(w, http.StatusNotFound, "there is no "+r.URL.Path)
		return
	}
	var in struct {
		ID      string `json:"id"` // idempotency key
		Version uint64 `json:"version"`
		Minutes int    `json:"minutes"`
		Reason  string `json:"reason"`
		Console string `json:"console"`
	}
	if err := decode(r, &in); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	lane := laneOfAlarm(id, s.hub.Lanes())
	if lane == "" || len(id) > 64 {
		refuse(w, http.StatusNotFound, "there is no alarm "+id[:min(len(id), 64)])
		return
	}
	s.send(w, r, u, lane, fusion.Order{ID: in.ID, Action: action, Alarm: id, Version: in.Version, Minutes: in.Minutes, Reason: in.Reason, Console: in.Console})
}

// laneOfAlarm gives the lane that an alarm's id, SITE-LANE-SEQ, names; "" if none of them.
func laneOfAlarm(id string, lanes []string) string {
	end := strings.LastIndexByte(id, '-')
	if end < 0 {
		return ""
	}
	best := ""
	for _, l := range lanes { // of lanes 1 and A-1 the longer name is meant
		if len(l) > len(best) && strings.HasSuffix(id[:end], "-"+l) {
			best = l
		}
	}
	return best
}
