package server

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/budget"
)

// TestFailure: a guest that ended because others have the process's memory may be asked
// again; one that met its own limit, or can never have so much, answers as every trap.
func TestFailure(t *testing.T) {
	of := func(limit uint64) budget.Spec {
		return budget.Spec{Owner: "this process", What: "memory for guests", Limit: limit}
	}
	for name, c := range map[string]struct {
		cause  error
		status int
		after  string
	}{
		"others": {&budget.Error{Spec: of(100), Used: 90, Asked: 20}, http.StatusServiceUnavailable, "1"},
		"itself": {&budget.Error{Spec: of(100), Used: 90, Asked: 20, Alone: true}, 0, ""},
		"never":  {&budget.Error{Spec: of(100), Asked: 200}, 0, ""},
		"else":   {nil, 0, ""},
	} {
		w := httptest.NewRecorder()
		e := &exchange{h: &Handler{}, w: w, r: httptest.NewRequest(http.MethodGet, "/", nil)}
		status := e.failure(&host.Trap{Cause: c.cause})
		if after := w.Header().Get("Retry-After"); status != c.status || after != c.after {
			t.Errorf("%s: status %d, Retry-After %q", name, status, after)
		}
		if n := e.h.refused.all[NoMemory]; (n == 1) != (status != 0) {
			t.Errorf("%s: %d are counted", name, n)
		}
	}
}
