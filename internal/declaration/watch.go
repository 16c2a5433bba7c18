package declaration

import (
	"context"
	"fmt"
	"time"

	"acsgd/internal/decl"
	"acsgd/internal/drop"
)

// Watcher takes declarations out of a folder that other systems drop files into, as
// drop.Folder says. The zero value with Dir and Accept set is ready; it is used by one
// goroutine.
//
// A file without a fault that rejects goes to Accept and then to done/, every other to
// refused/; beside it lies NAME.problems.json, the Report. A kill in the moment between the
// return of Accept and the list of accepted files repeats one call with the same bytes and
// the same declaration ids, so Accept must take a known id calmly.
type Watcher struct {
	Dir     string
	Options Options
	// Accept takes what was read; an error leaves the file where it is and the next look
	// tries again.
	Accept func(name string, raw []byte, ds []*decl.Declaration) error
	// Refused, if not nil, is told of every file that was refused.
	Refused func(Report)
	// Fault, if not nil, is told of everything that keeps a file from being handled: an
	// unreadable file, a full disk, an error of Accept. The file is tried again.
	Fault func(error)

	folder *drop.Folder
}

// Watch looks into dir at once and then every "every" until ctx ends, and returns its
// error; an error before that is a folder that cannot be read or made. See Watcher.
func Watch(ctx context.Context, dir string, every time.Duration, accept func(name string, raw []byte, ds []*decl.Declaration) error) error {
	w := &Watcher{Dir: dir, Accept: accept}
	return w.Run(ctx, every)
}

// Run is Watch with the watcher's own settings.
func (w *Watcher) Run(ctx context.Context, every time.Duration) error {
	return w.open().Run(ctx, every)
}

// Look takes all complete files once. now is the time of this look. Faults of single files
// go to Fault; the error is about the folder itself or ctx.
func (w *Watcher) Look(ctx context.Context, now time.Time) error {
	return w.open().Look(ctx, now)
}

func (w *Watcher) open() *drop.Folder {
	if w.folder == nil {
		w.folder = &drop.Folder{Dir: w.Dir, Max: MaxSize, Examine: w.examine, Refused: func(report any) {
			if r, ok := report.(Report); ok && w.Refused != nil {
				w.Refused(r)
			}
		}, Fault: func(err error) {
			if w.Fault != nil {
				w.Fault(fmt.Errorf("declaration %w", err))
			}
		}}
	}
	return w.folder
}

func (w *Watcher) examine(name string, raw []byte) (any, func() error) {
	r := w.Options.Examine(raw, name)
	if !r.Accepted {
		return r, nil
	}
	return r, func() error { return w.Accept(name, raw, r.Declarations) }
}
