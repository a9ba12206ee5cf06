// What the three components share: declarations of WASI as the canonical ABI flattens
// them, memory for what the host hands over, and a way to answer.
#pragma once
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))
#define HTTP "wasi:http/types@0.2.12"
#define HANDLER "wasi:http/incoming-handler@0.2.12"
#define STREAMS "wasi:io/streams@0.2.12"

typedef uint32_t handle;

struct text {
  const char *data;
  uint32_t size;
};

#define TEXT(literal) ((struct text){literal, sizeof literal - 1})

// option<string>
struct optional_text {
  uint8_t is_some;
  struct text text;
};

// result<own<…>> without a payload for errors
struct result_handle {
  uint8_t is_err;
  handle ok;
};

// Results of which only success counts. The largest is result<_, error-code>.
struct result {
  uint8_t is_err;
  uint32_t err[9];
} __attribute__((aligned(8)));

// method: the cases before "other" are numbers
struct method {
  uint8_t number;
  struct text other;
};

IMPORT(HTTP, "[method]incoming-request.method") void request_method(handle, struct method *ret);
IMPORT(HTTP, "[method]incoming-request.path-with-query") void request_path(handle, struct optional_text *ret);
IMPORT(HTTP, "[method]incoming-request.headers") handle request_headers(handle);
IMPORT(HTTP, "[resource-drop]incoming-request") void drop_request(handle);
IMPORT(HTTP, "[constructor]fields") handle new_fields(void);
IMPORT(HTTP, "[method]fields.get")
void fields_get(handle, const char *name, uint32_t name_size, void *ret);
IMPORT(HTTP, "[method]fields.append")
void fields_append(handle, const char *name, uint32_t name_size, const char *value, uint32_t value_size, struct result *ret);
IMPORT(HTTP, "[resource-drop]fields") void drop_fields(handle);
IMPORT(HTTP, "[constructor]outgoing-response") handle new_response(handle headers);
IMPORT(HTTP, "[method]outgoing-response.set-status-code") int set_status(handle, int status);
IMPORT(HTTP, "[method]outgoing-response.body") void response_body(handle, struct result_handle *ret);
IMPORT(HTTP, "[static]response-outparam.set")
void set_response(handle outparam, int is_err, uint32_t response, uint32_t, uint64_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT(HTTP, "[method]outgoing-body.write") void body_write(handle, struct result_handle *ret);
IMPORT(HTTP, "[static]outgoing-body.finish") void body_finish(handle, int has_trailers, handle trailers, struct result *ret);
IMPORT(STREAMS, "[method]output-stream.blocking-write-and-flush")
void stream_write(handle, const char *data, uint32_t size, struct result *ret);
IMPORT(STREAMS, "[resource-drop]output-stream") void drop_output_stream(handle);

// The next in the chain. Whoever calls it gives the request away, and its answer.
IMPORT(HANDLER, "handle") void next(handle request, handle outparam);

// What the host hands over lies one after the other from the end of our own memory,
// and is forgotten with each request: forget().
#define PAGE 0x10000
extern uint8_t __heap_base;
static uint32_t top;

static void forget(void) { top = (uint32_t)&__heap_base; }

EXPORT("cabi_realloc") void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size) {
  if (top == 0) forget();
  uint32_t start = (top + align - 1) & -align;
  if (start < top || size > -start) __builtin_trap();
  uint32_t have = __builtin_wasm_memory_size(0) * PAGE;
  if (start + size > have && __builtin_wasm_memory_grow(0, (start + size - have + PAGE - 1) / PAGE) == (uint32_t)-1)
    __builtin_trap();
  for (uint32_t i = 0; i < old_size && i < size; i++) ((uint8_t *)start)[i] = ((uint8_t *)old)[i];
  top = start + size;
  return (void *)start;
}

static inline int same(struct text a, struct text b) {
  if (a.size != b.size) return 0;
  for (uint32_t i = 0; i < a.size; i++)
    if (a.data[i] != b.data[i]) return 0;
  return 1;
}

// Writes all of a text. A client that has left is nobody's business here.
static inline void print(handle stream, struct text text) {
  struct result r;
  for (uint32_t n; text.size > 0; text.data += n, text.size -= n) {
    n = text.size < 4096 ? text.size : 4096; // the most that a blocking write takes
    stream_write(stream, text.data, n, &r);
    if (r.is_err) return;
  }
}

// Answers a request with one header and a text. None of what is asked for here fails
// if it is asked for once.
static inline void answer(handle outparam, int status, struct text name, struct text value, struct text text) {
  struct result r;
  struct result_handle h;
  handle headers = new_fields();
  fields_append(headers, name.data, name.size, value.data, value.size, &r);
  handle response = new_response(headers);
  set_status(response, status);
  response_body(response, &h);
  handle body = h.ok;
  set_response(outparam, 0, response, 0, 0, 0, 0, 0, 0);
  body_write(body, &h);
  print(h.ok, text);
  drop_output_stream(h.ok);
  body_finish(body, 0, 0, &r);
}
