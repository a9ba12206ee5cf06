// Calls the sidecar, one call after the other.
#include <stdint.h>

struct text {
  const char *data;
  uint32_t size;
};

__attribute__((import_module("example:greet/greet@0.1.0"), import_name("greet"))) void greet(const char *name, uint32_t size, struct text *ret);

static char back[256];

// What comes back is looked at and forgotten.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size) {
  (void)old, (void)old_size, (void)align;
  if (size > sizeof back) __builtin_trap();
  return back;
}

__attribute__((export_name("run"))) uint32_t run(uint32_t times) {
  static const char name[] = "everybody who is out there, with a name that is this lon";
  uint32_t bytes = 0;
  for (struct text t; times > 0; times--) {
    greet(name, sizeof name - 1, &t);
    bytes += t.size;
  }
  return bytes;
}
