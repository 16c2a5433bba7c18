// Package fusion is the decision core of one lane: a pure function (state, input) ->
// outputs. It assembles passages from out-of-order, late, duplicate and missing
// observations, matches them to declarations, judges them and says what may move.
//
// It reads no clock, takes no lock, logs nothing and asks no questions: the same inputs
// give the same bytes on any machine, years later.
package fusion
