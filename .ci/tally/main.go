// Command tally reads the output of go test -json and says what happened: with -live
// while it arrives, a line for each package and the output of what failed; else the
// skipped tests with their reasons and, as the last line, how many passed, failed and
// were skipped. A test that ran several times counts once, by the worst that was seen
// of it; having been skipped is nothing beside having run.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// event is one line of go test -json.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

// test is a package and a test of it; "" is the package as a whole.
type test [2]string

type tally struct {
	output   map[test][]string // of tests that are not over yet
	passed   map[test]bool
	failed   map[test]bool
	skipped  map[test]string // with the reason
	failures map[string]int  // package -> failed tests
}

func newTally() *tally {
	return &tally{output: map[test][]string{}, passed: map[test]bool{}, failed: map[test]bool{}, skipped: map[test]string{}, failures: map[string]int{}}
}

func main() {
	live := flag.Bool("live", false, "report on each package as it arrives, instead of the sum at the end")
	flag.Parse()
	t := newTally()
	out := bufio.NewWriter(os.Stdout)
	if err := t.read(os.Stdin, out, *live); err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(2)
	}
	if !*live {
		t.sum(out)
	}
	if err := out.Flush(); err != nil {
		os.Exit(2)
	}
	if len(t.failed) > 0 {
		os.Exit(1)
	}
}

func (t *tally) read(in io.Reader, out *bufio.Writer, live bool) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			if live {
				fmt.Fprintf(out, "%s\n", lines.Bytes()) // the go command itself speaks
			}
			continue
		}
		t.add(e, out, live)
		if live {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

func (t *tally) add(e event, out *bufio.Writer, live bool) {
	key := test{e.Package, e.Test}
	switch e.Action {
	case "output":
		t.output[key] = append(t.output[key], e.Output)
		return
	case "build-output":
		if live {
			out.WriteString(e.Output)
		}
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	output := t.output[key]
	delete(t.output, key)
	if e.Test == "" {
		t.endPackage(e, output, out, live)
		return
	}
	switch e.Action {
	case "pass":
		t.passed[key] = true
	case "fail":
		t.failed[key] = true
		t.failures[e.Package]++
		if live {
			out.WriteString(strings.Join(output, ""))
		}
	case "skip":
		t.skipped[key] = reason(output)
	}
}

// endPackage counts a package that failed without a failed test: it did not build,
// or its process died.
func (t *tally) endPackage(e event, output []string, out *bufio.Writer, live bool) {
	died := e.Action == "fail" && t.failures[e.Package] == 0
	if died {
		t.failed[test{e.Package}] = true
	}
	if !live {
		return
	}
	if died {
		for key, lines := range t.output {
			if key[0] == e.Package {
				out.WriteString(strings.Join(lines, ""))
			}
		}
		out.WriteString(strings.Join(output, ""))
	}
	word := map[string]string{"pass": "ok  ", "fail": "FAIL", "skip": "none"}[e.Action]
	fmt.Fprintf(out, "%s %7.1fs %s\n", word, e.Elapsed, e.Package)
}

// reason finds what t.Skip was told in a test's output: the line that begins with a
// file and line number.
func reason(output []string) string {
	for _, line := range slices.Backward(output) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "---") || strings.HasPrefix(line, "===") || line == "" {
			continue
		}
		if _, text, ok := strings.Cut(line, ".go:"); ok {
			if _, text, ok = strings.Cut(text, ": "); ok {
				return text
			}
		}
		return line
	}
	return "no reason given"
}

func (t *tally) sum(out *bufio.Writer) {
	for key := range t.failed {
		delete(t.passed, key)
	}
	reasons := map[string][]string{} // -> tests
	for key, why := range t.skipped {
		if !t.passed[key] && !t.failed[key] {
			reasons[why] = append(reasons[why], key[0]+" "+key[1])
		}
	}
	skipped := 0
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		tests := reasons[why]
		skipped += len(tests)
		fmt.Fprintf(out, "skipped: %s: %s", why, slices.Min(tests))
		if len(tests) > 1 {
			fmt.Fprintf(out, " and %d more", len(tests)-1)
		}
		out.WriteString("\n")
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", len(t.passed), len(t.failed), skipped)
}
