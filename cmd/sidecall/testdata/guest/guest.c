// A guest for the tests of sidecall: it does what its arguments say, one after the other.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wasi/api.h>

__attribute__((import_module("wasi:cli/exit@0.2.12"), import_name("exit-with-code")))
_Noreturn void exit_with_code(uint32_t code);

__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  if (size == 0) return (void *)align;
  void *memory = realloc(old, size);
  if (memory == NULL) abort();
  return memory;
}

static void cat(const char *path) {
  char line[256];
  FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
  if (f == NULL) {
    printf("cannot open %s: %s\n", path, strerror(errno));
    return;
  }
  while (fgets(line, sizeof line, f) != NULL) fputs(line, stdout);
  if (f != stdin) fclose(f);
}

static void save(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  if (f == NULL) {
    printf("cannot write %s: %s\n", path, strerror(errno));
    return;
  }
  fprintf(f, "%s\n", text);
  fclose(f);
}

// The asm keeps the call from becoming a loop. Nothing is on the C stack, which would
// overflow first.
static volatile int bottom;
static int __attribute__((noinline)) recurse(int depth) {
  if (bottom) return depth;
  int deeper = recurse(depth + 1);
  __asm__ volatile("" : "+r"(deeper));
  return deeper + depth;
}

// The compiler may leave out a malloc that nobody sees.
static void *volatile seen;
static void grow(void) {
  size_t mebibytes = 0;
  // Memory that nobody writes costs the host nothing.
  for (; (seen = malloc(1 << 20)) != NULL; mebibytes++) memset(seen, 1, 1 << 20);
  printf("got %s than 100 MiB\n", mebibytes < 100 ? "less" : "more");
}

static const char *const *next(const char *const **argv) {
  if (**argv == NULL) {
    printf("an argument is missing\n");
    exit_with_code(99);
  }
  return (*argv)++;
}

static uint32_t obey(const char *const *argv) {
  while (*argv != NULL) {
    const char *verb = *next(&argv);
    if (strcmp(verb, "say") == 0) {
      printf("%s\n", *next(&argv));
    } else if (strcmp(verb, "complain") == 0) {
      fprintf(stderr, "%s\n", *next(&argv));
    } else if (strcmp(verb, "env") == 0) {
      const char *name = *next(&argv), *value = getenv(name);
      printf("%s=%s\n", name, value == NULL ? "(not set)" : value);
    } else if (strcmp(verb, "cat") == 0) {
      cat(*next(&argv));
    } else if (strcmp(verb, "save") == 0) {
      const char *path = *next(&argv);
      save(path, *next(&argv));
    } else if (strcmp(verb, "sleep") == 0) {
      long ms = atol(*next(&argv));
      struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
      nanosleep(&t, NULL);
    } else if (strcmp(verb, "flush") == 0) {
      fflush(stdout);
    } else if (strcmp(verb, "exit") == 0) {
      fflush(stdout);
      exit_with_code(atoi(*next(&argv)));
    } else if (strcmp(verb, "fail") == 0) {
      return 1;
    } else if (strcmp(verb, "trap") == 0) {
      fflush(stdout);
      __builtin_trap();
    } else if (strcmp(verb, "loop") == 0) {
      fflush(stdout);
      for (volatile int i = 0;; i = i + 1) {}
    } else if (strcmp(verb, "recurse") == 0) {
      fflush(stdout);
      printf("%d\n", recurse(0));
    } else if (strcmp(verb, "grow") == 0) {
      grow();
    } else {
      printf("unknown verb %s\n", verb);
      return 1;
    }
  }
  return 0;
}

__attribute__((export_name("wasi:cli/run@0.2.12#run")))
uint32_t run(void) {
  size_t count, size;
  if (__wasi_args_sizes_get(&count, &size) != 0) abort();
  char *buffer = malloc(size + 1);
  char **argv = calloc(count + 1, sizeof *argv);
  if (buffer == NULL || argv == NULL) abort();
  if (__wasi_args_get((uint8_t **)argv, (uint8_t *)buffer) != 0) abort();
  uint32_t failed = count == 0 ? 1 : obey((const char *const *)argv + 1);
  return fflush(stdout) != 0 || failed;
}
