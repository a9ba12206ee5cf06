// A server for the tests of plugins/http: it does what the path of a request says. It
// calls WASI by the canonical ABI, as bindings would.
#include <stddef.h>
#include <stdint.h>

#define TYPES "wasi:http/types@0.2.12"
#define STREAMS "wasi:io/streams@0.2.12"
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

typedef uint32_t handle;

// What functions return in memory, as far as it is looked at.
typedef struct { uint8_t some; char *ptr; size_t len; } optional_string;
typedef struct { uint8_t err; handle h; } result_handle;
typedef struct { uint8_t err; uint32_t pad; uint8_t *ptr; size_t len; } result_any;
typedef struct { uint8_t err; uint8_t *ptr; size_t len; } result_list;
typedef struct { uint64_t words[8]; } result_large;

IMPORT(TYPES, "[method]incoming-request.path-with-query") void request_path(handle self, optional_string *ret);
IMPORT(TYPES, "[method]incoming-request.consume") void request_consume(handle self, result_handle *ret);
IMPORT(TYPES, "[resource-drop]incoming-request") void drop_request(handle self);
IMPORT(TYPES, "[method]incoming-body.stream") void incoming_stream(handle self, result_handle *ret);
IMPORT(TYPES, "[resource-drop]incoming-body") void drop_incoming_body(handle self);
IMPORT(TYPES, "[constructor]fields") handle new_fields(void);
IMPORT(TYPES, "[method]fields.append")
void append(handle self, const char *name, size_t name_len, const char *value, size_t value_len, result_large *ret);
IMPORT(TYPES, "[constructor]outgoing-response") handle new_response(handle headers);
IMPORT(TYPES, "[method]outgoing-response.set-status-code") int set_status(handle self, int status);
IMPORT(TYPES, "[method]outgoing-response.body") void response_body(handle self, result_handle *ret);
IMPORT(TYPES, "[static]response-outparam.set")
void set_response(handle out, int err, uint32_t response_or_code, uint32_t a, uint64_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f);
IMPORT(TYPES, "[method]response-outparam.send-informational")
void send_informational(handle self, int status, handle headers, result_large *ret);
IMPORT(TYPES, "[resource-drop]response-outparam") void drop_outparam(handle self);
IMPORT(TYPES, "[method]outgoing-body.write") void body_write(handle self, result_handle *ret);
IMPORT(TYPES, "[static]outgoing-body.finish") void body_finish(handle self, int some, handle trailers, result_large *ret);
IMPORT(TYPES, "[resource-drop]outgoing-body") void drop_body(handle self);
IMPORT(STREAMS, "[method]input-stream.blocking-read") void blocking_read(handle self, uint64_t len, result_list *ret);
IMPORT(STREAMS, "[resource-drop]input-stream") void drop_input(handle self);
IMPORT(STREAMS, "[method]output-stream.blocking-write-and-flush")
void blocking_write(handle self, const void *ptr, size_t len, result_any *ret);
IMPORT(STREAMS, "[method]output-stream.blocking-splice")
void blocking_splice(handle self, handle src, uint64_t len, result_large *ret);
IMPORT(STREAMS, "[resource-drop]output-stream") void drop_output(handle self);
IMPORT("wasi:clocks/monotonic-clock@0.2.12", "subscribe-duration") handle subscribe_duration(uint64_t ns);
IMPORT("wasi:io/poll@0.2.12", "[method]pollable.block") void block(handle self);
IMPORT("wasi:io/poll@0.2.12", "[resource-drop]pollable") void drop_pollable(handle self);

// Memory that the host gives results in lasts for one read.
static uint8_t memory[256 << 10] __attribute__((aligned(16)));
static size_t used;
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old, (void)old_size;
  used = (used + align - 1) & ~(align - 1);
  if (used + size > sizeof memory) __builtin_trap();
  void *p = memory + used;
  used += size;
  return p;
}

static size_t length(const char *s) {
  size_t n = 0;
  while (s[n]) n++;
  return n;
}

static int is(const optional_string *path, const char *want) {
  size_t n = length(want);
  if (path->len < n) return 0;
  for (size_t i = 0; i < n; i++)
    if (path->ptr[i] != want[i]) return 0;
  return path->len == n || path->ptr[n] == '?';
}

static void add(handle fields, const char *name, const char *value) {
  result_large r;
  append(fields, name, length(name), value, length(value), &r);
}

// A response that is under way.
static handle body, out;

static void respond(handle outparam, handle headers, int status) {
  result_handle r;
  handle response = new_response(headers);
  set_status(response, status);
  response_body(response, &r);
  body = r.h;
  body_write(body, &r);
  out = r.h;
  set_response(outparam, 0, response, 0, 0, 0, 0, 0, 0);
}

