package install

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
)

// other says that the program on the node is not the one that is to be installed.
type other struct{ there, here string }

func (o *other) Error() string {
	return fmt.Sprintf("is another program than this one: it is %s, and this is %s; sidecall node install replaces it", o.there, o.here)
}

// differs compares a program on the node with the one to install; nil if they are the same,
// or if one of them is not there.
func (n *Node) differs(p program) *other {
	here, err := identify(p.from)
	if err != nil {
		return nil
	}
	there, err := identify(n.path(p.to))
	if err != nil || here == there {
		return nil
	}
	return &other{there: there, here: here}
}

// identify is a program's version, as its build has recorded it, and digest.
func identify(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	text := "sha256:" + hex.EncodeToString(sum.Sum(nil))[:16]
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return text, nil // no program of Go's
	}
	version := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && !strings.Contains(version, s.Value[:min(len(s.Value), 12)]) {
			version += " " + s.Value[:min(len(s.Value), 12)]
		}
	}
	return fmt.Sprintf("%s (%s)", version, text), nil
}
