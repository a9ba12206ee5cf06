// Command tool is what Linux containers in the tests run: pause, and a few things to see.
package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "exit":
		code, _ := strconv.Atoi(args[1])
		os.Exit(code)
	case len(args) == 1 && args[0] == "copy":
		_, _ = io.Copy(os.Stdout, os.Stdin) // what is missing is seen
	case len(args) == 1 && args[0] == "user":
		fmt.Println(os.Getuid())
	case len(args) > 0 && args[0] == "say":
		fmt.Println(args[1:])
	case len(args) == 2 && args[0] == "serve":
		err := http.ListenAndServe(args[1], http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") }))
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	case len(args) == 2 && args[0] == "fetch":
		r, err := http.Get(args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer r.Body.Close()
		fmt.Println(r.StatusCode)
		_, _ = io.Copy(os.Stdout, r.Body) // what is missing is seen
	case len(args) == 2 && args[0] == "cat":
		data, err := os.ReadFile(args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Stdout.Write(data)
	case len(args) == 2 && args[0] == "write":
		err := os.Chmod(args[1], 0o777) // which is what a hard link shares
		if os.IsNotExist(err) {
			err = nil
		}
		if err == nil {
			err = os.WriteFile(args[1], []byte("written"), 0o777)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case len(args) == 3 && args[0] == "fill":
		if err := fill(args[1], args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM, syscall.SIGINT)
		<-c
	}
}

// fill makes a file of so many MiB.
func fill(name, mebibytes string) error {
	n, err := strconv.Atoi(mebibytes)
	if err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	for part := make([]byte, 1<<20); n > 0 && err == nil; n-- {
		_, err = f.Write(part)
	}
	return errors.Join(err, f.Close())
}
