// Lets as many requests pass in a second as the variable LIMIT says, and answers the
// others itself. Instances forget, so the count is in the bucket "rate".
#include "../../../../../examples/02-http/wasi.h"

#define STORE "wasi:keyvalue/store@0.2.0-draft2"

struct pairs {
  const struct {
    struct text name, value;
  } *data;
  uint32_t size;
};

// result<bucket, error>, result<_, error>
struct opened {
  uint8_t is_err;
  handle bucket;
  uint32_t rest[2];
};

// result<s64, error>
struct counted {
  uint8_t is_err;
  int64_t count;
  uint32_t rest[2];
};

// result<key-response, error>
struct listed {
  uint8_t is_err;
  const struct text *keys;
  uint32_t size;
  uint32_t cursor[3];
};

IMPORT("wasi:clocks/monotonic-clock@0.2.12", "now") uint64_t now(void);
IMPORT("wasi:cli/environment@0.2.12", "get-environment") void get_environment(struct pairs *ret);
IMPORT(STORE, "open") void kv_open(const char *name, uint32_t size, struct opened *ret);
IMPORT(STORE, "[method]bucket.list-keys")
void kv_list_keys(handle bucket, uint32_t some, const char *cursor, uint32_t size, struct listed *ret);
IMPORT(STORE, "[method]bucket.delete") void kv_delete(handle bucket, const char *key, uint32_t size, struct opened *ret);
IMPORT(STORE, "[resource-drop]bucket") void kv_drop(handle bucket);
IMPORT("wasi:keyvalue/atomics@0.2.0-draft2", "increment")
void kv_increment(handle bucket, const char *key, uint32_t size, int64_t delta, struct counted *ret);

static int64_t limit(void) {
  struct pairs environment;
  get_environment(&environment);
  int64_t n = 0;
  for (uint32_t i = 0; i < environment.size; i++)
    if (same(environment.data[i].name, TEXT("LIMIT")))
      for (uint32_t k = 0; k < environment.data[i].value.size; k++) n = n * 10 + environment.data[i].value.data[k] - '0';
  return n;
}

// Counts a request to those of this second; the seconds before it are forgotten.
static int64_t count(void) {
  static char digits[20];
  struct opened opened, deleted;
  struct counted counted;
  struct listed listed;
  uint32_t i = sizeof digits;
  for (uint64_t second = now() / 1000000000; i == sizeof digits || second; second /= 10) digits[--i] = '0' + second % 10;
  struct text key = {digits + i, sizeof digits - i};
  kv_open("rate", 4, &opened);
  if (opened.is_err) __builtin_trap(); // it is not granted
  kv_increment(opened.bucket, key.data, key.size, 1, &counted);
  if (counted.is_err) __builtin_trap(); // somebody else writes into the bucket
  if (counted.count == 1) {
    kv_list_keys(opened.bucket, 0, 0, 0, &listed);
    for (uint32_t k = 0; !listed.is_err && k < listed.size; k++)
      if (!same(listed.keys[k], key)) kv_delete(opened.bucket, listed.keys[k].data, listed.keys[k].size, &deleted);
  }
  kv_drop(opened.bucket);
  return counted.count;
}

EXPORT(HANDLER "#handle") void handle_request(handle request, handle outparam) {
  forget();
  if (count() <= limit()) {
    next(request, outparam);
    return;
  }
  answer(outparam, 429, TEXT("retry-after"), TEXT("1"), TEXT("Too many requests.\n"));
  drop_request(request);
}
