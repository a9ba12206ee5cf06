// Arguments and variables.
#include "wasi.h"

// A block of texts: of pairs NAME=value if pairs is set, else one by one.
static list args, environ;
static bool has_args, has_environ;

static list *arguments(void) {
  if (!has_args) {
    get_arguments(&args); // never given back: they are asked for twice
    has_args = true;
  }
  return &args;
}

static list *variables(void) {
  if (!has_environ) {
    get_environment(&environ);
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
  for (u32 i = 0; i < 2 * l->n; i++) bytes += ((str *)l->p)[i].n + 1;
  main_store32(count, l->n);
  main_store32(size, bytes);
  return OK;
}

EXPORT(environ_get)(ptr pointers, ptr bytes) {
  list *l = variables();
  for (u32 i = 0; i < l->n; i++) {
    main_store32(pointers + 4 * i, bytes);
    bytes = put(bytes, ((str *)l->p)[2 * i], '=');
    bytes = put(bytes, ((str *)l->p)[2 * i + 1], 0);
  }
  return OK;
}
