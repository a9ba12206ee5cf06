// A sidecar that exports what it imports: it logs each request that passes, and hands it
// to the handler behind it, with all that belongs to it. It is C without any library;
// imports and exports are declared by hand as the canonical ABI flattens them.
#include <stdint.h>

#define TYPES "wasi:http/types@0.2.12"
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

typedef uint32_t handle;

struct text {
  const char *data;
  uint32_t size;
};

struct optional_text {
  uint8_t some;
  struct text text;
};

// variant method and variant scheme: the last case has a text.
struct choice {
  uint8_t number;
  struct text other;
};

struct optional_choice {
  uint8_t some;
  struct choice choice;
};

// result<future-incoming-response, error-code>, as large and as aligned as that is.
struct handled {
  uint8_t is_err;
  uint64_t rest[5];
};

enum level { LEVEL_INFO = 2, LEVEL_WARN };

IMPORT(TYPES, "[method]outgoing-request.method") void request_method(handle self, struct choice *ret);
IMPORT(TYPES, "[method]outgoing-request.scheme") void request_scheme(handle self, struct optional_choice *ret);
IMPORT(TYPES, "[method]outgoing-request.authority") void request_authority(handle self, struct optional_text *ret);
IMPORT(TYPES, "[method]outgoing-request.path-with-query") void request_path(handle self, struct optional_text *ret);
IMPORT("wasi:http/outgoing-handler@0.2.12", "handle")
void next(handle request, uint32_t has_options, handle options, struct handled *ret);
IMPORT("wasi:logging/logging@0.1.0-draft", "log")
void log_line(uint32_t level, const char *context, uint32_t context_size, const char *message, uint32_t size);

// What arrives during one call is forgotten with it.
static uint8_t memory[64 << 10] __attribute__((aligned(16)));
static uint32_t used;

__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size) {
  (void)old, (void)old_size;
  used = (used + align - 1) & -align;
  if (size > sizeof memory || used > sizeof memory - size) __builtin_trap();
  void *p = memory + used;
  used += size;
  return p;
}

static char line[4096];
static uint32_t length;

static void add(const char *data, uint32_t size) {
  for (uint32_t i = 0; i < size && length < sizeof line; i++) line[length++] = data[i];
}

static void add_text(const char *text) {
  while (*text && length < sizeof line) line[length++] = *text++;
}

static void describe(handle request) {
  static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  struct choice method;
  struct optional_choice scheme;
  struct optional_text part;
  request_method(request, &method);
  if (method.number < sizeof methods / sizeof *methods) add_text(methods[method.number]);
  else add(method.other.data, method.other.size);
  request_scheme(request, &scheme);
  add_text(scheme.some && scheme.choice.number == 0 ? " http://" : " https://");
  request_authority(request, &part);
  if (part.some) add(part.text.data, part.text.size);
  request_path(request, &part);
  if (part.some) add(part.text.data, part.text.size);
  else add_text("/");
}

__attribute__((export_name("wasi:http/outgoing-handler@0.2.12#handle")))
struct handled *handle_request(handle request, uint32_t has_options, handle options) {
  static struct handled ret;
  used = length = 0;
  describe(request);
  next(request, has_options, options, &ret);
  if (ret.is_err) add_text(": refused");
  log_line(ret.is_err ? LEVEL_WARN : LEVEL_INFO, "http", 4, line, length);
  return &ret;
}
