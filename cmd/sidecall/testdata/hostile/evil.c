// A guest that does harm: a path for each way. Those that come to an end answer with how
// much they got, and the number of the error that ended it.
#include "../../../../examples/02-http/wasi.h"

#define CLOCK "wasi:clocks/monotonic-clock@0.2.12"
#define FILES "wasi:filesystem/types@0.2.12"
#define SOCKETS "wasi:sockets/"

// result<own<…>, enum>
struct result_code {
  uint8_t is_err;
  union {
    handle ok;
    uint8_t code;
  };
};
struct list {
  const handle *data;
  uint32_t size;
};
// result<own<…>, error-code of wasi:http>
struct result_future {
  uint64_t is_err, ok[6];
};

IMPORT("wasi:cli/stdout@0.2.12", "get-stdout") handle get_stdout(void);
IMPORT(CLOCK, "subscribe-duration") handle after(uint64_t ns);
IMPORT("wasi:io/poll@0.2.12", "[method]pollable.block") void block(handle);
IMPORT("wasi:filesystem/preopens@0.2.12", "get-directories") void directories(struct list *ret);
IMPORT(FILES, "[method]descriptor.open-at")
void open_at(handle, int path_flags, const char *path, uint32_t size, int open_flags, int flags, struct result_code *ret);
IMPORT(FILES, "[method]descriptor.read-directory") void read_directory(handle, struct result_code *ret);
IMPORT(FILES, "[method]descriptor.read-via-stream") void read_stream(handle, uint64_t offset, struct result_code *ret);
IMPORT(SOCKETS "instance-network@0.2.12", "instance-network") handle network(void);
IMPORT(SOCKETS "ip-name-lookup@0.2.12", "resolve-addresses")
void resolve(handle, const char *name, uint32_t size, struct result_code *ret);
IMPORT(SOCKETS "tcp-create-socket@0.2.12", "create-tcp-socket") void tcp_socket(int family, struct result_code *ret);
IMPORT(SOCKETS "udp-create-socket@0.2.12", "create-udp-socket") void udp_socket(int family, struct result_code *ret);
IMPORT(HTTP, "[constructor]outgoing-request") handle new_request(handle headers);
IMPORT(HTTP, "[method]outgoing-request.set-authority") int set_authority(handle, int is_some, const char *, uint32_t);
IMPORT(HTTP, "[method]outgoing-request.set-scheme") int set_scheme(handle, int is_some, int scheme, const char *, uint32_t);
IMPORT("wasi:http/outgoing-handler@0.2.12", "handle") void send(handle, int, handle options, struct result_future *ret);
IMPORT("test:hostile/bombs", "tables") uint32_t tables(void);
IMPORT("test:hostile/bombs", "recurse") uint32_t recurse(void);

static const struct text plain[] = {TEXT("content-type"), TEXT("text/plain")};
static handle outparam;

static void answer_text(struct text t) { answer(outparam, 200, plain[0], plain[1], t); }

static char line[32], *digits;
static void number(uint32_t n) {
  do *--digits = '0' + n % 10;
  while (n /= 10);
}

static void answer_count(uint32_t n, uint32_t code) {
  digits = line + sizeof line;
  number(code);
  *--digits = ' ';
  number(n);
  answer_text((struct text){digits, line + sizeof line - digits});
}

#define SECOND 1000000000ull
static void hold(uint64_t seconds) { block(after(seconds * SECOND)); }
static void loop(void) {
  for (uint64_t x = 0;; x++) __asm__ volatile("" ::"r"(x));
}

static handle root(void) {
  struct list d;
  directories(&d);
  if (d.size == 0) __builtin_trap();
  return d.data[0]; // the name is not looked at
}

