// The application: greets everybody named on the command line, and leaves a line in
// the journal for each greeting. It knows the journal only as an interface.
//
// It is ordinary C over wasi-libc. The functions of example:hello/journal are declared
// by hand as the canonical ABI flattens them, to keep the example free of generated code.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARNING };

static const char *const level_names[] = {"debug", "info", "warning"};

struct text {
  char *data;
  uint32_t size;
};

struct entry {
  uint8_t level;
  struct text text;
};

struct entries {
  struct entry *data;
  uint32_t size;
};

// result<u32, string>
struct written {
  uint8_t is_err;
  union {
    uint32_t number;
    struct text reason;
  };
};

__attribute__((import_module("example:hello/journal"), import_name("write")))
void journal_write(uint32_t level, const char *text, uint32_t size, struct written *ret);

__attribute__((import_module("example:hello/journal"), import_name("entries")))
void journal_entries(struct entries *ret);

// The host puts strings and lists that are meant for this component into memory that it
// asks for here.
__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  if (size == 0) return (void *)align;
  void *memory = realloc(old, size);
  if (memory == NULL) abort();
  return memory;
}

static int note(enum level level, const char *text) {
  struct written ret;
  journal_write(level, text, strlen(text), &ret);
  if (ret.is_err) {
    printf("The journal refused an entry: %.*s.\n", (int)ret.reason.size, ret.reason.data);
    free(ret.reason.data);
    return -1;
  }
  return ret.number;
}

static void greet(const char *name) {
  char line[256];
  printf("Hello, %s!\n", name);
  snprintf(line, sizeof line, "greeted %s", name);
  note(LEVEL_INFO, line);
}

static void show_journal(void) {
  struct entries all;
  journal_entries(&all);
  printf("The journal says:\n");
  for (uint32_t i = 0; i < all.size; i++) {
    struct entry *e = &all.data[i];
    printf("  %u. %.*s (%s)\n", (unsigned)i + 1, (int)e->text.size, e->text.data,
           level_names[e->level]);
    free(e->text.data);
  }
  free(all.data);
}

// A reactor has no main: the linker of C programs would wrap every export of a command in
// constructors and destructors, cabi_realloc too, and those may not call out. So the
// arguments are asked for here.
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

  // Line by line, so that what the app and the journal print is in the order of events.
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);

  if (count < 2) greet("world");
  for (size_t i = 1; i < count; i++) {
    if (argv[i][0] == '\0') {
      note(LEVEL_WARNING, "");
      continue;
    }
    greet(argv[i]);
  }
  show_journal();
  return fflush(stdout) != 0;
}
