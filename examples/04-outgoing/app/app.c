// The application: shows the page of each URL that is named on the command line. It
// knows neither HTTP nor that there is a cache: pages are an interface to it.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

// result<page, string>
struct result {
  uint8_t is_err;
  union {
    struct {
      uint16_t status;
      uint8_t cached;
      uint8_t *body;
      uint32_t size;
    };
    struct {
      char *data;
      uint32_t size;
    } reason;
  };
};

__attribute__((import_module("example:outgoing/pages"), import_name("get")))
void pages_get(const char *url, uint32_t size, struct result *ret);

__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  if (size == 0) return (void *)align;
  void *memory = realloc(old, size);
  if (memory == NULL) abort();
  return memory;
}

static bool show(const char *url) {
  struct result r;
  pages_get(url, strlen(url), &r);
  if (r.is_err) {
    printf("%s: %.*s\n", url, (int)r.reason.size, r.reason.data);
    return false;
  }
  printf("%s: %u%s: %.*s\n", url, r.status, r.cached ? ", from the cache" : "", (int)r.size, (char *)r.body);
  if (r.size > 0) free(r.body);
  return true;
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
  bool all = true;
  for (size_t i = 1; i < count; i++) all = show(argv[i]) && all;
  return fflush(stdout) != 0 || !all;
}
