package bus

import (
	"context"
	"fmt"
	"log/slog"
)

// logger passes the server's lines on. What it calls notices is of interest to nobody
// while everything works.
type logger struct{ log *slog.Logger }

func (l logger) at(level slog.Level, format string, v []any) {
	if l.log.Enabled(context.Background(), level) {
		l.log.Log(context.Background(), level, "bus", "text", fmt.Sprintf(format, v...))
	}
}

func (l logger) Noticef(f string, v ...any) { l.at(slog.LevelDebug, f, v) }
func (l logger) Warnf(f string, v ...any)   { l.at(slog.LevelWarn, f, v) }
func (l logger) Fatalf(f string, v ...any)  { l.at(slog.LevelError, f, v) }
func (l logger) Errorf(f string, v ...any)  { l.at(slog.LevelError, f, v) }
func (l logger) Debugf(f string, v ...any)  { l.at(slog.LevelDebug, f, v) }
func (l logger) Tracef(f string, v ...any)  { l.at(slog.LevelDebug, f, v) }
