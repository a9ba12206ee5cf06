// A server that reports to OpenTelemetry: for each request two spans, one in the other, a
// counter and a log record; for /flood, what a hostile one would. It calls WASI by the
// canonical ABI, as bindings would.
#include <stddef.h>
#include <stdint.h>

#define TYPES "wasi:http/types@0.2.12"
#define OTEL(interface) "wasi:otel/" interface "@0.2.0-rc.2"
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

typedef uint32_t handle;
typedef struct { const char *ptr; size_t len; } string;
typedef struct { uint8_t some; string s; } optional_string;
typedef struct { uint8_t err; handle h; } result_handle;
typedef struct { uint64_t words[8]; } result_large;
typedef struct { const void *ptr; size_t len; } list;
typedef struct { uint64_t seconds; uint32_t ns; } datetime;
typedef struct { uint8_t some; datetime t; } optional_datetime;
typedef struct { string key, value; } key_value;
typedef struct { string name; optional_string version, schema; list attributes; } scope;
typedef struct { string trace_id, span_id; uint8_t flags, remote; list state; } span_context;
typedef struct {
  span_context context;
  string parent;
  uint8_t kind;
  string name;
  datetime start, end;
  list attributes, events, links;
  struct { uint8_t which; string description; } status;
  scope scope;
  uint32_t dropped_attributes, dropped_events, dropped_links;
} span_data;
typedef struct { string name; datetime time; list attributes; } event;
typedef struct { uint8_t which; uint64_t u64; } number;
typedef struct { list attributes; number value; list exemplars; } sum_point;
typedef struct { list points; datetime start, time; uint8_t temporality, monotonic; } sum;
typedef struct { string name, description, unit; uint8_t which; union { sum sum; uint64_t any[8]; } data; } metric;
typedef struct { scope scope; list metrics; } scope_metrics;
typedef struct {
  optional_datetime timestamp, observed;
  optional_string severity;
  struct { uint8_t some, n; } severity_number;
  optional_string body;
  struct { uint8_t some; list l; } attributes;
  optional_string event;
  struct { uint8_t some; list attributes; optional_string schema; } resource;
  struct { uint8_t some; scope s; } scope;
  optional_string trace_id, span_id;
  struct { uint8_t some, flags; } trace_flags;
} log_record;
typedef struct { uint8_t err; string why; } result_export;

IMPORT(TYPES, "[method]incoming-request.path-with-query") void request_path(handle self, optional_string *ret);
IMPORT(TYPES, "[constructor]fields") handle new_fields(void);
IMPORT(TYPES, "[constructor]outgoing-response") handle new_response(handle headers);
IMPORT(TYPES, "[method]outgoing-response.body") void response_body(handle self, result_handle *ret);
IMPORT(TYPES, "[method]outgoing-response.set-status-code") int set_status(handle self, int status);
IMPORT(TYPES, "[static]outgoing-body.finish") void body_finish(handle self, int some, handle trailers, result_large *ret);
IMPORT(TYPES, "[static]response-outparam.set")
void set_response(handle out, int err, uint32_t response, uint32_t a, uint64_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f);
IMPORT(OTEL("tracing"), "on-start")
void on_start(const char *trace, size_t trace_len, const char *span, size_t span_len, int flags, int remote, const void *state, size_t states);
IMPORT(OTEL("tracing"), "on-end") void on_end(const span_data *span);
IMPORT(OTEL("tracing"), "outer-span-context") void outer_span_context(span_context *ret);
IMPORT(OTEL("metrics"), "export")
void export_metrics(const void *attributes, size_t n, int some, const char *schema, size_t len, const void *scopes, size_t scopes_len, result_export *ret);
IMPORT(OTEL("logs"), "on-emit") void on_emit(const log_record *record);

static uint8_t memory[64 << 10] __attribute__((aligned(16)));
static size_t used;
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old, (void)old_size;
  used = (used + align - 1) & ~(align - 1);
  if (used + size > sizeof memory) __builtin_trap();
  void *p = memory + used;
  used += size;
  return p;
}

__attribute__((noinline)) void *memset(void *to, int c, size_t n) {
  for (volatile uint8_t *p = to; n > 0; n--) *p++ = c;
  return to;
}

