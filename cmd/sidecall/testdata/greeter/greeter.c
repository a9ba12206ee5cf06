// The sidecar: "Hello, NAME!".
#include <stdint.h>

#define MOST 240

static char name[MOST];

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size) {
  (void)old, (void)old_size, (void)align;
  if (size > sizeof name) __builtin_trap();
  return name;
}

__attribute__((no_builtin("memcpy"))) static char *put(char *to, const char *text, uint32_t size) {
  for (uint32_t i = 0; i < size; i++) to[i] = text[i];
  return to + size;
}

__attribute__((export_name("example:greet/greet@0.1.0#greet"))) void *greet(const char *who, uint32_t size) {
  static char text[MOST + 8];
  static struct {
    const char *data;
    uint32_t size;
  } result;
  char *end = put(put(put(text, "Hello, ", 7), who, size), "!", 1);
  result.data = text;
  result.size = (uint32_t)(end - text);
  return &result;
}
