// Package matchbench measures how well plate reads find their declared plate: our matcher
// against what else there is, all on the same reads in one run. The figures depend on the
// seed alone; times and memory are of the machine.
package matchbench
