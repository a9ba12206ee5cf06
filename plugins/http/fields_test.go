package http_test

import (
	"strings"
	"testing"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

// change calls a method that changes fields and returns its error's name, or "ok".
func (e *httpEnv) change(method string, args ...value.Value) string {
	e.t.Helper()
	v := e.Must(types, method, args...)
	if v.Case() == 0 {
		return "ok"
	}
	return e.Show(types, method, v)
}

func TestFields(t *testing.T) {
	e := env(t, http.Config{})
	f := plugintest.Lend(e.headers("A", "1", "b", "2", "a", "3"))
	e.want(e.entries(f), "A=1 b=2 a=3", "entries")
	values := e.Must(types, "[method]fields.get", f, str("a"))
	if values.Len() != 2 || string(values.At(0).Bytes()) != "1" || string(values.At(1).Bytes()) != "3" {
		t.Error("get")
	}
	if e.Must(types, "[method]fields.get", f, str("none")).Len() != 0 || e.Must(types, "[method]fields.get", f, str("bad name")).Len() != 0 {
		t.Error("get of what is not there")
	}
	if !e.Must(types, "[method]fields.has", f, str("B")).Bool() || e.Must(types, "[method]fields.has", f, str("c")).Bool() {
		t.Error("has")
	}
	c := plugintest.Lend(e.Must(types, "[method]fields.clone", f))
	e.want(e.change("[method]fields.set", f, str("a"), value.List(blob("x"), blob(""))), "ok", "set")
	e.want(e.entries(f), "b=2 a=x a=", "entries after set")
	e.want(e.change("[method]fields.set", f, str("a"), value.List()), "ok", "set to nothing")
	e.want(e.change("[method]fields.delete", f, str("B")), "ok", "delete")
	e.want(e.change("[method]fields.delete", f, str("B")), "ok", "delete of what is not there")
	e.want(e.entries(f), "", "entries after delete")
	e.want(e.entries(c), "A=1 b=2 a=3", "entries of the clone")
	l := e.Ok(types, "[static]fields.from-list", value.List(value.Tuple(str("x"), blob("1")), value.Tuple(str("X"), blob("2"))))
	e.want(e.entries(plugintest.Lend(l)), "x=1 X=2", "from-list")
}

// TestHeaderInjection tries to make one header of a guest more than that.
func TestHeaderInjection(t *testing.T) {
	e := env(t, http.Config{})
	f := plugintest.Lend(e.headers("a", "1"))
	for _, tt := range []struct{ name, value, want string }{
		{"", "x", "invalid-syntax"},
		{"a b", "x", "invalid-syntax"},
		{"a:", "x", "invalid-syntax"},
		{"a\r\nb", "x", "invalid-syntax"},
		{"\xc3\xa4", "x", "invalid-syntax"},
		{"a", "x\r\ny: z", "invalid-syntax"},
		{"a", "x\ny", "invalid-syntax"},
		{"a", "x\x00", "invalid-syntax"},
		{"a", "\x7f", "invalid-syntax"},
		{"Host", "x", "forbidden"},
		{"connection", "x", "forbidden"},
		{"Transfer-Encoding", "chunked", "forbidden"},
		{"Upgrade", "h2c", "forbidden"},
		{"Keep-Alive", "x", "forbidden"},
		{"proxy-connection", "x", "forbidden"},
		{"HTTP2-Settings", "x", "forbidden"},
		{"a", "\xff bytes\tand tabs", "ok"},
		{"te", "trailers", "ok"},
	} {
		what := tt.name + ": " + tt.value
		one := value.List(blob(tt.value))
		e.want(e.change("[method]fields.set", f, str(tt.name), one), tt.want, "set "+what)
		e.want(e.change("[method]fields.append", f, str(tt.name), blob(tt.value)), tt.want, "append "+what)
		e.want(e.change("[static]fields.from-list", value.List(value.Tuple(str(tt.name), blob(tt.value)))), tt.want, "from-list "+what)
	}
	e.want(e.change("[method]fields.delete", f, str("bad name")), "invalid-syntax", "delete")
	e.want(e.change("[method]fields.delete", f, str("host")), "forbidden", "delete")
}

func TestImmutableFields(t *testing.T) {
	e := env(t, http.Config{})
	h := e.headers("a", "1")
	r := plugintest.Lend(e.Must(types, "[constructor]outgoing-request", h))
	resp := plugintest.Lend(e.Must(types, "[constructor]outgoing-response", e.headers("a", "1")))
	for _, f := range []value.Value{
		e.Must(types, "[method]outgoing-request.headers", r),
		e.Must(types, "[method]outgoing-response.headers", resp),
	} {
		f = plugintest.Lend(f)
		e.want(e.change("[method]fields.set", f, str("a"), value.List()), "immutable", "set")
		e.want(e.change("[method]fields.append", f, str("a"), blob("x")), "immutable", "append")
		e.want(e.change("[method]fields.delete", f, str("a")), "immutable", "delete")
		e.want(e.entries(f), "a=1", "entries")
		c := plugintest.Lend(e.Must(types, "[method]fields.clone", f))
		e.want(e.change("[method]fields.append", c, str("a"), blob("x")), "ok", "append to a clone")
	}
}

func TestFieldsAreBounded(t *testing.T) {
	e := env(t, http.Config{})
	f := plugintest.Lend(e.headers())
	big := blob(strings.Repeat("x", 100_000))
	for range 10 {
		e.want(e.change("[method]fields.append", f, str("a"), big), "ok", "append")
	}
	if err := e.Traps(types, "[method]fields.append", f, str("a"), big); err.Error() != "fields of more than 1 MiB" {
		t.Error(err)
	}
	e.want(e.change("[method]fields.delete", f, str("a")), "ok", "delete")
	e.want(e.change("[method]fields.append", f, str("a"), big), "ok", "append after delete")
}
