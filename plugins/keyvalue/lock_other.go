//go:build !unix

package keyvalue

import (
	"errors"
	"os"
)

// lockFile fails: two processes that write one file would destroy it.
func lockFile(string) (*os.File, error) {
	return nil, errors.New("buckets are not kept in files on this system")
}
