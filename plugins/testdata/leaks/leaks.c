// A guest for the tests of plugins: it opens one of everything and leaves all of it
// open. It calls WASI by the canonical ABI, as bindings would.
#include <stddef.h>
#include <stdint.h>

#define HTTP "wasi:http/types@0.2.12"
#define FILES "wasi:filesystem/types@0.2.12"
#define TCP "wasi:sockets/tcp@0.2.12"
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

typedef uint32_t handle;

// What functions return in memory, as far as it is looked at.
typedef struct { uint8_t err; handle h; } result_handle;
typedef struct { uint64_t words[8]; } result_large;
typedef struct { struct { handle dir; char *name; size_t len; } *ptr; size_t len; } directories;
typedef struct { uint8_t some; uint64_t outer_err, inner_err; handle response; } answer;

IMPORT("wasi:clocks/monotonic-clock@0.2.12", "subscribe-duration") handle subscribe_duration(uint64_t ns);
IMPORT("wasi:io/poll@0.2.12", "[method]pollable.block") void block(handle self);
IMPORT("wasi:io/poll@0.2.12", "[method]pollable.ready") int ready(handle self);
IMPORT("wasi:io/streams@0.2.12", "[method]input-stream.subscribe") handle input_subscribe(handle self);
IMPORT("wasi:io/streams@0.2.12", "[method]input-stream.read") void input_read(handle self, uint64_t len, result_large *ret);
IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.subscribe") handle output_subscribe(handle self);
IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.blocking-write-and-flush")
void output_write(handle self, const void *ptr, size_t len, result_large *ret);
IMPORT("wasi:cli/stdin@0.2.12", "get-stdin") handle get_stdin(void);
IMPORT("wasi:cli/stdout@0.2.12", "get-stdout") handle get_stdout(void);
IMPORT("wasi:filesystem/preopens@0.2.12", "get-directories") void get_directories(directories *ret);
IMPORT(FILES, "[method]descriptor.open-at")
void open_at(handle self, int follow, const char *path, size_t len, int how, int flags, result_handle *ret);
IMPORT(FILES, "[method]descriptor.read-via-stream") void read_via_stream(handle self, uint64_t at, result_handle *ret);
IMPORT(FILES, "[method]descriptor.append-via-stream") void append_via_stream(handle self, result_handle *ret);
IMPORT(FILES, "[method]descriptor.read-directory") void read_directory(handle self, result_handle *ret);
IMPORT(FILES, "[method]directory-entry-stream.read-directory-entry") void next_entry(handle self, result_large *ret);
IMPORT("wasi:sockets/instance-network@0.2.12", "instance-network") handle instance_network(void);
IMPORT("wasi:sockets/ip-name-lookup@0.2.12", "resolve-addresses")
void resolve(handle network, const char *name, size_t len, result_handle *ret);
IMPORT("wasi:sockets/ip-name-lookup@0.2.12", "[method]resolve-address-stream.subscribe") handle resolve_subscribe(handle self);
IMPORT("wasi:sockets/tcp-create-socket@0.2.12", "create-tcp-socket") void create_tcp(int family, result_handle *ret);
IMPORT("wasi:sockets/udp-create-socket@0.2.12", "create-udp-socket") void create_udp(int family, result_handle *ret);
#define ADDRESS int family, int port, int a, int b, int c, int d, int e, int f, int g, int h, int i, int j
#define LOOPBACK(port) 0, port, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0
IMPORT(TCP, "[method]tcp-socket.start-connect") void start_connect(handle self, handle network, ADDRESS, result_large *ret);
IMPORT(TCP, "[method]tcp-socket.finish-connect") void finish_connect(handle self, result_large *ret);
IMPORT(TCP, "[method]tcp-socket.start-bind") void start_bind(handle self, handle network, ADDRESS, result_large *ret);
IMPORT(TCP, "[method]tcp-socket.finish-bind") void finish_bind(handle self, result_large *ret);
IMPORT(TCP, "[method]tcp-socket.start-listen") void start_listen(handle self, result_large *ret);
IMPORT(TCP, "[method]tcp-socket.finish-listen") void finish_listen(handle self, result_large *ret);
IMPORT(TCP, "[method]tcp-socket.subscribe") handle tcp_subscribe(handle self);
IMPORT("wasi:sockets/udp@0.2.12", "[method]udp-socket.subscribe") handle udp_subscribe(handle self);
IMPORT(HTTP, "[constructor]fields") handle new_fields(void);
IMPORT(HTTP, "[constructor]outgoing-request") handle new_request(handle headers);
IMPORT(HTTP, "[method]outgoing-request.set-scheme") int set_scheme(handle self, int some, int scheme, const char *other, size_t len);
IMPORT(HTTP, "[method]outgoing-request.set-authority") int set_authority(handle self, int some, const char *text, size_t len);
IMPORT(HTTP, "[method]outgoing-request.set-path-with-query") int set_path(handle self, int some, const char *text, size_t len);
IMPORT(HTTP, "[method]outgoing-request.set-method") int set_method(handle self, int method, const char *other, size_t len);
IMPORT(HTTP, "[method]outgoing-request.body") void request_body(handle self, result_handle *ret);
IMPORT(HTTP, "[method]outgoing-body.write") void body_write(handle self, result_handle *ret);
IMPORT("wasi:http/outgoing-handler@0.2.12", "handle") void send(handle request, int some, handle options, result_large *ret);
IMPORT(HTTP, "[method]future-incoming-response.subscribe") handle response_subscribe(handle self);
IMPORT(HTTP, "[method]future-incoming-response.get") void response_get(handle self, answer *ret);
IMPORT(HTTP, "[method]incoming-response.consume") void response_consume(handle self, result_handle *ret);
IMPORT(HTTP, "[method]incoming-body.stream") void body_stream(handle self, result_handle *ret);
IMPORT(HTTP, "[static]incoming-body.finish") handle body_finish(handle self);
IMPORT(HTTP, "[method]future-trailers.subscribe") handle trailers_subscribe(handle self);
IMPORT("wasi:keyvalue/store@0.2.0-draft2", "open") void bucket_open(const char *name, size_t len, result_large *ret);

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

