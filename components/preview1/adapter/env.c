// Arguments and variables.
#include "wasi.h"

// Lists of str, and of variable, once they were asked for.
static list args, environ;
static bool has_args, has_environ;

static list *arguments(void) {
  if (!has_args) {
    get_arguments(&args); // never given back: they are asked for twice
    has_args = true;
  }
  return &args;
}

typedef struct { str name, value; } variable;

static const char pwd[] = {'P', 'W', 'D'};

static bool has_pwd(void) {
  const variable *all = environ.p;
  for (u32 i = 0; i < environ.n; i++) {
    str s = all[i].name;
    if (s.n == sizeof pwd && s.p[0] == 'P' && s.p[1] == 'W' && s.p[2] == 'D') return true;
  }
  return false;
}

// The directory to start in has no other place in preview1. Go's programs look for it there.
static void add_pwd(void) {
  option_str cwd;
  if (has_pwd()) return;
  initial_cwd(&cwd);
  if (!cwd.some) return;
  variable *all = allocate(4, (environ.n + 1) * sizeof *all);
  __builtin_memcpy(all, environ.p, environ.n * sizeof *all);
  all[environ.n++] = (variable){{pwd, sizeof pwd}, cwd.value};
  environ.p = all;
}

static list *variables(void) {
  if (!has_environ) {
    get_environment(&environ);
    add_pwd();
    has_environ = true;
  }
  return &environ;
}

static ptr put(ptr to, str s, char end) {
  copy_out(to, s.p, s.n);
  main_store8(to + s.n, end);
  return to + s.n + 1;
}

EXPORT(args_sizes_get)(ptr count, ptr size) {
  list *l = arguments();
  u32 bytes = 0;
  for (u32 i = 0; i < l->n; i++) bytes += ((str *)l->p)[i].n + 1;
  main_store32(count, l->n);
  main_store32(size, bytes);
  return OK;
}

EXPORT(args_get)(ptr pointers, ptr bytes) {
  list *l = arguments();
  for (u32 i = 0; i < l->n; i++) {
    main_store32(pointers + 4 * i, bytes);
    bytes = put(bytes, ((str *)l->p)[i], 0);
  }
  return OK;
}

EXPORT(environ_sizes_get)(ptr count, ptr size) {
  list *l = variables();
  u32 bytes = 0;
  const variable *all = l->p;
  for (u32 i = 0; i < l->n; i++) bytes += all[i].name.n + 1 + all[i].value.n + 1;
  main_store32(count, l->n);
  main_store32(size, bytes);
  return OK;
}

EXPORT(environ_get)(ptr pointers, ptr bytes) {
  list *l = variables();
  const variable *all = l->p;
  for (u32 i = 0; i < l->n; i++) {
    main_store32(pointers + 4 * i, bytes);
    bytes = put(bytes, all[i].name, '=');
    bytes = put(bytes, all[i].value, 0);
  }
  return OK;
}
