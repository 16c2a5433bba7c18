package store

import (
	"fmt"
	"math"
)

// readLog is Store.Log for either engine: read gives the events of at most rows rows after
// a row, in order.
func readLog(after uint64, limit int, epoch *string, read func(epoch string, after int64, rows int) ([]Event, error)) ([]Event, bool, error) {
	if limit < 1 || after >= math.MaxInt64 {
		return nil, false, nil
	}
	limit = min(limit, math.MaxInt32)
	name := ""
	if epoch != nil {
		name = *epoch
	}
	events, err := read(name, int64(after), limit+1)
	if err != nil {
		return nil, false, fmt.Errorf("read log of archive after row %d: %w", after, err)
	}
	if len(events) == 0 {
		return nil, false, nil
	}
	rows := 0
	for i := range events {
		if i == 0 || events[i].N != events[i-1].N {
			rows++
		}
		if rows > limit {
			return events[:i], true, nil
		}
	}
	return events, false, nil
}
