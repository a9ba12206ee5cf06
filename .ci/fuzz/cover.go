package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// block is a piece of code in a coverage profile.
type block struct {
	statements int
	reached    bool
}

// profile is the blocks of a coverage profile by their places, "package/file.go:from,to".
type profile map[string]block

// cover runs the target's corpus, without fuzzing, and measures what of its package it
// reaches; all collects that of all targets. It also drops inputs, if that was asked for.
func (t *tree) cover(ctx context.Context, x target, o options, res *result, all map[string]block) error {
	bin, err := t.build(ctx, x, "cover", "-cover", "-coverpkg=./...")
	if err != nil {
		return err
	}
	corpus := filepath.Join(o.store, "corpus", filepath.FromSlash(x.folder), x.name)
	if o.minimise {
		if res.Dropped, err = t.reduce(ctx, bin, x, corpus); err != nil {
			return err
		}
	}
	entries, _ := os.ReadDir(corpus)
	res.Corpus = len(entries)
	if err := moveAll(corpus, t.seeds(x), false); err != nil {
		return err
	}
	defer os.RemoveAll(t.seeds(x))
	p, err := t.profile(ctx, bin, x, "^"+x.name+"$")
	if err != nil {
		return err
	}
	whole, reached := 0, 0
	for place, b := range p {
		if strings.HasSuffix(place[:strings.LastIndex(place, "/")], "/"+x.folder) {
			whole += b.statements
			if b.reached {
				reached += b.statements
			}
		}
		b.reached = b.reached || all[place].reached
		all[place] = b
	}
	res.Coverage = percent(reached, whole)
	return nil
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(max(whole, 1)) }

// profile runs tests and reads what they reached. Inputs that fail are no fault here.
func (t *tree) profile(ctx context.Context, bin string, x target, run string) (profile, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	file := filepath.Join(t.dir, "cover.out")
	_ = os.Remove(file)
	cmd := exec.CommandContext(ctx, bin, "-test.run="+run, "-test.coverprofile="+file)
	cmd.Dir = t.path(x)
	out, failed := cmd.CombinedOutput()
	p, err := readProfile(file)
	if err != nil {
		return nil, fmt.Errorf("coverage of %s: %w (%v)\n%s", x, err, failed, tail(string(out)))
	}
	return p, nil
}

func readProfile(file string) (profile, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p := profile{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			continue // the mode
		}
		n, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, err
		}
		b := p[fields[0]]
		p[fields[0]] = block{n, b.reached || fields[2] != "0"}
	}
	return p, lines.Err()
}

// reduce drops the inputs of a corpus that reach no code which smaller ones, or the
// target's own seeds, do not reach. It gives up, and keeps the rest, when it takes long.
func (t *tree) reduce(ctx context.Context, bin string, x target, corpus string) (dropped int, err error) {
	type input struct {
		path string
		size int64
	}
	var inputs []input
	entries, _ := os.ReadDir(corpus)
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			inputs = append(inputs, input{filepath.Join(corpus, e.Name()), info.Size()})
		}
	}
	slices.SortFunc(inputs, func(a, b input) int { return cmp.Compare(a.size, b.size) })
	reached, err := t.profile(ctx, bin, x, "^"+x.name+"$")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(t.seeds(x))
	begin := time.Now()
	for _, in := range inputs {
		if ctx.Err() != nil || time.Since(begin) > 10*time.Minute {
			break
		}
		name := filepath.Base(in.path)
		if err := copyFile(in.path, filepath.Join(t.seeds(x), name)); err != nil {
			return dropped, err
		}
		p, err := t.profile(ctx, bin, x, "^"+x.name+"$/^"+name+"$")
		if err != nil {
			continue // one that crashes is kept
		}
		_ = os.Remove(filepath.Join(t.seeds(x), name))
		if !reached.grows(p) {
			if err := os.Remove(in.path); err != nil {
				return dropped, err
			}
			dropped++
		}
	}
	return dropped, nil
}

// grows adds what another profile reached, and reports whether any was new.
func (p profile) grows(by profile) bool {
	grew := false
	for place, b := range by {
		if b.reached && !p[place].reached {
			p[place] = b
			grew = true
		}
	}
	return grew
}
