// Package web holds the built browser side of the console: the page, its scripts, styles
// and fonts, as committed under dist. "make web" rebuilds it from the sources beside.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist is the root of the built page: index.html, favicon.svg and assets/, where every
// compressible file has a ".gz" sibling with the same content. Names under assets/ carry
// a hash of their content, so they may be cached for ever; the others may not.
var Dist fs.FS = sub()

func sub() fs.FS {
	f, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // impossible: the name is valid and embedded above
	}
	return f
}
