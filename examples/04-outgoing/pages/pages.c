// A sidecar that fetches pages by HTTP, each once: it keeps what it has fetched as long as
// it lives. It is C without any library; imports and exports are declared by hand as the
// canonical ABI flattens them.
#include <stdint.h>

#define TYPES "wasi:http/types@0.2.12"
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define MAX_PAGES 64
#define MAX_BODY (1 << 20)
#define PAGE 0x10000

typedef uint32_t handle;

struct bytes {
  const char *data;
  uint32_t size;
};

// result<page, string>
struct result {
  uint8_t is_err;
  union {
    struct {
      uint16_t status;
      uint8_t cached;
      struct bytes body;
    };
    struct bytes reason;
  };
};

// error-code, of which only the case is looked at here.
struct error_code {
  uint8_t number;
  uint64_t payload[3];
};

// result<a handle, error-code>
struct handle_or_code {
  uint8_t is_err;
  union {
    handle h;
    struct error_code code;
  };
};

// option<result<result<incoming-response, error-code>>>
struct arrived {
  uint8_t some;
  struct {
    uint8_t is_err;
    struct handle_or_code response;
  } outer;
};

// result<a handle>
struct handle_or_nothing {
  uint8_t is_err;
  handle h;
};

// result<list<u8>, stream-error>
struct chunk {
  uint8_t is_err;
  union {
    struct bytes bytes;
    struct {
      uint8_t is_closed;
      handle error;
    };
  };
};

IMPORT(TYPES, "[constructor]fields") handle new_fields(void);
IMPORT(TYPES, "[constructor]outgoing-request") handle new_request(handle headers);
IMPORT(TYPES, "[method]outgoing-request.set-scheme")
uint32_t set_scheme(handle self, uint32_t some, uint32_t number, const char *other, uint32_t size);
IMPORT(TYPES, "[method]outgoing-request.set-authority")
uint32_t set_authority(handle self, uint32_t some, const char *data, uint32_t size);
IMPORT(TYPES, "[method]outgoing-request.set-path-with-query")
uint32_t set_path(handle self, uint32_t some, const char *data, uint32_t size);
IMPORT(TYPES, "[resource-drop]outgoing-request") void drop_request(handle self);
IMPORT(TYPES, "[method]future-incoming-response.subscribe") handle subscribe(handle self);
IMPORT(TYPES, "[method]future-incoming-response.get") void get_response(handle self, struct arrived *ret);
IMPORT(TYPES, "[resource-drop]future-incoming-response") void drop_future(handle self);
IMPORT(TYPES, "[method]incoming-response.status") uint32_t response_status(handle self);
IMPORT(TYPES, "[method]incoming-response.consume") void consume(handle self, struct handle_or_nothing *ret);
IMPORT(TYPES, "[resource-drop]incoming-response") void drop_response(handle self);
IMPORT(TYPES, "[method]incoming-body.stream") void body_stream(handle self, struct handle_or_nothing *ret);
IMPORT(TYPES, "[resource-drop]incoming-body") void drop_body(handle self);
IMPORT("wasi:http/outgoing-handler@0.2.12", "handle")
void send(handle request, uint32_t has_options, handle options, struct handle_or_code *ret);
IMPORT("wasi:io/poll@0.2.12", "[method]pollable.block") void block(handle self);
IMPORT("wasi:io/poll@0.2.12", "[resource-drop]pollable") void drop_pollable(handle self);
IMPORT("wasi:io/streams@0.2.12", "[method]input-stream.blocking-read")
void blocking_read(handle self, uint64_t size, struct chunk *ret);
IMPORT("wasi:io/streams@0.2.12", "[resource-drop]input-stream") void drop_stream(handle self);
IMPORT("wasi:io/error@0.2.12", "[resource-drop]error") void drop_error(handle self);

// What arrives during a call is forgotten after it, in cabi_post.
static uint8_t scratch[2 * PAGE] __attribute__((aligned(16)));
static uint32_t used;

__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size) {
  (void)old, (void)old_size;
  used = (used + align - 1) & -align;
  if (size > sizeof scratch || used > sizeof scratch - size) __builtin_trap();
  void *p = scratch + used;
  used += size;
  return p;
}

// What is kept grows behind everything else, and is never given back.
extern uint8_t __heap_base;
static uint8_t *top;

static void keep(const char *data, uint32_t size) {
  uint32_t have = __builtin_wasm_memory_size(0) * PAGE;
  if ((uint32_t)top + size > have) {
    uint32_t pages = ((uint32_t)top + size - have + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, pages) == (uint32_t)-1) __builtin_trap();
  }
  for (uint32_t i = 0; i < size; i++) top[i] = data[i];
  top += size;
}

struct page {
  struct bytes url, body;
  uint16_t status;
};

static struct page kept[MAX_PAGES];
static uint32_t count;

static int same(struct bytes a, struct bytes b) {
  if (a.size != b.size) return 0;
  for (uint32_t i = 0; i < a.size; i++)
    if (a.data[i] != b.data[i]) return 0;
  return 1;
}

static struct bytes text(const char *s) {
  struct bytes b = {s, 0};
  while (s[b.size]) b.size++;
  return b;
}

