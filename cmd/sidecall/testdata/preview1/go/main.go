// A program as GOOS=wasip1 makes them: the runtime's own use of preview1, files, input,
// timers and goroutines.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

func main() {
	fmt.Println("args", os.Args[1:], "env", os.Getenv("GREETING"))
	n, err := io.Copy(io.Discard, os.Stdin)
	fmt.Println("input", n, err)
	start := time.Now()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { time.Sleep(5 * time.Millisecond) })
	}
	wg.Wait()
	fmt.Println("slept", time.Since(start) >= 5*time.Millisecond, start.Year() > 2020)
	if err := files("/data"); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	_, err = os.ReadFile("/elsewhere")
	fmt.Println("not granted:", errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || err != nil)
	os.Exit(7)
}

func files(dir string) error {
	deep := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		return err
	}
	for i := range 300 {
		if err := os.WriteFile(filepath.Join(deep, fmt.Sprint("file", i)), []byte(fmt.Sprint(i)), 0o644); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(filepath.Join(deep, "file7"), os.O_APPEND|os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(" and more")
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	entries, err := os.ReadDir(deep)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join(deep, "file7"))
	fmt.Printf("%d entries, %q\n", len(entries), content)
	if err != nil {
		return err
	}
	count := 0
	err = filepath.WalkDir(dir, func(string, fs.DirEntry, error) error { count++; return nil })
	fmt.Println("walked", count, err)
	return errors.Join(err, os.Rename(filepath.Join(deep, "file7"), filepath.Join(dir, "kept")), os.RemoveAll(filepath.Join(dir, "a")))
}
