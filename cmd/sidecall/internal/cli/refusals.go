package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker/diag"
)

// refused tells what a component asked for and was not given: in the log, and for who runs
// a command and has not said how much to log, on standard error all the same, as lines
// of a log or for a person to read. The guest does not wait for who reads that.
func (a *app) refused(r host.Refusal) {
	if a.asking != "" && strings.HasPrefix(r.Write, "components:") {
		r.Write = fmt.Sprintf("--allow, if `sidecall check %s` lists it, or a manifest of your own for --manifest, with %s", a.asking, r.Write)
	}
	log := a.log
	if a.settings.LogAuto && a.guests == nil {
		out := sinkWriter{a.errors()}
		switch {
		case a.settings.Quiet || r.Quiet:
			return
		case a.settings.LogFormat == "text" || a.settings.LogFormat == "auto" && report.IsTerminal(a.stderr):
			tellRefusal(out, a.style, r)
			return
		}
		log = a.guestLogger(out)
	}
	level := zerolog.WarnLevel
	if r.Quiet {
		level = zerolog.InfoLevel
	}
	if log.GetLevel() > level {
		return
	}
	e := log.WithLevel(level).Str("composition", r.Composition).Str("component", r.Component).Str("refused", r.Kind)
	if r.Target != "" {
		e = e.Str("target", r.Target)
	}
	if r.Write != "" {
		e = e.Str("write", r.Write)
	}
	e.Msg(refusalText(r))
}

// refusalText is a refusal in a line.
func refusalText(r host.Refusal) string {
	text := r.Component + " was refused " + r.Reason
	if r.Quiet {
		text = r.Component + " asked for " + r.Reason
	}
	if r.Last {
		text += "; more of this kind are not told"
	}
	return text
}

// tellRefusal writes a refusal for a person, and what to write to allow it.
func tellRefusal(w io.Writer, style report.Style, r host.Refusal) {
	d := diag.Diagnostic{Severity: diag.Warning, Message: refusalText(r)}
	if r.Write != "" {
		d.Hint = "to allow it, write " + r.Write
	}
	_ = report.Diagnostics(w, style, diag.List{d}) // who cannot be told more needs no error
}

// notes logs those of check's notes that matter to who serves.
func (a *app) notes(list diag.List) {
	for _, d := range list {
		if d.Severity == diag.Note && d.Telling {
			a.log.Warn().Str("position", d.Pos.String()).Msg(d.Message)
		}
	}
}
