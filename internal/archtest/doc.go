// Package archtest holds the architecture of the project as tests: who may import whom
// (law_test.go) and what the decision core must not do (pure_test.go). It has no code of
// its own. A test, unlike a linter, cannot be skipped.
package archtest
