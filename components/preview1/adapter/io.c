// Reading and writing: fd_read, fd_write and their like.
#include "fds.h"

typedef struct { ptr p; u32 n; } iovec;

static iovec iovec_at(ptr iovs, u32 i) {
  u64 v = main_load64(iovs + 8 * i);
  return (iovec){(ptr)v, (u32)(v >> 32)};
}

// read_stream reads what is there, and waits only if it may.
static errno_t read_stream(struct fd *f, iovec v, u32 *n) {
  handle s = input_of(f);
  scratch x = borrow(v.p, &v.n);
  arena_target(v.p, v.n);
  bool wait = !(f->flags & FDFLAGS_NONBLOCK);
  wait ? input_blocking_read(s, v.n, x.at) : input_read(s, v.n, x.at);
  result16 r = give_back(x);
  if (!r.b[0]) {
    *n = r.w[2];
    return *n == 0 && !wait ? EAGAIN : OK;
  }
  *n = 0; // closed: the end
  return r.b[4] == STREAM_CLOSED ? OK : error_of_stream(f, r.b[4], r.w[2]);
}

static errno_t read_file(struct fd *f, iovec v, u64 at, u32 *n, bool *end) {
  scratch x = borrow(v.p, &v.n);
  arena_target(v.p, v.n);
  descriptor_read(f->descriptor, v.n, at, x.at);
  result16 r = give_back(x);
  if (r.b[0]) return error_of(r.b[4]);
  *n = r.w[2];
  *end = r.b[12];
  return OK;
}

// readv reads from a file until the buffers are full or there is no more.
static errno_t readv(struct fd *f, ptr iovs, u32 count, u64 at, u32 *total) {
  *total = 0;
  bool end = false;
  for (u32 i = 0; i < count && !end; i++) {
    for (iovec v = iovec_at(iovs, i); v.n > 0 && !end;) {
      u32 n = 0;
      errno_t e = read_file(f, v, at + *total, &n, &end);
      if (e != OK) return *total > 0 ? OK : e;
      end = end || n == 0;
      *total += n;
      v = (iovec){v.p + n, v.n - n};
    }
  }
  return OK;
}

// position finds out where an append has left a file.
static errno_t position(struct fd *f, u64 *at) {
  if (f->position == AT_END) {
    result_stat r;
    stat_descriptor(f->descriptor, &r);
    if (r.err) return error_of(r.code);
    f->position = r.value.size;
  }
  *at = f->position;
  return OK;
}

EXPORT(fd_read)(fd_t n, ptr iovs, u32 count, ptr out) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  if (e != OK) return e;
  u32 total = 0;
  if (f->kind == OUTPUT) return EBADF;
  if (f->dropped & RIGHT_FD_READ) return ENOTCAPABLE;
  if (f->kind == INPUT) {
    for (u32 i = 0; i < count; i++) {
      iovec v = iovec_at(iovs, i);
      if (v.n == 0) continue;
      if ((e = read_stream(f, v, &total)) != OK) return e;
      break;
    }
  } else {
    u64 at;
    if (f->type == FILETYPE_DIRECTORY) return EISDIR;
    if ((e = position(f, &at)) != OK || (e = readv(f, iovs, count, at, &total)) != OK) return e;
    f->position = at + total;
  }
  main_store32(out, total);
  return OK;
}

EXPORT(fd_pread)(fd_t n, ptr iovs, u32 count, u64 at, ptr out) {
  struct fd *f;
  u32 total;
  errno_t e = lookup_descriptor(n, &f, ESPIPE);
  if (e == OK && f->dropped & RIGHT_FD_READ) e = ENOTCAPABLE;
  if (e == OK && f->type == FILETYPE_DIRECTORY) e = EISDIR;
  if (e == OK) e = readv(f, iovs, count, at, &total);
  if (e != OK) return e;
  main_store32(out, total);
  return OK;
}

static errno_t flush(struct fd *f, handle s, bool wait) {
  result_stream r;
  wait ? output_blocking_flush(s, &r) : output_flush(s, &r);
  return r.err ? error_of_stream(f, r.kind, r.error) : OK;
}

// The most that blocking-write-and-flush takes.
enum { WHOLE = 4096 };

// write_part writes some of v to a stream. With last, nothing comes after v.
static errno_t write_part(struct fd *f, handle s, iovec v, bool last, bool wait, u32 *n, bool *flushed) {
  scratch x;
  result16 r;
  *flushed = last && wait && v.n <= WHOLE;
  if (*flushed) {
    u32 all = v.n;
    x = borrow(v.p, &all);
    output_blocking_write_and_flush(s, v.p, all, x.at);
    r = give_back(x);
    *n = all;
    *flushed = all == v.n;
    return r.b[0] ? error_of_stream(f, r.b[4], r.w[2]) : OK;
  }
  result_permit p;
  output_check_write(s, &p);
  if (p.err) return error_of_stream(f, p.kind, p.error);
  if (p.value == 0) {
    *n = 0;
    return wait ? flush(f, s, true) : EAGAIN;
  }
  *n = v.n < p.value ? v.n : (u32)p.value;
  x = borrow(v.p, n);
  output_write(s, v.p, *n, x.at);
  r = give_back(x);
  return r.b[0] ? error_of_stream(f, r.b[4], r.w[2]) : OK;
}