__attribute__((noinline)) void *memcpy(void *to, const void *from, size_t n) {
  const uint8_t *f = from;
  for (volatile uint8_t *p = to; n > 0; n--) *p++ = *f++;
  return to;
}

#define STRING(text) ((string){text, sizeof text - 1})
#define SOME(text) {1, {text, sizeof text - 1}}
#define LIST(array) ((list){array, sizeof array / sizeof *array})
static const list none;
static const scope lib = {{"lib", 3}, SOME("1.2"), {0}, {0}};

static span_data new_span(span_context outer, string id, string parent, string name) {
  span_data s = {.parent = parent, .kind = 4, .name = name, .start = {1, 0}, .end = {2, 0}, .scope = lib};
  s.context = outer;
  s.context.span_id = id;
  return s;
}

static void start(const span_data *s) {
  const span_context *c = &s->context;
  on_start(c->trace_id.ptr, c->trace_id.len, c->span_id.ptr, c->span_id.len, c->flags, c->remote, c->state.ptr, c->state.len);
}

// count exports that n requests were answered. It returns whether that was taken.
static int count(uint64_t n) {
  sum_point point = {none, {2, n}, none};
  metric m = {.name = STRING("answers"), .unit = STRING("{answer}"), .which = 5};
  m.data.sum = (sum){{&point, 1}, {1, 0}, {2, 0}, 0, 1};
  scope_metrics scopes = {lib, {&m, 1}};
  result_export done;
  export_metrics(0, 0, 0, 0, 0, &scopes, 1, &done);
  return !done.err;
}

// report is what a good component does.
static int report(void) {
  static const key_value attributes[] = {{{"user", 4}, {"\"ann\"", 5}}, {{"n", 1}, {"3", 1}}};
  event happened = {STRING("found"), {1, 5}, none};
  span_context of;
  outer_span_context(&of);
  span_data outer = new_span(of, STRING("00000000000000aa"), of.span_id, STRING("lookup"));
  span_data inner = new_span(of, STRING("00000000000000bb"), STRING("00000000000000aa"), STRING("query"));
  inner.attributes = LIST(attributes);
  inner.events = (list){&happened, 1};
  start(&outer);
  start(&inner);
  on_end(&inner);
  on_end(&outer);
  log_record record = {.severity_number = {1, 13}, .body = SOME("\"looked up\""), .scope = {1, lib}, .attributes = {1, LIST(attributes)}, .span_id = SOME("00000000000000bb")};
  on_emit(&record);
  return count(1);
}

// flood is what a bad one does: many large spans, in traces of others and of no length.
static int flood(void) {
  static key_value attributes[2000];
  static char text[32 << 10];
  memset(text, 'x', sizeof text);
  for (size_t i = 0; i < 2000; i++) attributes[i] = (key_value){{text, 1 + i % 200}, {text, sizeof text / 32}};
  span_context of;
  outer_span_context(&of);
  of.flags = 1;
  for (int i = 0; i < 3000; i++) {
    char id[] = "ff00000000000000";
    for (int at = 15, n = i; n > 0; n /= 10) id[at--] = '0' + n % 10;
    span_data s = new_span(of, (string){id, i % 7 ? 16 : 3}, STRING("1234567812345678"), (string){text, sizeof text});
    if (i % 2) s.context.trace_id = STRING("99999999999999999999999999999999");
    s.attributes = (list){attributes, i % 100 ? 20 : 2000};
    s.end = (datetime){i % 3 ? 1 : (uint64_t)-1, (uint32_t)i << 20};
    start(&s);
    if (i % 5) on_end(&s);
  }
  return count(1);
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.12#handle"))) void handle_request(handle request, handle out) {
  optional_string path;
  used = 0;
  request_path(request, &path);
  int ok = path.some && path.s.len > 1 && path.s.ptr[1] == 'f' ? flood() : report();
  handle r = new_response(new_fields());
  result_handle body;
  result_large done;
  set_status(r, ok ? 200 : 500);
  response_body(r, &body);
  set_response(out, 0, r, 0, 0, 0, 0, 0, 0);
  body_finish(body.h, 0, 0, &done);
}
