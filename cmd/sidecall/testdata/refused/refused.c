// A command and a server that ask for what they may not have been granted. They call WASI
// by the canonical ABI, as bindings would.
#include <stddef.h>
#include <stdint.h>

#define TYPES "wasi:http/types@0.2.12"
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

typedef uint32_t handle;
typedef struct { uint8_t some; char *ptr; size_t len; } optional_string;
typedef struct { uint8_t err; handle h; } result_handle;
typedef struct { uint64_t words[8]; } result_large;

IMPORT("wasi:cli/exit@0.2.12", "exit") void cli_exit(int err);
IMPORT(TYPES, "[method]incoming-request.path-with-query") void request_path(handle self, optional_string *ret);
IMPORT(TYPES, "[constructor]fields") handle new_fields(void);
IMPORT(TYPES, "[constructor]outgoing-response") handle new_response(handle headers);
IMPORT(TYPES, "[method]outgoing-response.body") void response_body(handle self, result_handle *ret);
IMPORT(TYPES, "[static]outgoing-body.finish") void body_finish(handle self, int some, handle trailers, result_large *ret);
IMPORT(TYPES, "[static]response-outparam.set")
void set_response(handle out, int err, uint32_t response, uint32_t a, uint64_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f);
IMPORT(TYPES, "[constructor]outgoing-request") handle new_request(handle headers);
IMPORT(TYPES, "[method]outgoing-request.set-scheme") int set_scheme(handle self, int some, int scheme, const char *ptr, size_t len);
IMPORT(TYPES, "[method]outgoing-request.set-authority") int set_authority(handle self, int some, const char *ptr, size_t len);
IMPORT("wasi:http/outgoing-handler@0.2.12", "handle") void send(handle request, int some, handle options, result_large *ret);

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

// ask sends a request to host N.example.
static void ask(int n) {
  char name[] = "000.example";
  name[0] += n / 100 % 10, name[1] += n / 10 % 10, name[2] += n % 10;
  handle r = new_request(new_fields());
  result_large sent;
  set_scheme(r, 1, 0, 0, 0);
  set_authority(r, 1, name, sizeof name - 1);
  send(r, 0, 0, &sent);
}

// grow takes memory until there is no more.
static void grow(void) {
  while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1) {}
}

__attribute__((export_name("wasi:cli/run@0.2.12#run"))) int run(void) {
  ask(1);
  ask(1);
  grow();
  return 0;
}

static void respond(handle out) {
  handle r = new_response(new_fields());
  result_handle body;
  result_large done;
  response_body(r, &body);
  set_response(out, 0, r, 0, 0, 0, 0, 0, 0);
  body_finish(body.h, 0, 0, &done);
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.12#handle"))) void handle_request(handle request, handle out) {
  optional_string path;
  used = 0;
  request_path(request, &path);
  switch (path.some && path.len > 1 ? path.ptr[1] : 0) {
  case 'e': // exits after its answer
    respond(out);
    cli_exit(0);
    break;
  case 's': // exits in silence
    cli_exit(0);
    break;
  case 'f': // fails after its answer
    respond(out);
    cli_exit(1);
    break;
  case 'g':
    grow();
    break;
  case 'm': // asks many
    for (int i = 0; i < 500; i++) ask(i);
    break;
  default:
    ask(1);
  }
  respond(out);
}
