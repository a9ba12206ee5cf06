package settle

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestUnwritten(t *testing.T) {
	const smaps = `00400000-00bd2000 r-xp 00000000 fe:00 131 /a program with spaces
Rss:                7048 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me sd
00bd2000-013d5000 r--p 007d2000 fe:00 131 /a program with spaces
Anonymous:             0 kB
013d5000-013d6000 r--p 00fd5000 fe:00 131 /relocated
Anonymous:             4 kB
013d6000-0146a000 rw-p 00fd6000 fe:00 131 /a program with spaces
Anonymous:             0 kB
7faa57a0a000-7faa57a36000 r-xp 00000000 00:00 0 
Anonymous:             0 kB
7faa57d4e000-7faa57d50000 r-xp 00000000 00:00 0 [vdso]
Anonymous:             0 kB
`
	got := slices.Collect(unwritten(smaps))
	want := []region{{0x400000, 0xbd2000}, {0xbd2000, 0x13d5000}}
	if !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	for range unwritten(smaps) {
		break
	}
	for _, bad := range []string{"", "-", "x-y r-xp 0 0 1 /f\nAnonymous: 0 kB\n", "1-2 r 0 0 1 /f\nAnonymous: 0 kB\n", "Anonymous: 0 kB\n"} {
		if got := slices.Collect(unwritten(bad)); len(got) > 0 {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func TestReleaseProgram(t *testing.T) {
	if _, err := os.ReadFile("/proc/self/smaps"); err != nil {
		t.Skip(err)
	}
	before := filePages(t)
	releaseProgram()
	after := filePages(t)
	if after >= before {
		t.Errorf("%d kB of files are mapped, %d kB were before", after, before)
	}
	t.Logf("%d kB of files are mapped, %d kB were before", after, before)
}

// filePages is how much of files the process has mapped, in kB.
func filePages(t *testing.T) (kB int) {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if _, err := fmt.Sscanf(line, "RssFile: %d kB", &kB); err == nil {
			return kB
		}
	}
	t.Fatalf("no RssFile:\n%s", data)
	return 0
}
