// The application: counts the votes that are named on its command line, each by one
// atomic step in a bucket that it shares with a sidecar, and asks that what they come to.
// What it prints above them, and how many votes there may be, it is configured with.
//
// It is ordinary C over wasi-libc. The functions of WIT are declared by hand as the
// canonical ABI flattens them, to keep the example free of generated code.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

typedef uint32_t handle;

struct text {
  char *data;
  uint32_t size;
};

// variant error of wasi:keyvalue/store
enum { NO_SUCH_STORE, ACCESS_DENIED, OTHER };
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

// result<s64, error>
struct incremented {
  uint8_t is_err;
  union {
    int64_t number;
    struct kv_error error;
  };
};

// result<option<string>, error of wasi:config/store>
struct configured {
  uint8_t is_err;
  struct {
    uint8_t some;
    struct text text;
  } value;
};

struct line {
  struct text candidate, votes;
};

// result<list<line>, string>
struct lines {
  uint8_t is_err;
  union {
    struct {
      struct line *data;
      uint32_t size;
    };
    struct text reason;
  };
};

IMPORT("wasi:config/store@0.2.0-draft", "get") void config_get(const char *key, uint32_t size, struct configured *ret);
IMPORT("wasi:keyvalue/store@0.2.0-draft2", "open") void kv_open(const char *name, uint32_t size, struct opened *ret);
IMPORT("wasi:keyvalue/store@0.2.0-draft2", "[resource-drop]bucket") void kv_drop(handle bucket);
IMPORT("wasi:keyvalue/atomics@0.2.0-draft2", "increment")
void kv_increment(handle bucket, const char *key, uint32_t size, int64_t delta, struct incremented *ret);
IMPORT("example:votes/tally", "lines") void tally_lines(struct lines *ret);

__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  if (size == 0) return (void *)align;
  void *memory = realloc(old, size);
  if (memory == NULL) abort();
  return memory;
}

// config is a value as text that ends in 0, or what stands for it.
static const char *config(const char *key, const char *otherwise) {
  struct configured c;
  config_get(key, strlen(key), &c);
  if (c.is_err || !c.value.some) return otherwise;
  char *copy = calloc(c.value.text.size + 1, 1);
  if (copy == NULL) abort();
  if (c.value.text.size > 0) memcpy(copy, c.value.text.data, c.value.text.size);
  return copy;
}

static bool open_bucket(const char *name, handle *bucket) {
  struct opened o;
  kv_open(name, strlen(name), &o);
  if (!o.is_err) {
    *bucket = o.bucket;
    return true;
  }
  const char *why = o.error.number == ACCESS_DENIED ? "access denied" : o.error.number == NO_SUCH_STORE ? "no such store" : "other";
  printf("cannot open %s: %s\n", name, why);
  return false;
}

static char **arguments(size_t *count) {
  size_t size;
  if (__wasi_args_sizes_get(count, &size) != 0) abort();
  char *buffer = malloc(size + 1);
  char **argv = calloc(*count + 1, sizeof *argv);
  if (buffer == NULL || argv == NULL) abort();
  if (__wasi_args_get((uint8_t **)argv, (uint8_t *)buffer) != 0) abort();
  return argv;
}

// Returns 0 for ok, 1 for an error: wasi:cli/run's result.
__attribute__((export_name("wasi:cli/run@0.2.12#run")))
uint32_t run(void) {
  size_t count;
  char **argv = arguments(&count);
  handle bucket, other;
  if (!open_bucket("votes", &bucket)) return 1;
  size_t most = strtoul(config("most", "10"), NULL, 10);
  for (size_t i = 1; i < count; i++) {
    if (i > most) {
      printf("%s comes too late: there are %u votes\n", argv[i], (unsigned)most);
      continue;
    }
    struct incremented n;
    kv_increment(bucket, argv[i], strlen(argv[i]), 1, &n);
    if (n.is_err) printf("%s cannot be counted\n", argv[i]);
  }
  printf("%s\n", config("title", "Votes"));
  struct lines l;
  tally_lines(&l);
  if (l.is_err) {
    printf("%.*s\n", (int)l.reason.size, l.reason.data);
    return 1;
  }
  for (uint32_t i = 0; i < l.size; i++)
    printf("  %.*s %.*s\n", (int)l.data[i].candidate.size, l.data[i].candidate.data,
           (int)l.data[i].votes.size, l.data[i].votes.data);
  kv_drop(bucket);
  if (open_bucket("salaries", &other)) kv_drop(other); // which it is not granted
  return fflush(stdout) != 0;
}