// Calls one until it fails, holds what there is for a while, and says how many there are.
#define UNTIL_ERROR(call)                             \
  {                                                   \
    struct result_code r;                             \
    uint32_t got = 0;                                 \
    for (; got < 1000000; got++) {                    \
      call;                                           \
      if (r.is_err) break;                            \
    }                                                 \
    hold(1);                                          \
    answer_count(got, r.is_err ? r.code : 999);       \
  }

static char big[64 << 10];

static void memory(void) {
  uint32_t mebibytes = 0;
  for (uint32_t at; (at = __builtin_wasm_memory_grow(0, 16)) != (uint32_t)-1; mebibytes++)
    for (uint32_t i = 0; i < 1 << 20; i += 4096) ((volatile char *)(at * PAGE))[i] = 1;
  hold(1);
  answer_count(mebibytes, 0);
}

static void flood(char with) {
  handle out = get_stdout();
  for (uint32_t i = 0; i < 4096; i++) big[i] = with;
  for (;;) print(out, (struct text){big, 4096});
}

static void endless_body(void) {
  struct result_handle h;
  handle response = new_response(new_fields());
  response_body(response, &h);
  handle body = h.ok;
  set_response(outparam, 0, response, 0, 0, 0, 0, 0, 0);
  body_write(body, &h);
  for (struct result r;;) {
    stream_write(h.ok, big, 4096, &r);
    if (r.is_err) __builtin_trap();
  }
}

static void fields(void) {
  struct result r;
  for (;;) {
    handle h = new_fields();
    for (int i = 0; i < 1000; i++) {
      fields_append(h, "x", 1, big, sizeof big, &r);
      if (r.is_err) break;
    }
  }
}

static void requests(struct text authority) {
  for (uint32_t n = 0; n < 100000; n++) {
    struct result_future r;
    handle q = new_request(new_fields());
    set_scheme(q, 1, 0, 0, 0);
    set_authority(q, 1, authority.data, authority.size);
    send(q, 0, 0, &r);
    if (r.is_err & 1) {
      hold(1);
      answer_count(n, 1);
      return;
    }
  }
  hold(1);
  answer_count(100000, 0);
}

EXPORT(HANDLER "#handle") void handle_request(handle request, handle out) {
  struct optional_text path;
  forget();
  outparam = out;
  request_path(request, &path);
  struct text p = path.text;
#define IS(literal) else if (same(p, TEXT(literal)))
  if (same(p, TEXT("/good"))) answer_text(TEXT("good\n"));
  IS("/memory") memory();
  IS("/tables") answer_count(tables(), 0);
  IS("/recurse") answer_count(recurse(), 0);
  IS("/files") { handle d = root(); UNTIL_ERROR(open_at(d, 0, "file", 4, 0, 1, &r)) }
  IS("/directories") { handle d = root(); UNTIL_ERROR(read_directory(d, &r)) }
  IS("/streams") {
    handle d = root();
    struct result_code f;
    open_at(d, 0, "file", 4, 0, 1, &f);
    UNTIL_ERROR(read_stream(f.ok, 0, &r))
  }
  IS("/tcp") UNTIL_ERROR(tcp_socket(0, &r))
  IS("/udp") UNTIL_ERROR(udp_socket(0, &r))
  IS("/lookups") { handle n = network(); UNTIL_ERROR(resolve(n, "db.example.com", 14, &r)) }
  IS("/pollables") for (;;) after(3600 * SECOND);
  IS("/requests") requests(TEXT("127.0.0.1:9"));
  IS("/fields") fields();
  IS("/body") endless_body();
  IS("/flood") flood('x');
  IS("/newlines") flood('\n');
  IS("/after") {
    answer_text(TEXT("answered\n"));
    hold(1);
  }
  IS("/flood-after") {
    answer_text(TEXT("answered\n"));
    flood('y');
  }
  IS("/hold") hold(3600);
  IS("/loop") loop();
  IS("/trap") __builtin_trap();
  IS("/nothing") {}
  else answer(outparam, 404, plain[0], plain[1], TEXT("no such harm\n"));
}
