// The app: a fresh one for each request, which asks the sidecar for a permit and says
// its number. What it asks the sidecar depends on the path.
#include "../../../../examples/02-http/wasi.h"

#define LIMITER "example:limit/limiter@0.1.0"

struct optional_permit {
  uint8_t is_some;
  handle permit;
};

IMPORT(LIMITER, "enter") void enter(const char *who, uint32_t size, struct optional_permit *ret);
IMPORT(LIMITER, "[method]permit.number") uint32_t number(handle);
IMPORT(LIMITER, "[resource-drop]permit") void drop_permit(handle);
IMPORT(LIMITER, "used") uint32_t used(void);
IMPORT(LIMITER, "fail") void fail(void);
IMPORT(LIMITER, "spin") void spin(void);

static struct text decimal(uint32_t n) {
  static char digits[12];
  uint32_t i = sizeof digits;
  digits[--i] = '\n';
  do digits[--i] = '0' + n % 10;
  while (n /= 10);
  return (struct text){digits + i, sizeof digits - i};
}

EXPORT(HANDLER "#handle") void handle_request(handle request, handle outparam) {
  struct optional_text path;
  struct optional_permit p;
  struct text say;
  int status = 200;
  forget();
  request_path(request, &path);
  enter("app", 3, &p);
  if (!p.is_some) {
    status = 429;
    say = TEXT("later\n");
  } else if (same(path.text, TEXT("/used"))) {
    say = decimal(used());
  } else {
    if (same(path.text, TEXT("/fail"))) fail();
    if (same(path.text, TEXT("/spin"))) spin();
    say = decimal(number(p.permit));
    if (!same(path.text, TEXT("/leak"))) drop_permit(p.permit);
  }
  answer(outparam, status, TEXT("content-type"), TEXT("text/plain"), say);
  drop_request(request);
}