static void print(const char *s) {
  result_any r;
  blocking_write(out, s, length(s), &r);
}

static int finish(int trailers, handle fields) {
  result_large r;
  drop_output(out);
  body_finish(body, trailers, fields, &r);
  return *(uint8_t *)&r;
}

static void wait(uint64_t ns) {
  handle p = subscribe_duration(ns);
  block(p);
  drop_pollable(p);
}

static volatile int zero;

__attribute__((export_name("wasi:http/incoming-handler@0.2.12#handle"))) void handle_request(handle request, handle outparam) {
  optional_string path;
  result_handle r;
  result_large large;
  used = 0;
  request_path(request, &path);

  if (is(&path, "/hello")) {
    respond(outparam, new_fields(), 200);
    print("hello");
    finish(0, 0);
  } else if (is(&path, "/headers")) {
    handle h = new_fields();
    add(h, "content-type", "text/x-test");
    add(h, "content-length", "2");
    add(h, "x-two", "1");
    add(h, "X-Two", "2");
    respond(outparam, h, 418);
    print("ok");
    finish(0, 0);
  } else if (is(&path, "/echo")) {
    request_consume(request, &r);
    handle in_body = r.h;
    incoming_stream(in_body, &r);
    handle in = r.h;
    respond(outparam, new_fields(), 200);
    do blocking_splice(out, in, 1 << 16, &large);
    while (*(uint8_t *)&large == 0);
    drop_input(in);
    drop_incoming_body(in_body);
    finish(0, 0);
  } else if (is(&path, "/upload")) { // reads, then answers
    request_consume(request, &r);
    handle in_body = r.h;
    incoming_stream(in_body, &r);
    handle in = r.h;
    result_list got;
    uint32_t sum = 0;
    for (;;) {
      used = 0;
      blocking_read(in, 1 << 16, &got);
      if (got.err) break;
      for (size_t i = 0; i < got.len; i++) sum += got.ptr[i];
    }
    respond(outparam, new_fields(), sum % 1000 == 0 ? 200 : 201);
    finish(0, 0);
    drop_input(in);
    drop_incoming_body(in_body);
  } else if (is(&path, "/trickle")) {
    respond(outparam, new_fields(), 200);
    for (int i = 0; i < 3; i++) {
      print("tick\n");
      wait(30 * 1000 * 1000);
    }
    finish(0, 0);
  } else if (is(&path, "/flood")) {
    static char block[4096];
    result_any w;
    respond(outparam, new_fields(), 200);
    do blocking_write(out, block, sizeof block, &w);
    while (!w.err);
    finish(0, 0);
  } else if (is(&path, "/trailers")) {
    handle t = new_fields();
    add(t, "x-sum", "42");
    respond(outparam, new_fields(), 200);
    print("body");
    finish(1, t);
  } else if (is(&path, "/hints")) {
    handle h = new_fields();
    add(h, "link", "</style.css>");
    send_informational(outparam, 103, h, &large);
    respond(outparam, new_fields(), 200);
    finish(0, 0);
  } else if (is(&path, "/length")) { // less than announced
    handle h = new_fields();
    add(h, "content-length", "10");
    respond(outparam, h, 200);
    print("less");
    finish(0, 0);
  } else if (is(&path, "/unfinished")) {
    respond(outparam, new_fields(), 200);
    print("half");
    drop_output(out);
    drop_body(body);
  } else if (is(&path, "/forgotten")) { // neither dropped nor finished
    respond(outparam, new_fields(), 200);
    print("half");
  } else if (is(&path, "/none")) {
    drop_outparam(outparam);
  } else if (is(&path, "/error")) {
    set_response(outparam, 1, 15, 0, 0, 0, 0, 0, 0); // HTTP-request-denied
  } else if (is(&path, "/trap")) {
    __builtin_trap();
  } else if (is(&path, "/trap-late")) {
    respond(outparam, new_fields(), 200);
    print("half");
    __builtin_trap();
  } else if (is(&path, "/loop")) {
    while (!zero) {}
  } else if (is(&path, "/sleep")) {
    wait(60ull * 1000 * 1000 * 1000);
  } else if (is(&path, "/after")) { // goes on when the response is complete
    respond(outparam, new_fields(), 200);
    print("done");
    finish(0, 0);
    wait(100 * 1000 * 1000);
    return; // with the request open
  } else {
    respond(outparam, new_fields(), 404);
    finish(0, 0);
  }
  drop_request(request);
}