static uint32_t failed;
static result_handle r;
static result_large large;

// made returns what a call made, and counts it if that is nothing.
static handle made(void) {
  failed += r.err;
  return r.h;
}

static void done(void) { failed += (uint8_t)large.words[0]; }

static void files(void) {
  directories d;
  get_directories(&d);
  if (d.len == 0) {
    failed++;
    return;
  }
  handle dir = d.ptr[0].dir;
  read_directory(dir, &r);
  next_entry(made(), &large);
  done();
  open_at(dir, 0, "file", 4, 1, 3, &r); // create; read, write
  handle file = made();
  read_via_stream(file, 0, &r);
  ready(input_subscribe(made()));
  append_via_stream(file, &r);
  handle out = made();
  output_write(out, "some", 4, &large);
  done();
  ready(output_subscribe(out));
}

static void sockets(int port) {
  handle network = instance_network();
  resolve(network, "localhost", 9, &r);
  ready(resolve_subscribe(made()));
  create_tcp(0, &r);
  handle connecting = made();
  start_connect(connecting, network, LOOPBACK(port), &large);
  done();
  ready(tcp_subscribe(connecting));
  create_tcp(0, &r);
  handle connected = made(); // and its streams
  start_connect(connected, network, LOOPBACK(port), &large);
  done();
  block(tcp_subscribe(connected));
  finish_connect(connected, &large);
  done();
  uint32_t *streams = (uint32_t *)&large;
  ready(input_subscribe(streams[1]));
  input_read(streams[1], 10, &large);
  create_tcp(0, &r);
  handle listening = made();
  start_bind(listening, network, LOOPBACK(0), &large);
  done();
  finish_bind(listening, &large);
  done();
  start_listen(listening, &large);
  done();
  finish_listen(listening, &large);
  done();
  ready(tcp_subscribe(listening));
  create_udp(0, &r);
  ready(udp_subscribe(made()));
}

// request sends a request with half a body and returns the future.
static handle request(const char *authority, size_t len, const char *path, size_t path_len) {
  handle q = new_request(new_fields());
  failed += set_method(q, 2, 0, 0); // POST
  failed += set_scheme(q, 1, 0, 0, 0);
  failed += set_authority(q, 1, authority, len);
  failed += set_path(q, 1, path, path_len);
  request_body(q, &r);
  body_write(made(), &r);
  handle out = made();
  send(q, 0, 0, &large);
  done();
  handle future = ((uint32_t *)&large)[2];
  output_write(out, "half", 4, &large);
  return future;
}

static handle body(const char *authority, size_t len, const char *path, size_t path_len) {
  handle future = request(authority, len, path, path_len);
  block(response_subscribe(future));
  answer a;
  response_get(future, &a);
  failed += !a.some || (uint8_t)a.outer_err || (uint8_t)a.inner_err;
  response_consume(a.response, &r);
  return made();
}

__attribute__((export_name("leave-open"))) uint32_t leave_open(const char *authority, size_t len, int port, int trap) {
  ready(subscribe_duration(1000ull * 1000 * 1000 * 3600));
  ready(input_subscribe(get_stdin()));
  ready(output_subscribe(get_stdout()));
  bucket_open("cache", 5, &large);
  done();
  files();
  sockets(port);
  ready(response_subscribe(request(authority, len, "/silent", 7)));
  body_stream(body(authority, len, "/begin", 6), &r);
  ready(input_subscribe(made()));
  ready(trailers_subscribe(body_finish(body(authority, len, "/begin", 6))));
  if (trap) __builtin_trap();
  return failed;
}
