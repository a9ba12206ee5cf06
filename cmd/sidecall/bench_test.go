package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

	// Medians: a process now and then waits for the machine.
	var second, version, nothing []time.Duration
	for b.Loop() {
		second = append(second, run(program, hello...))
		version = append(version, run(program, "version"))
		nothing = append(nothing, run(floor))
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(0, "ns/op") // of the three together: says nothing
	b.ReportMetric(ms(first), "ms-first")
	b.ReportMetric(ms(median(second)), "ms-second")
	b.ReportMetric(ms(median(version)), "ms-version")
	b.ReportMetric(ms(median(nothing)), "ms-empty")
	b.ReportMetric(float64(median(second))/float64(median(nothing)), "x-empty")
	b.ReportMetric(float64(median(second))/float64(median(version)), "x-version")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
