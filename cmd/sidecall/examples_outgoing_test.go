package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// TestExampleOutgoing runs example 04 against a server: what was fetched before is not
// fetched again, every request is logged, and none goes where it is not granted.
func TestExampleOutgoing(t *testing.T) {
	var mu sync.Mutex
	var asked []string // guarded by mu
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.Host+r.URL.String())
		mu.Unlock()
		switch r.URL.Path {
		case "/large":
			w.Write(bytes.Repeat([]byte("x"), 300_000))
		case "/huge":
			w.Write(make([]byte, 2<<20))
		case "/moved":
			http.Redirect(w, r, "/a", http.StatusFound)
		default:
			fmt.Fprintf(w, "page %s", r.URL)
		}
	})
	granted, other := httptest.NewServer(handler), httptest.NewServer(handler)
	defer granted.Close()
	defer other.Close()

	cmd := exec.Command("sidecall", "run", "examples/04-outgoing", "--",
		granted.URL+"/a?b=c", granted.URL, granted.URL+"/a?b=c", granted.URL+"/large", granted.URL+"/huge",
		granted.URL+"/moved", other.URL+"/a", "ftp://x/", granted.URL)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "ORIGIN="+granted.URL)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("%v, exit code %d, not 1; standard error:\n%s", err, code, stderr.Bytes())
	}
	g, o := granted.URL, other.URL
	want := g + "/a?b=c: 200: page /a?b=c\n" +
		g + ": 200: page /\n" +
		g + "/a?b=c: 200, from the cache: page /a?b=c\n" +
		g + "/large: 200: " + strings.Repeat("x", 300_000) + "\n" +
		g + "/huge: the page is too large\n" +
		g + "/moved: 302: <a href=\"/a\">Found</a>.\n\n\n" + // who follows is for the guest to say
		o + "/a: HTTP-request-denied\n" +
		"ftp://x/: this is no URL of http or https\n" +
		g + ": 200, from the cache: page /\n"
	if got := stdout.String(); got != want {
		t.Errorf("printed:\n%.2000s\nwant:\n%.2000s", got, want)
	}

	host := strings.TrimPrefix(g, "http://")
	mu.Lock()
	defer mu.Unlock()
	if got, want := fmt.Sprint(asked), fmt.Sprintf("[GET %[1]s/a?b=c GET %[1]s/ GET %[1]s/large GET %[1]s/huge GET %[1]s/moved]", host); got != want {
		t.Errorf("the servers were asked %s\nwant %s", got, want)
	}

	var logged []string
	dec := json.NewDecoder(&stderr)
	for dec.More() {
		var line struct{ Level, Composition, Component, Context, Message string }
		if err := dec.Decode(&line); err != nil {
			t.Fatal(err)
		}
		logged = append(logged, fmt.Sprint(line))
	}
	const from = " outgoing http-log http GET "
	wantLog := []string{"{info" + from + g + "/a?b=c}", "{info" + from + g + "/}", "{info" + from + g + "/large}", "{info" + from + g + "/huge}",
		"{info" + from + g + "/moved}", "{warn outgoing pages  pages was refused an HTTP request to " + o + "}", "{warn" + from + o + "/a: refused}"}
	if strings.Join(logged, "\n") != strings.Join(wantLog, "\n") {
		t.Errorf("logged:\n%s\nwant:\n%s", strings.Join(logged, "\n"), strings.Join(wantLog, "\n"))
	}
}
