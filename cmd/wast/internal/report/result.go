package report

import "fmt"

// Outcome is what became of one command.
type Outcome uint8

const (
	Pass Outcome = iota
	Fail
	Skip
)

// Result is the result of one command.
type Result struct {
	Suite, Group, Type string
	// Script is the source's name within its suite, File the path of the JSON file.
	Script, File string
	Line         int
	Outcome      Outcome
	// Want and Got describe a failure; Got is the reason of a skip.
	Want, Got string
}

// Key is how the file of expected failures names the command.
func (r Result) Key() string { return fmt.Sprintf("%s/%s:%d", r.Suite, r.Script, r.Line) }
