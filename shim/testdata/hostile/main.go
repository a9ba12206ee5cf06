// Command hostile stands where sidecall prepares a composition, and is what it would be if
// what it read had taken it over. What to do it finds in a file of the artifact.
package main

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	what, err := os.ReadFile("/app/what")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	switch strings.TrimSpace(string(what)) {
	case "look":
		for _, file := range []string{"/etc/shadow", "/proc/self/environ", "/proc/1/root/etc/shadow", "/app/../../etc/shadow"} {
			if data, err := os.ReadFile(file); err == nil {
				fmt.Fprintf(os.Stderr, "read %s: %.20s\n", file, data)
			}
		}
		stdin, _ := io.ReadAll(os.Stdin)
		fmt.Fprintf(os.Stderr, "env %q stdin %q args %q root %v\n", os.Environ(), stdin, os.Args, os.Getuid() == 0)
		os.Exit(1)
	case "flood":
		for {
			fmt.Fprintln(os.Stderr, strings.Repeat("\x1b[31m", 1000))
			fmt.Println(strings.Repeat("x", 1000))
		}
	case "escape":
		t := tar.NewWriter(os.Stdout)
		for _, h := range []tar.Header{
			{Name: "ready.json", Size: 17, Typeflag: tar.TypeReg},
			{Name: "../../../../pwned", Size: 17, Typeflag: tar.TypeReg},
		} {
			_ = t.WriteHeader(&h)
			_, _ = t.Write([]byte(`{"command":"run"}`))
		}
		_ = t.Close()
	case "silent":
		os.Exit(0)
	case "spin":
		for i := 0; ; i++ {
			_ = i * i
		}
	default:
		fmt.Fprintln(os.Stderr, "what?")
		os.Exit(1)
	}
}
