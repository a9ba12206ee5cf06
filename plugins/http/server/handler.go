package server

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/pool"
	wasihttp "github.com/sidecall/sidecall/plugins/http"
)

// Handler answers requests by a composition.
type Handler struct {
	cfg       Config
	admission *admission
	workers   workers
	// after counts the guests that go on after their answer.
	after   atomic.Int64
	refused refused
	// peers are those of the server's listener, nil for a Handler of another server.
	peers *peers
}

// NewHandler makes a Handler.
func NewHandler(cfg Config) *Handler {
	cfg.Limits = cfg.Limits.withDefaults()
	return &Handler{cfg: cfg, admission: newAdmission(cfg.Limits.Requests, cfg.Limits.Queue)}
}

// writeGrace is how long after a request's deadline its answer may still be written:
// the one that says so, above all.
const writeGrace = time.Second

// ServeHTTP has an instance answer the request.
//
// It answers itself, without the guest: 501 to CONNECT, 400 to what cannot be a request, 413 for
// a body that is announced to be too long, 503 if too many requests run and wait, and for a guest
// that failed what Exchange.Serve says.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{h: h, w: w, r: r, start: time.Now()}
	if h.cfg.AccessLog {
		a := &access{ResponseWriter: w}
		e.w = a
		whole := false
		defer func() { e.logAccess(a, whole) }() // also of what is broken off by a panic
		e.answer()
		whole = true
		return
	}
	e.answer()
}

// answer has an instance answer.
func (e *exchange) answer() {
	h := e.h
	ctx, done := e.limit()
	defer done()
	e.r = e.r.WithContext(ctx)
	if status, why := invalid(e.r); status != 0 {
		e.refuseInvalid(status, why)
		return
	}
	if e.r.ContentLength > h.cfg.Limits.Body {
		e.refuse(http.StatusRequestEntityTooLarge)
		return
	}
	e.rest = restOf(ctx)
	if err := e.rest.wait(ctx, mostRestOf(e.r)); err != nil {
		e.unavailable(err)
		return
	}
	if err := h.admission.enter(ctx); err != nil {
		e.unavailable(err)
		return
	}
	lease, err := h.cfg.Pool.Take(ctx)
	if err != nil {
		h.admission.leave()
		e.noInstance(err)
		return
	}
	e.serve(lease)
}

// exchange is one request with its answer.
type exchange struct {
	h     *Handler
	w     http.ResponseWriter
	r     *http.Request
	start time.Time
	// rest is what earlier requests of the connection left to do, nil if nobody knows.
	rest *rest
}

// limit applies the limits of time and size. The context ends at the deadline. The
// function is to be called at the end.
func (e *exchange) limit() (context.Context, func()) {
	ctx, limits := e.r.Context(), e.h.cfg.Limits
	control := http.NewResponseController(e.w)
	// Bodies stream in both directions at the same time. What does not support one of
	// these, such as a recorder in a test, does not need it.
	_ = control.EnableFullDuplex()
	finish, cancel, unwatch := func() {}, func() {}, func() {}
	var end time.Time // of a connection's earlier request, if there is none now
	if limits.Deadline > 0 {
		deadline := e.start.Add(limits.Deadline)
		ctx, cancel = context.WithDeadline(ctx, deadline)
		end = deadline.Add(writeGrace)
	}
	if e.r.Body != nil && e.r.Body != http.NoBody {
		body := newRequestBody(e.w, e.r)
		e.r.Body = http.MaxBytesReader(body.conn, body, limits.Body)
		finish = body.finish
		if e.h.peers != nil && e.r.ProtoMajor == 1 {
			bounded := cancel
			var leave context.CancelFunc
			ctx, leave = context.WithCancel(ctx)
			cancel = func() { leave(); bounded() }
			unwatch = e.h.peers.watch(e.r, &body.ended, leave)
		}
	}
	_ = control.SetReadDeadline(end)
	_ = control.SetWriteDeadline(end)
	if limits.Write > 0 && (limits.Deadline < 0 || limits.Deadline > limits.Write) {
		e.w = &paced{e.w, control, limits.Write, end}
	}
	return ctx, func() {
		unwatch()
		finish()
		cancel()
	}
}

