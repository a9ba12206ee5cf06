// Command web is a web server with what critest looks for: the names in its log and its
// command line, and a file with its process id.
//
//	web PORT WORD...
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	fmt.Println(os.Args[0], "serves")
	err := os.WriteFile("/var/run/nginx.pid", fmt.Appendln(nil, os.Getpid()), 0o644)
	if err == nil {
		err = http.ListenAndServe(":"+os.Args[1], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Println(r.Method, r.URL)
			fmt.Fprintln(w, "a page")
		}))
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
