package run

import (
	"context"

	"github.com/sidecall/sidecall/cmd/wast/internal/report"
	"github.com/sidecall/sidecall/cmd/wast/internal/script"
	"github.com/sidecall/sidecall/cmd/wast/internal/vectors"
)

// vectors runs a file of canonical ABI vectors. The line of a result is the
// vector's position, counted from 1.
func (r *Runner) vectors(ctx context.Context, s *script.Script) []report.Result {
	results := make([]report.Result, 0, len(s.Vectors))
	for n, raw := range s.Vectors {
		res := report.Result{Suite: s.Suite, Group: "sync", Type: "vector", Script: s.Source, File: s.Path, Line: n + 1}
		v := r.guarded(ctx, func(ctx context.Context) verdict {
			o := vectors.Run(ctx, r.Host, raw)
			res.Group, res.Type = o.Group, o.Op
			switch {
			case o.Skip != "":
				return skipped("%s", o.Skip)
			case o.Want != "" || o.Got != "":
				return failed(o.Want, "%s", o.Got)
			}
			return passed
		})
		res.Outcome, res.Want, res.Got = v.outcome, v.want, v.got
		results = append(results, res)
	}
	return results
}