// serve has the leased instance answer.
func (e *exchange) serve(lease *pool.Lease) {
	inst := lease.Instance()
	ended, told := make(chan struct{}), make(chan struct{})
	answered := &afterAnswer{h: e.h, rest: e.rest}
	defer answered.begin()
	end := func(err error) {
		e.ended(err)
		close(told)
		if err := lease.Return(err); err != nil {
			e.h.cfg.Log.Error().Err(err).Str("composition", e.h.cfg.Name).Msg("closing an instance failed")
		}
		e.h.admission.leave()
		answered.end()
		close(ended)
	}
	handle, err := inst.Func(e.h.cfg.Interface, "handle")
	if err != nil {
		e.refuse(http.StatusInternalServerError)
		end(err)
		return
	}
	x := &wasihttp.Exchange{Instance: inst, Handle: handle, Ended: end, Refuse: e.failure, Go: e.h.workers.run}
	err = x.Serve(e.w, e.r)
	if e.h.cfg.Limits.Deadline < 0 {
		e.bound(inst, ended)
	}
	var failed *wasihttp.ServeError
	if err == nil || !errors.As(err, &failed) {
		return
	}
	e.logAnswer(failed)
	if e.h.cfg.Ended != nil {
		// Who observes requests wants to know why while this one lasts.
		select {
		case <-told:
		case <-time.After(tellTime):
		}
	}
	if failed.Status == 0 {
		panic(http.ErrAbortHandler)
	}
}

// failure is the status for a guest whose call failed before it answered, 0 for the
// usual one. One that had to end because the server does, or because the process has no
// more memory, has done nothing wrong, and another process may answer.
func (e *exchange) failure(err error) (status int) {
	switch {
	case errors.Is(context.Cause(e.r.Context()), ErrDrain):
	case host.NoRoom(err):
		e.countRefused(NoMemory, err)
	default:
		return 0
	}
	e.w.Header().Set("Retry-After", retryAfter)
	return http.StatusServiceUnavailable
}

// tellTime is how long a request that failed waits for its guest to end.
const tellTime = 100 * time.Millisecond

// bound ends a guest that goes on too long after its answer.
func (e *exchange) bound(inst *host.Instance, ended chan struct{}) {
	select {
	case <-ended:
		return
	default:
	}
	t := time.AfterFunc(e.h.cfg.Limits.AfterAnswer, func() {
		_ = inst.Close(context.Background()) // what the call returns says it
	})
	go func() {
		<-ended
		t.Stop()
	}()
}

// refuse answers instead of the guest.
func (e *exchange) refuse(status int) {
	http.Error(e.w, http.StatusText(status), status)
}

// refuseInvalid refuses what is no request for guests. What comes behind it is none either.
func (e *exchange) refuseInvalid(status int, why string) {
	if e.r.ProtoMajor == 1 {
		e.w.Header().Set("Connection", "close")
	}
	http.Error(e.w, http.StatusText(status)+": "+why, status)
}

// retryAfter is when a client that was turned away should come again, in seconds.
const retryAfter = "1"

// unavailable answers a request that did not get its turn, if its client is still there.
func (e *exchange) unavailable(err error) {
	e.h.cfg.Log.Debug().Err(err).Str("composition", e.h.cfg.Name).Str("path", clipped(e.r.URL.Path)).Msg("request turned away")
	if ctx := e.r.Context(); errors.Is(ctx.Err(), context.Canceled) && !errors.Is(context.Cause(ctx), ErrDrain) {
		panic(http.ErrAbortHandler)
	}
	why := reasonOf(err)
	if errors.Is(context.Cause(e.r.Context()), ErrDrain) {
		why = Ending
	}
	e.countRefused(why, err)
	e.w.Header().Set("Retry-After", retryAfter)
	e.refuse(http.StatusServiceUnavailable)
}

// countRefused counts a request that was turned away, and tells the log once in a while.
func (e *exchange) countRefused(why Reason, err error) {
	if n := e.h.refused.count(why); n > 0 {
		e.h.cfg.Log.Warn().Err(err).Str("composition", e.h.cfg.Name).Uint64("requests", n).Msg(reasons[why])
	}
}

// refusedStream counts a request that was reset.
func (h *Handler) refusedStream() {
	if n := h.refused.count(Streams); n > 0 {
		h.cfg.Log.Warn().Str("composition", h.cfg.Name).Uint64("requests", n).Msg(reasons[Streams])
	}
}

// noInstance answers a request for which there is no instance: because all are busy
// until its deadline, the server ends, there is no memory, or instantiation failed.
func (e *exchange) noInstance(err error) {
	if why := reasonOf(err); why == NoMemory || why == Ending || e.r.Context().Err() != nil {
		e.unavailable(err)
		return
	}
	e.ended(err)
	e.refuse(http.StatusInternalServerError)
}
