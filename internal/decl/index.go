package decl

// Index is an immutable snapshot of the declarations that are expected at a site, with a
// search structure over their plates and containers. It is safe for concurrent use.
type Index struct {
	Version uint64
	all     []*Declaration
}

// Len reports how many declarations the index holds; 0 for a nil Index.
func (x *Index) Len() int {
	if x == nil {
		return 0
	}
	return len(x.all)
}
