// The sidecar: reads the votes from the bucket in which the application has counted them.
// It is C without any library; imports and exports are declared by hand as the canonical
// ABI flattens them.
#include <stdint.h>

#define STORE "wasi:keyvalue/store@0.2.0-draft2"
#define BATCH "wasi:keyvalue/batch@0.2.0-draft2"
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define MAX_LINES 256

typedef uint32_t handle;

struct text {
  const char *data;
  uint32_t size;
};

struct kv_error {
  uint8_t number;
  struct text other;
};

// result<bucket, error>
struct opened {
  uint8_t is_err;
  union {
    handle bucket;
    struct kv_error error;
  };
};

// result<key-response, error>
struct listed {
  uint8_t is_err;
  union {
    struct {
      const struct text *keys;
      uint32_t count;
      struct {
        uint8_t some;
        struct text text;
      } cursor;
    };
    struct kv_error error;
  };
};

// tuple<string, option<list<u8>>>
struct pair {
  struct text key;
  uint8_t some;
  struct text value;
};

// result<list<pair>, error>
struct got {
  uint8_t is_err;
  union {
    struct {
      const struct pair *pairs;
      uint32_t count;
    };
    struct kv_error error;
  };
};

struct line {
  struct text candidate, votes;
};

// result<list<line>, string>
struct lines {
  uint8_t is_err;
  union {
    struct {
      const struct line *data;
      uint32_t size;
    };
    struct text reason;
  };
};

IMPORT(STORE, "open") void kv_open(const char *name, uint32_t size, struct opened *ret);
IMPORT(STORE, "[method]bucket.list-keys")
void kv_list_keys(handle bucket, uint32_t some, const char *cursor, uint32_t size, struct listed *ret);
IMPORT(STORE, "[resource-drop]bucket") void kv_drop(handle bucket);
IMPORT(BATCH, "get-many") void kv_get_many(handle bucket, const struct text *keys, uint32_t count, struct got *ret);

// What arrives during a call is forgotten after it, in cabi_post.
static uint8_t memory[128 << 10] __attribute__((aligned(16)));
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

static struct lines ret;
static struct line table[MAX_LINES];

static struct lines *fail(const char *reason, uint32_t size) {
  ret.is_err = 1;
  ret.reason = (struct text){reason, size};
  return &ret;
}

__attribute__((export_name("example:votes/tally#lines")))
struct lines *tally_lines(void) {
  struct opened opened;
  struct listed listed;
  struct got got;
  kv_open("votes", 5, &opened);
  if (opened.is_err) return fail("the votes cannot be opened", 26);
  kv_list_keys(opened.bucket, 0, 0, 0, &listed);
  if (listed.is_err) return fail("the votes cannot be listed", 26);
  kv_get_many(opened.bucket, listed.keys, listed.count, &got);
  if (got.is_err) return fail("the votes cannot be read", 24);
  kv_drop(opened.bucket);
  uint32_t n = 0;
  for (uint32_t i = 0; i < got.count && n < MAX_LINES; i++)
    if (got.pairs[i].some) table[n++] = (struct line){got.pairs[i].key, got.pairs[i].value};
  ret.is_err = 0;
  ret.data = table;
  ret.size = n;
  return &ret;
}

__attribute__((export_name("cabi_post_example:votes/tally#lines")))
void tally_lines_done(struct lines *done) {
  (void)done;
  used = 0;
}
