//go:build gocv

package vision

import "errors"

func openOwn() (engine, error) { return nil, errors.New("not part of this build") }
