// Package report counts the results of test scripts, compares them with the
// failures that are expected, and prints them.
//
// In: results. Out: a table, a JSON file, and whether everything was as expected.
// Next: cmd/wast. Must not import: anything of ours.
package report
