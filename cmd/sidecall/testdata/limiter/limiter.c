// The sidecar: three permits at a time, and a count of all. Its state outlives the
// requests if it is singleton.
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name("example:limit/limiter@0.1.0#" name)))
#define MOST 3

__attribute__((import_module("[export]example:limit/limiter@0.1.0"), import_name("[resource-new]permit"))) uint32_t new_permit(uint32_t number);

static uint32_t used, given;
static uint8_t text[1024];

// The names of those who ask are forgotten at once.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size) {
  (void)old, (void)old_size, (void)align;
  if (size > sizeof text) __builtin_trap();
  return text;
}

EXPORT("enter") void *enter(const char *who, uint32_t size) {
  static struct {
    uint8_t is_some;
    uint32_t permit;
  } result;
  (void)who;
  result.is_some = size > 0 && used < MOST;
  if (result.is_some) {
    used++;
    result.permit = new_permit(++given);
  }
  return &result;
}

EXPORT("[method]permit.number") uint32_t number(uint32_t permit) { return permit; }
EXPORT("[dtor]permit") void drop(uint32_t permit) { (void)permit, used--; }
EXPORT("used") uint32_t in_use(void) { return used; }
EXPORT("fail") void fail(void) { __builtin_trap(); }
EXPORT("spin") void spin(void) {
  for (volatile uint32_t n = 0;; n++);
}
