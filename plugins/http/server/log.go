package server

import (
	"context"
	"errors"
	"strings"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host"
	wasihttp "github.com/sidecall/sidecall/plugins/http"
)

// ended tells how the guest's call ended.
func (e *exchange) ended(err error) {
	if e.h.cfg.Ended != nil {
		e.h.cfg.Ended(e.r.Context(), err)
	}
	var (
		trap      *host.Trap
		interrupt *host.InterruptError
		exit      *host.ExitError
	)
	log := &e.h.cfg.Log
	switch {
	case err == nil:
	case errors.As(err, &trap):
		e.event(log.Error()).Str("component", trap.Component).Str("function", trap.Function).
			Strs("stack", trap.Stack).Err(err).Msg("guest trapped")
	case errors.As(err, &interrupt) && errors.Is(err, context.DeadlineExceeded):
		e.event(log.Error()).Str("function", interrupt.Function).Strs("stack", interrupt.Stack).
			Dur("deadline", e.h.cfg.Limits.Deadline).AnErr("error", interrupt.Cause).Msg("guest did not answer in time")
	case errors.As(err, &interrupt) && errors.Is(context.Cause(e.r.Context()), ErrDrain):
		e.event(log.Warn()).Str("function", interrupt.Function).Msg("server ended, and the guest with it")
	case errors.As(err, &interrupt) && errors.Is(err, context.Canceled):
		e.event(log.Debug()).Str("function", interrupt.Function).Msg("client left, guest ended")
	case errors.As(err, &exit) && exit.Code == 0:
		// As programs end that have done what they were to do. That it did not answer, or
		// not to the end, logAnswer tells.
		e.event(log.Debug()).Int("code", 0).Msg("guest exited")
	case errors.As(err, &exit):
		e.event(log.Warn()).Int("code", exit.Code).Msg("guest exited")
	default:
		e.event(log.Error()).Err(err).Msg("call of the guest failed")
	}
}

// logAnswer tells why a client did not get what the guest wanted. What the call's
// error says already is not said again.
func (e *exchange) logAnswer(failed *wasihttp.ServeError) {
	var (
		trap      *host.Trap
		interrupt *host.InterruptError
		exit      *host.ExitError
		bug       *host.PanicError
	)
	log := &e.h.cfg.Log
	switch {
	case errors.As(failed, &exit) && exit.Code == 0:
		e.event(log.Error()).Int("status", failed.Status).Err(failed.Err).Msg("guest did not answer")
	case errors.As(failed, &trap), errors.As(failed, &interrupt), errors.As(failed, &exit), errors.As(failed, &bug):
	case errors.Is(context.Cause(e.r.Context()), ErrDrain):
	case failed.Status == 0 && e.r.Context().Err() != nil:
		e.event(log.Debug()).Err(failed.Err).Msg("client left during the response")
	case errors.Is(failed, wasihttp.ErrNoAnswer):
		e.event(log.Error()).Int("status", failed.Status).Err(failed.Err).Msg("guest did not answer")
	case failed.Status == 0: // the client has the status, and sees that the rest is missing
		e.event(log.Warn()).Int("status", failed.Sent).Bool("broken_off", true).Err(failed.Err).Msg("response failed")
	default:
		e.event(log.Warn()).Int("status", failed.Status).Err(failed.Err).Msg("response failed")
	}
}

// longestPath is how many bytes of a path are logged: a client must not choose how long
// lines are.
const longestPath = 1 << 10

func clipped(path string) string {
	if len(path) <= longestPath {
		return path
	}
	return strings.ToValidUTF8(path[:longestPath], "") + "…"
}

// event adds which request it is about.
func (e *exchange) event(ev *zerolog.Event) *zerolog.Event {
	if e.h.cfg.Span != nil {
		if traceID, spanID := e.h.cfg.Span(e.r.Context()); traceID != "" {
			ev = ev.Str("trace_id", traceID).Str("span_id", spanID)
		}
	}
	return ev.Str("composition", e.h.cfg.Name).Str("method", e.r.Method).Str("path", clipped(e.r.URL.Path))
}
