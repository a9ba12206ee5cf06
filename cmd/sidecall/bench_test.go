package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkHello runs the first example as a whole process, compiled code being cached
// already, and reports how much longer that takes than an empty Go program ("x-empty")
// and than sidecall doing nothing ("x-version"), measured in the same run.
func BenchmarkHello(b *testing.B) {
	dir := b.TempDir()
	empty := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(empty, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		b.Fatal(err)
	}
	build := func(name, source string) string {
		out := filepath.Join(dir, name)
		if text, err := exec.Command("go", "build", "-o", out, source).CombinedOutput(); err != nil {
			b.Fatalf("building %s: %v\n%s", name, err, text)
		}
		return out
	}
	floor, program := build("empty", empty), build("sidecall", ".")
	run := func(path string, args ...string) time.Duration {
		start := time.Now()
		if text, err := exec.Command(path, args...).CombinedOutput(); err != nil {
			b.Fatalf("%s %q: %v\n%s", path, args, err, text)
		}
		return time.Since(start)
	}
	hello := []string{"run", "--cache-dir", filepath.Join(dir, "cache"), filepath.Join("..", "..", "examples", "01-hello")}
	first := run(program, hello...)

	var sum struct{ hello, version, empty time.Duration }
	for b.Loop() {
		sum.hello += run(program, hello...)
		sum.version += run(program, "version")
		sum.empty += run(floor)
	}
	per := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(b.N) }
	b.ReportMetric(0, "ns/op") // of the three together: says nothing
	b.ReportMetric(float64(first.Microseconds())/1000, "ms-first")
	b.ReportMetric(per(sum.hello), "ms-second")
	b.ReportMetric(per(sum.version), "ms-version")
	b.ReportMetric(per(sum.empty), "ms-empty")
	b.ReportMetric(float64(sum.hello)/float64(sum.empty), "x-empty")
	b.ReportMetric(float64(sum.hello)/float64(sum.version), "x-version")
}
