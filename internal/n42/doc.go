// Package n42 reads and checks documents of ANSI N42.42-2011 (IEC 62755), the format in
// which radiation instruments and reach-back centres exchange measurements.
//
// Read is lenient: what an instrument got wrong is told in Reading.Problems and the rest is
// taken. Check is strict: it holds a document against the rules that the standard adds to
// its XML schema. The order and the types of elements are the schema's business and are not
// checked here. Documents are written by the package export below this one.
package n42

// Namespaces of the two editions.
const (
	Namespace     = "http://physics.nist.gov/N42/2011/N42"
	Namespace2006 = "http://physics.nist.gov/Divisions/Div846/Gp4/ANSIN4242/2005/ANSIN4242"
)
