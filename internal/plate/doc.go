// Package plate knows number plates: how a written plate is brought to the one form in
// which plates are compared, which shapes the national systems allow, and how probable it
// is that a camera writes one plate as another.
//
// Three forms of a plate exist. The original is what a camera or a declaration wrote. The
// normalised text is upper case, without separators, Cyrillic and Greek look-alikes folded
// to Latin. The Code is the normalised text as at most 15 one-byte symbols, which the
// index and the matcher work on.
package plate
