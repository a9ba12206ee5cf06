package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/shim/pod"
)

// TestPodDiagnostics: what the pod gives and nobody takes is no fault of the manifest.
func TestPodDiagnostics(t *testing.T) {
	at := diag.Pos{File: "sidecall.yaml", Line: 3}
	rest, missing := podDiagnostics(diag.List{
		{Severity: diag.Error, Message: "wrong"},
		{Severity: diag.Warning, Message: "given by the pod"},
		{Severity: diag.Warning, Message: "given by the manifest", Pos: at},
		{Severity: diag.Note, Message: "missing", Pos: at},
	})
	if len(rest) != 3 || rest[0].Message != "wrong" || rest[1].Message != "given by the manifest" || rest[2].Message != "missing" {
		t.Errorf("the rest is %v", rest)
	}
	if len(missing) != 1 || missing[0].Message != "missing" {
		t.Errorf("what is missing is %v", missing)
	}
}

func TestTerminationMessage(t *testing.T) {
	missing := diag.List{{Severity: diag.Note, Message: "app has no allow.keyvalue", Pos: diag.Pos{File: "sidecall.yaml", Line: 3, Column: 5}}}
	exit := &statusError{7}
	const note = "sidecall.yaml:3:5: note: app has no allow.keyvalue\n"
	for _, tc := range []struct {
		name    string
		err     error
		missing diag.List
		policy  string
		want    string
	}{
		{"well", nil, missing, pod.PolicyFile, "before"},
		{"its log will do", exit, missing, "FallbackToLogsOnError", "before"},
		{"nobody knows whether its log will do", exit, missing, "", "before"},
		{"nothing but its exit code", exit, nil, pod.PolicyFile, "before"},
		{"a grant is missing", exit, missing, pod.PolicyFile, "sidecall: error: the guest ended with exit code 7\n" + note},
		{"not by the guest", errors.New("no memory"), missing, "FallbackToLogsOnError", "sidecall: error: no memory\n"},
	} {
		file := filepath.Join(t.TempDir(), "why")
		if err := os.WriteFile(file, []byte("before"), 0o600); err != nil {
			t.Fatal(err)
		}
		a := newApp(nil, nil, nil)
		a.terminationMessage(tc.err, tc.missing, &pod.Config{TerminationLog: file, TerminationPolicy: tc.policy})
		if got, err := os.ReadFile(file); err != nil || string(got) != tc.want {
			t.Errorf("%s: %q, want %q, %v", tc.name, got, tc.want, err)
		}
	}
}
