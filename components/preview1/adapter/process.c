// Clocks, random bytes and the end of the program.
#include "wasi.h"

static u64 nanoseconds(datetime t) { return t.seconds * 1000000000u + t.nanoseconds; }

// The CPU time of a guest is not known to WASI 0.2. As in wasi-libc, which has no such
// clocks any more, the time that passes stands for it.
EXPORT(clock_time_get)(u32 id, u64 precision, ptr out) {
  (void)precision;
  datetime t;
  switch (id) {
  case CLOCK_REALTIME:
    wall_now(&t);
    main_store64(out, nanoseconds(t));
    return OK;
  case CLOCK_MONOTONIC:
  case CLOCK_PROCESS_CPUTIME:
  case CLOCK_THREAD_CPUTIME:
    main_store64(out, monotonic_now());
    return OK;
  }
  return EINVAL;
}

EXPORT(clock_res_get)(u32 id, ptr out) {
  datetime t;
  switch (id) {
  case CLOCK_REALTIME:
    wall_resolution(&t);
    main_store64(out, nanoseconds(t));
    return OK;
  case CLOCK_MONOTONIC:
  case CLOCK_PROCESS_CPUTIME:
  case CLOCK_THREAD_CPUTIME:
    main_store64(out, monotonic_resolution());
    return OK;
  }
  return EINVAL;
}

EXPORT(random_get)(ptr p, u32 n) {
  while (n > 0) {
    u32 part = n < 1 << 16 ? n : 1 << 16;
    scratch x = borrow(p, &part);
    arena_target(p, part);
    get_random_bytes(part, x.at);
    give_back(x);
    p += part;
    n -= part;
  }
  return OK;
}

__attribute__((export_name("proc_exit"))) _Noreturn void proc_exit(u32 code) {
  exit_with_code(code & 0xff); // as of any process
}

// A signal does what it does to a process that handles none.
EXPORT(proc_raise)(u32 signal) {
  enum { CHLD = 16, CONT = 17, URG = 22, WINCH = 27, LAST = 30 };
  if (signal > LAST) return EINVAL;
  if (signal == 0 || signal == CHLD || signal == CONT || signal == URG || signal == WINCH) return OK;
  exit_with_code(128 + signal);
}

// The host gives others their turn whenever it is called.
EXPORT(sched_yield)(void) { return OK; }
