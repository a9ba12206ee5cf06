//go:build linux

package shim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sidecall/sidecall/shim/pod"
)

// keepHouse does what sidecall node asks for, in a process that is no pod's: prewarm IMAGE
// prepares an image as its first container would, with the variables NAME=value on standard
// input, each ended by a NUL; prune removes what the cache need not have.
func keepHouse(ctx context.Context, c *call) error {
	if c.namespace == "" || c.address == "" {
		return errors.New("the flags -namespace and -address are missing; sidecall node prewarm and prune give them")
	}
	if c.action == "prune" {
		n, err := openNode()
		if err != nil {
			return err
		}
		n.has = hasContent(c.address)
		_, before := n.kept()
		n.prune(ctx)
		_, after := n.kept()
		fmt.Printf("%s: %.1f MiB, %.1f MiB removed\n", n.dir, float64(after)/(1<<20), float64(before-after)/(1<<20))
		return nil
	}
	if len(c.rest) != 1 {
		return errors.New("prewarm: which image?")
	}
	text, err := io.ReadAll(io.LimitReader(os.Stdin, pod.MaxConfigSize))
	if err != nil {
		return err
	}
	took, err := prewarm(ctx, c, c.rest[0], strings.Split(string(text), "\x00"))
	if err != nil {
		return &shown{err}
	}
	fmt.Printf("%s: ready after %s\n", c.rest[0], took.Round(time.Millisecond))
	return nil
}

func prewarm(ctx context.Context, c *call, ref string, env []string) (time.Duration, error) {
	start := time.Now()
	b, err := dial(c.address, c.namespace)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	image, err := b.find(ctx, ref)
	if err != nil {
		return 0, err
	}
	if image == nil {
		return 0, fmt.Errorf("containerd has no image %s in its namespace %s; pull it first, as in: crictl pull %s", ref, b.namespace, ref)
	}
	if err := image.agree(image.name); err != nil {
		return 0, err
	}
	if !image.wasm {
		return 0, fmt.Errorf("image %s has no layers of WebAssembly; what is in the files of an ordinary image is prepared when its first container is made", image.name)
	}
	a := &answer{release: func() {}, has: hasContent(c.address)}
	defer func() { a.release() }()
	if err := a.take(ctx, image); err != nil {
		return 0, err
	}
	a.node.run = wait
	if _, err := a.node.compiled(ctx, a.files, env); err != nil {
		return 0, err
	}
	uses := filepath.Join(a.node.dir, "uses", a.files.Digest.Encoded()) // from now on it is kept for a while
	return time.Since(start), errors.Join(os.MkdirAll(uses, 0o755), os.Chtimes(uses, time.Time{}, time.Now()))
}