static errno_t write_stream(struct fd *f, handle s, ptr iovs, u32 count, u32 *total) {
  bool wait = !(f->flags & FDFLAGS_NONBLOCK) || f->kind == DESCRIPTOR, flushed = true;
  errno_t e = OK;
  *total = 0;
  while (count > 0 && iovec_at(iovs, count - 1).n == 0) count--;
  for (u32 i = 0; i < count && e == OK; i++) {
    for (iovec v = iovec_at(iovs, i); v.n > 0 && e == OK;) {
      u32 n = 0;
      if ((e = write_part(f, s, v, i == count - 1, wait, &n, &flushed)) != OK) break;
      *total += n;
      v = (iovec){v.p + n, v.n - n};
    }
  }
  if (!flushed && *total > 0) {
    errno_t g = flush(f, s, wait);
    if (e == OK || e == EAGAIN) e = g;
  }
  return e == EAGAIN && *total > 0 ? OK : e;
}

static errno_t append(struct fd *f, ptr iovs, u32 count, u32 *total) {
  if (!f->has_stream) {
    result_handle r;
    append_via_stream(f->descriptor, &r);
    if (r.err) return error_of(r.code);
    f->stream = r.value;
    f->has_stream = true;
  }
  errno_t e = write_stream(f, f->stream, iovs, count, total);
  if (e != OK) { // the stream is of no use any more
    output_drop(f->stream);
    f->has_stream = false;
  }
  f->position = AT_END;
  return e;
}

static errno_t writev(struct fd *f, ptr iovs, u32 count, u64 at, u32 *total) {
  *total = 0;
  for (u32 i = 0; i < count; i++) {
    for (iovec v = iovec_at(iovs, i); v.n > 0;) {
      u32 part = v.n;
      scratch x = borrow(v.p, &part);
      descriptor_write(f->descriptor, v.p, part, at + *total, x.at);
      result16 r = give_back(x);
      if (r.b[0]) return *total > 0 ? OK : error_of(r.b[8]);
      u32 n = (u32)r.d[1];
      *total += n;
      if (n == 0) return OK;
      v = (iovec){v.p + n, v.n - n};
    }
  }
  return OK;
}

EXPORT(fd_write)(fd_t n, ptr iovs, u32 count, ptr out) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  if (e != OK) return e;
  u32 total = 0;
  if (f->kind == INPUT) return EBADF;
  if (f->dropped & RIGHT_FD_WRITE) return ENOTCAPABLE;
  if (f->kind == OUTPUT) {
    e = write_stream(f, output_of(f), iovs, count, &total);
  } else if (f->flags & FDFLAGS_APPEND) {
    e = append(f, iovs, count, &total);
  } else {
    u64 at;
    if ((e = position(f, &at)) != OK) return e;
    if ((e = writev(f, iovs, count, at, &total)) == OK) f->position = at + total;
  }
  if (e != OK) return e;
  main_store32(out, total);
  return OK;
}

EXPORT(fd_pwrite)(fd_t n, ptr iovs, u32 count, u64 at, ptr out) {
  struct fd *f;
  u32 total;
  errno_t e = lookup_descriptor(n, &f, ESPIPE);
  if (e == OK && f->dropped & RIGHT_FD_WRITE) e = ENOTCAPABLE;
  if (e == OK) e = writev(f, iovs, count, at, &total);
  if (e != OK) return e;
  main_store32(out, total);
  return OK;
}

static errno_t seek(fd_t n, int64_t offset, u32 whence, ptr out) {
  struct fd *f;
  u64 base = 0;
  errno_t e = lookup_file(n, &f, ESPIPE);
  if (e != OK) return e;
  switch (whence) {
  case WHENCE_SET:
    break;
  case WHENCE_CUR:
    if ((e = position(f, &base)) != OK) return e;
    break;
  case WHENCE_END:;
    result_stat r;
    stat_descriptor(f->descriptor, &r);
    if (r.err) return error_of(r.code);
    base = r.value.size;
    break;
  default:
    return EINVAL;
  }
  int64_t to;
  if (__builtin_add_overflow((int64_t)base, offset, &to) || to < 0) return EINVAL;
  f->position = (u64)to;
  main_store64(out, (u64)to);
  return OK;
}

EXPORT(fd_seek)(fd_t n, int64_t offset, u32 whence, ptr out) { return seek(n, offset, whence, out); }
EXPORT(fd_tell)(fd_t n, ptr out) { return seek(n, 0, WHENCE_CUR, out); }
