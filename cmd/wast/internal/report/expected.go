package report

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Expected is one failure that is expected.
type Expected struct {
	// Key names the command (Result.Key); Engine is empty for both engines.
	Key, Engine string
	Reason      string
	// Line is the entry's line in the file.
	Line int
}

var entry = regexp.MustCompile(`^(\S+:\d+)(?:\s+\[(compiler|interpreter)\])?\s+(.+)$`)

// ParseExpected reads a file of expected failures: one entry a line,
//
//	suite/script.wast:LINE [engine] reason
//
// the engine being optional. Empty lines and lines that begin with # are skipped.
// Every entry must give its reason.
func ParseExpected(r io.Reader) ([]Expected, error) {
	var out []Expected
	seen := map[[2]string]int{}
	sc := bufio.NewScanner(r)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		m := entry.FindStringSubmatch(line)
		if m == nil || m[3][0] == '[' {
			return nil, fmt.Errorf("line %d: expected «suite/script.wast:LINE [engine] reason», found %q", n, line)
		}
		e := Expected{Key: m[1], Engine: m[2], Reason: m[3], Line: n}
		k := [2]string{e.Key, e.Engine}
		if seen[k] != 0 {
			return nil, fmt.Errorf("line %d: %s is listed in line %d already", n, e.Key, seen[k])
		}
		seen[k] = n
		out = append(out, e)
	}
	return out, sc.Err()
}