// The cases of error-code.
static const char *const codes[] = {
    "DNS-timeout", "DNS-error", "destination-not-found", "destination-unavailable",
    "destination-IP-prohibited", "destination-IP-unroutable", "connection-refused", "connection-terminated",
    "connection-timeout", "connection-read-timeout", "connection-write-timeout", "connection-limit-reached",
    "TLS-protocol-error", "TLS-certificate-error", "TLS-alert-received", "HTTP-request-denied",
    "HTTP-request-length-required", "HTTP-request-body-size", "HTTP-request-method-invalid", "HTTP-request-URI-invalid",
    "HTTP-request-URI-too-long", "HTTP-request-header-section-size", "HTTP-request-header-size",
    "HTTP-request-trailer-section-size", "HTTP-request-trailer-size", "HTTP-response-incomplete",
    "HTTP-response-header-section-size", "HTTP-response-header-size", "HTTP-response-body-size",
    "HTTP-response-trailer-section-size", "HTTP-response-trailer-size", "HTTP-response-transfer-coding",
    "HTTP-response-content-coding", "HTTP-response-timeout", "HTTP-upgrade-failed", "HTTP-protocol-error",
    "loop-detected", "configuration-error", "internal-error"};

// split takes a URL apart, and reports whether it is one.
static int split(struct bytes url, uint32_t *scheme, struct bytes *authority, struct bytes *path) {
  static const char *const schemes[] = {"http://", "https://"};
  for (*scheme = 0; *scheme < 2; ++*scheme) {
    struct bytes prefix = text(schemes[*scheme]);
    if (url.size <= prefix.size || !same((struct bytes){url.data, prefix.size}, prefix)) continue;
    uint32_t at = prefix.size, end = at;
    while (end < url.size && url.data[end] != '/' && url.data[end] != '?') end++;
    *authority = (struct bytes){url.data + at, end - at};
    *path = (struct bytes){url.data + end, url.size - end};
    return 1;
  }
  return 0;
}

// request sends a request and waits for the response. It returns an error, or nothing.
static const char *request(struct bytes url, handle *response) {
  uint32_t scheme;
  struct bytes authority, path;
  if (!split(url, &scheme, &authority, &path)) return "this is no URL of http or https";
  handle r = new_request(new_fields());
  if (set_scheme(r, 1, scheme, 0, 0) || set_authority(r, 1, authority.data, authority.size) ||
      set_path(r, path.size > 0, path.data, path.size)) {
    drop_request(r);
    return "this is no URL of http or https";
  }
  struct handle_or_code sent;
  send(r, 0, 0, &sent);
  if (sent.is_err) return codes[sent.code.number];
  handle ready = subscribe(sent.h);
  block(ready);
  drop_pollable(ready);
  struct arrived arrived;
  get_response(sent.h, &arrived);
  drop_future(sent.h);
  if (arrived.outer.response.is_err) return codes[arrived.outer.response.code.number];
  *response = arrived.outer.response.h;
  return 0;
}

// read keeps a response's body. It returns an error, or nothing.
static const char *read(handle response, struct bytes *out) {
  struct handle_or_nothing body, stream;
  consume(response, &body);
  if (body.is_err) return "there is no body";
  body_stream(body.h, &stream);
  const char *error = 0;
  out->data = (const char *)top;
  for (uint32_t before = used; error == 0; used = before) {
    struct chunk chunk;
    blocking_read(stream.h, PAGE, &chunk);
    if (chunk.is_err && chunk.is_closed) break;
    if (chunk.is_err) {
      drop_error(chunk.error);
      error = "the connection broke";
    } else if ((uint32_t)top - (uint32_t)out->data + chunk.bytes.size > MAX_BODY) {
      error = "the page is too large";
    } else {
      keep(chunk.bytes.data, chunk.bytes.size);
    }
  }
  drop_stream(stream.h);
  drop_body(body.h);
  out->size = (const char *)top - out->data;
  return error;
}

// fetch makes a new page. It returns an error, or nothing.
static const char *fetch(struct bytes url, struct page *page) {
  if (count == MAX_PAGES) return "the cache is full";
  if (top == 0) top = &__heap_base;
  uint8_t *start = top;
  handle response;
  const char *error = request(url, &response);
  if (error) return error;
  page->status = response_status(response);
  error = read(response, &page->body);
  drop_response(response);
  if (error) {
    top = start;
    return error;
  }
  page->url = (struct bytes){(const char *)top, url.size};
  keep(url.data, url.size);
  return 0;
}

__attribute__((export_name("example:outgoing/pages#get")))
struct result *pages_get(const char *data, uint32_t size) {
  static struct result ret;
  struct bytes url = {data, size};
  uint32_t i = 0;
  while (i < count && !same(kept[i].url, url)) i++;
  int cached = i < count;
  const char *error = cached ? 0 : fetch(url, &kept[i]);
  ret.is_err = error != 0;
  if (error) {
    ret.reason = text(error);
    return &ret;
  }
  if (!cached) count++;
  ret.cached = cached;
  ret.status = kept[i].status;
  ret.body = kept[i].body;
  return &ret;
}

__attribute__((export_name("cabi_post_example:outgoing/pages#get")))
void pages_get_done(struct result *ret) {
  (void)ret;
  used = 0;
}
