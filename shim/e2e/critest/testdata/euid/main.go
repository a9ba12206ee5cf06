// Command euid prints whose rights it has: with the setuid bit, not always its caller's.
package main

import (
	"fmt"
	"os"
)

func main() { fmt.Println("Effective uid:", os.Geteuid()) }
