package plate

// confusion is a pair of characters that a reader takes for one another, with a weight of
// 0 to 1000 that says how readily.
type confusion struct {
	a, b   rune
	weight int
}

// confusions are estimates that a camera's own confirmed reads replace; see Channel.Learn.
// Identical glyphs of two scripts are folded by Normalise and do not stand here.
var confusions = []confusion{
	{'0', 'O', 950},
	{'0', 'D', 600},
	{'0', 'Q', 700},
	{'1', 'I', 900},
	{'1', 'L', 450},
	{'1', 'T', 300},
	{'7', 'T', 350},
	{'7', '1', 400},
	{'2', 'Z', 850},
	{'5', 'S', 850},
	{'8', 'B', 850},
	{'6', 'G', 700},
	{'6', '8', 450},
	{'3', '8', 450},
	{'4', 'A', 400},
	{'C', 'G', 550},
	{'U', 'V', 550},
	{'V', 'Y', 400},
	{'M', 'N', 400},
	{'M', 'H', 400},
	{'K', 'X', 350},
	{'P', 'R', 450},
	{'E', 'F', 450},
	{'Ө', 'O', 900},
	{'Ү', 'Y', 850},
	{'Б', '6', 600},
	{'З', '3', 850},
	{'Ч', '4', 550},
	{'新', '斯', 200},
}
