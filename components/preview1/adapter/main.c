#include "main.h"

void copy_in(void *to, ptr from, u32 n) {
  u8 *t = to;
  for (; n >= 8; n -= 8, t += 8, from += 8) {
    u64 v = main_load64(from);
    __builtin_memcpy(t, &v, 8);
  }
  for (; n > 0; n--) *t++ = main_load8(from++);
}

void copy_out(ptr to, const void *from, u32 n) {
  const u8 *f = from;
  for (; n >= 8; n -= 8, f += 8, to += 8) {
    u64 v;
    __builtin_memcpy(&v, f, 8);
    main_store64(to, v);
  }
  for (; n > 0; n--) main_store8(to++, *f++);
}

scratch borrow(ptr p, u32 *n) {
  const u32 most = 1 << 26; // no list may have more than 2²⁸ - 1 bytes
  if (*n > most) *n = most;
  ptr at = 0;
  if (p < 16 && *n > 0) {
    // The buffer begins where the scratch would be: behind it, then.
    u64 size = (u64)main_pages() << 16, end = (u64)p + *n;
    if (end + 32 > size && size >= 64) {
      if (end > size) __builtin_trap();
      *n = (u32)(size - 32 - p);
      end = (u64)p + *n;
    }
    at = (ptr)((end + 7) & ~(u64)7);
  }
  return (scratch){at, main_load64(at), main_load64(at + 8)};
}

result16 give_back(scratch s) {
  result16 r;
  r.d[0] = main_load64(s.at);
  r.d[1] = main_load64(s.at + 8);
  main_store64(s.at, s.low);
  main_store64(s.at + 8, s.high);
  return r;
}
