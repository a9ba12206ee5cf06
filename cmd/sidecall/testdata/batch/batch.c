// Sets a key and asks for it and another by get-many, which was
// result<list<option<tuple<string, list<u8>>>>, error>. run fails unless it gets that.
#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
typedef uint32_t handle;
typedef struct { const char *ptr; size_t len; } text;
typedef struct { text key, value; } pair;
typedef struct { uint8_t some; pair pair; } entry;
typedef struct { uint8_t err; handle bucket; uint32_t rest[2]; } opened;
typedef struct { uint8_t err; entry *ptr; size_t len; uint32_t rest; } found;
typedef struct { uint8_t err; uint32_t rest[3]; } done;

IMPORT("wasi:keyvalue/store@0.2.0-draft2", "open") void open_bucket(const char *name, size_t len, opened *ret);
IMPORT("wasi:keyvalue/batch@0.2.0-draft2", "get-many") void get_many(handle bucket, const text *keys, size_t n, found *ret);
IMPORT("wasi:keyvalue/batch@0.2.0-draft2", "set-many") void set_many(handle bucket, const pair *pairs, size_t n, done *ret);

static uint8_t memory[4096] __attribute__((aligned(16)));
static size_t used;
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old, (void)old_size;
  used = (used + align - 1) & ~(align - 1);
  if (used + size > sizeof memory) __builtin_trap();
  void *p = memory + used;
  used += size;
  return p;
}

__attribute__((export_name("wasi:cli/run@0.2.12#run"))) int run(void) {
  opened b;
  open_bucket("b", 1, &b);
  if (b.err) return 1;
  pair one = {{"a", 1}, {"1", 1}};
  done set;
  set_many(b.bucket, &one, 1, &set);
  text keys[] = {{"none", 4}, {"a", 1}};
  found f;
  get_many(b.bucket, keys, 2, &f);
  return set.err || f.err || f.len != 2 || f.ptr[0].some || !f.ptr[1].some || f.ptr[1].pair.key.ptr[0] != 'a' ||
         f.ptr[1].pair.value.len != 1 || f.ptr[1].pair.value.ptr[0] != '1';
}
