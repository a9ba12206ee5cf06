package main

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

const stream = `go: downloading something
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestC","Output":"=== RUN   TestC\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:9: ../shared is not here\n"}
{"Action":"output","Package":"p","Test":"TestC","Output":"--- SKIP: TestC (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"fail","Package":"p","Elapsed":0.5}
{"Action":"output","Package":"q","Test":"TestD","Output":"panic: oh\n"}
{"Action":"fail","Package":"q","Elapsed":1}
{"ImportPath":"r","Action":"build-output","Output":"r.go:1:1: syntax error\n"}
{"Action":"fail","Package":"r","Elapsed":0}
{"Action":"skip","Package":"s"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"output","Package":"t","Test":"TestE","Output":"    e_test.go:9: nothing to test with\n"}
{"Action":"skip","Package":"t","Test":"TestE"}
{"Action":"pass","Package":"t","Elapsed":0}
{"Action":"pass","Package":"t","Test":"TestE"}
{"Action":"pass","Package":"t","Elapsed":2}
`

func run(t *testing.T, live bool) string {
	t.Helper()
	tl := newTally()
	var b bytes.Buffer
	out := bufio.NewWriter(&b)
	if err := tl.read(strings.NewReader(stream), out, live); err != nil {
		t.Fatal(err)
	}
	if !live {
		tl.sum(out)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSum(t *testing.T) {
	// q died and r did not build: each is one failure. TestA passed twice, TestB only
	// the second time; TestE was skipped before it ran.
	want := "skipped: ../shared is not here: p TestC\n2 passed, 3 failed, 1 skipped\n"
	if got := run(t, false); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestLive(t *testing.T) {
	want := `go: downloading something
    b_test.go:7: got 1, want 2
FAIL     0.5s p
panic: oh
FAIL     1.0s q
r.go:1:1: syntax error
FAIL     0.0s r
none     0.0s s
ok       0.0s t
ok       2.0s t
`
	if got := run(t, true); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
