// poll_oneoff.
#include "fds.h"

enum { EVENT_CLOCK, EVENT_READ, EVENT_WRITE };
enum { SUBSCRIPTION = 48, EVENT = 32, ABSTIME = 1, LIMIT = 1 << 16 };

// subscription is a subscription of the program, and what became of it.
struct subscription {
  u64 userdata;
  u8 type;
  bool now;  // decided without asking the host
  u16 error;
  u64 bytes;
};

static errno_t clock(ptr p, handle *out) {
  u32 id = main_load32(p + 16);
  u64 timeout = main_load64(p + 24);
  bool absolute = main_load32(p + 40) & ABSTIME;
  if (id > CLOCK_MONOTONIC) return id > CLOCK_THREAD_CPUTIME ? EINVAL : ENOTSUP;
  if (absolute && id == CLOCK_MONOTONIC) {
    *out = subscribe_instant(timeout);
    return OK;
  }
  if (absolute) {
    datetime t;
    wall_now(&t);
    u64 now = t.seconds * 1000000000u + t.nanoseconds;
    timeout = timeout > now ? timeout - now : 0;
  }
  *out = subscribe_duration(timeout);
  return OK;
}

// file subscribes to a standard stream. Others are ready always.
static errno_t file(struct subscription *s, fd_t n, handle *out) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  if (e != OK) return e;
  if (f->kind == (s->type == EVENT_READ ? OUTPUT : INPUT)) return EBADF;
  if (f->kind != DESCRIPTOR) {
    s->bytes = 1;
    *out = f->kind == INPUT ? input_subscribe(input_of(f)) : output_subscribe(output_of(f));
    return OK;
  }
  s->now = true;
  result_stat r;
  if (s->type == EVENT_READ) {
    stat_descriptor(f->descriptor, &r);
    if (r.err) return error_of(r.code);
    if (f->position < r.value.size) s->bytes = r.value.size - f->position;
  }
  return OK;
}

static void put(ptr out, u32 i, const struct subscription *s) {
  out += i * EVENT;
  main_store64(out, s->userdata);
  main_store64(out + 8, (u64)s->type << 16 | s->error);
  main_store64(out + 16, s->error == OK ? s->bytes : 0);
  main_store64(out + 24, 0);
}

EXPORT(poll_oneoff)(ptr in, ptr out, u32 count, ptr events) {
  if (count == 0) return EINVAL;
  if (count > LIMIT) return ENOMEM;
  u32 mark = begin();
  struct subscription *subs = allocate(8, count * sizeof *subs);
  handle *pollables = allocate(4, count * sizeof *pollables);
  u32 *owner = allocate(4, count * sizeof *owner);
  u32 waiting = 0, happened = 0;
  for (u32 i = 0; i < count; i++) {
    ptr p = in + i * SUBSCRIPTION;
    struct subscription *s = &subs[i];
    *s = (struct subscription){.userdata = main_load64(p), .type = (u8)main_load8(p + 8)};
    errno_t e = EINVAL;
    if (s->type == EVENT_CLOCK) {
      e = clock(p, &pollables[waiting]);
    } else if (s->type <= EVENT_WRITE) {
      e = file(s, main_load32(p + 16), &pollables[waiting]);
    }
    s->error = (u16)e;
    if (e != OK || s->now) {
      put(out, happened++, s);
    } else {
      owner[waiting++] = i;
    }
  }
  if (happened == 0) {
    list ready;
    poll_list(pollables, waiting, &ready);
    for (u32 i = 0; i < ready.n; i++) put(out, happened++, &subs[owner[((u32 *)ready.p)[i]]]);
  } else {
    for (u32 i = 0; i < waiting; i++) {
      if (pollable_ready(pollables[i])) put(out, happened++, &subs[owner[i]]);
    }
  }
  for (u32 i = 0; i < waiting; i++) pollable_drop(pollables[i]);
  main_store32(events, happened);
  arena_reset(mark);
  return OK;
}
