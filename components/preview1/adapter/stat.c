// What is known about open files, and can be changed: fd_fdstat_*, fd_filestat_* and others.
#include "stat.h"

// is_terminal asks once whether a standard stream is one.
static bool is_terminal(struct fd *f) {
  if (f->asked_terminal) return f->terminal;
  option_handle t;
  switch (f->standard) {
  case 0: get_terminal_stdin(&t); break;
  case 1: get_terminal_stdout(&t); break;
  default: get_terminal_stderr(&t);
  }
  if (t.some) f->kind == INPUT ? terminal_input_drop(t.value) : terminal_output_drop(t.value);
  f->asked_terminal = true;
  return f->terminal = t.some;
}

static errno_t type_of_any(struct fd *f, u8 *type) {
  if (f->kind == DESCRIPTOR) return type_of(f, type);
  *type = is_terminal(f) ? FILETYPE_CHARACTER_DEVICE : FILETYPE_UNKNOWN;
  return OK;
}

EXPORT(fd_fdstat_get)(fd_t n, ptr out) {
  struct fd *f;
  u8 type;
  errno_t e = lookup(n, &f);
  if (e != OK || (e = type_of_any(f, &type)) != OK) return e;
  main_store64(out, (u64)f->flags << 16 | type);
  main_store64(out + 8, f->rights);
  main_store64(out + 16, f->inheriting);
  return OK;
}

EXPORT(fd_fdstat_set_flags)(fd_t n, u32 flags) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  if (e != OK) return e;
  const u32 changeable = FDFLAGS_APPEND | FDFLAGS_NONBLOCK;
  if (flags & ~(u32)FDFLAGS_ALL) return EINVAL;
  if ((flags ^ f->flags) & ~changeable) return ENOTSUP; // they are decided when a file is opened
  f->flags = (u8)flags;
  return OK;
}

EXPORT(fd_fdstat_set_rights)(fd_t n, u64 rights, u64 inheriting) {
  struct fd *f;
  u8 type; // what there can be a right to depends on it
  errno_t e = lookup(n, &f);
  if (e == OK && f->kind == DESCRIPTOR) e = type_of(f, &type);
  if (e != OK) return e;
  if (rights & ~f->rights || inheriting & ~f->inheriting) return ENOTCAPABLE;
  f->dropped |= f->rights & ~rights;
  f->rights = rights;
  f->inheriting = inheriting;
  return OK;
}

static u64 nanoseconds(const option_datetime *t) {
  return t->some ? t->value.seconds * 1000000000u + t->value.nanoseconds : 0;
}

void put_filestat(ptr out, const descriptor_stat *s, u64 ino) {
  main_store64(out, 1); // there is one device
  main_store64(out + 8, ino);
  main_store64(out + 16, filetype(s->type));
  main_store64(out + 24, s->link_count);
  main_store64(out + 32, s->size);
  main_store64(out + 40, nanoseconds(&s->atim));
  main_store64(out + 48, nanoseconds(&s->mtim));
  main_store64(out + 56, nanoseconds(&s->ctim));
}

EXPORT(fd_filestat_get)(fd_t n, ptr out) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  if (e != OK) return e;
  if (f->kind != DESCRIPTOR) {
    for (u32 i = 0; i < 64; i += 8) main_store64(out + i, 0);
    main_store64(out + 16, is_terminal(f) ? FILETYPE_CHARACTER_DEVICE : FILETYPE_UNKNOWN);
    return OK;
  }
  result_stat r;
  stat_descriptor(f->descriptor, &r);
  if (r.err) return error_of(r.code);
  result_hash h;
  metadata_hash(f->descriptor, &h);
  if (h.err) return error_of(h.code);
  put_filestat(out, &r.value, h.lower);
  return OK;
}

EXPORT(fd_filestat_set_size)(fd_t n, u64 size) {
  struct fd *f;
  errno_t e = lookup_file(n, &f, EINVAL);
  if (e != OK) return e;
  if (f->dropped & RIGHT_FD_FILESTAT_SET_SIZE) return ENOTCAPABLE;
  result8 r;
  descriptor_set_size(f->descriptor, size, &r);
  return r.err ? error_of(r.value) : OK;
}

errno_t timestamps(u64 atim, u64 mtim, u32 flags, timestamp *a, timestamp *m) {
  if (flags > 15 || (flags & 3) == 3 || (flags & 12) == 12) return EINVAL;
  *a = *m = (timestamp){.kind = TIMESTAMP_NO_CHANGE};
  if (flags & FSTFLAGS_ATIM_NOW) a->kind = TIMESTAMP_NOW;
  if (flags & FSTFLAGS_MTIM_NOW) m->kind = TIMESTAMP_NOW;
  if (flags & FSTFLAGS_ATIM) *a = (timestamp){TIMESTAMP_AT, atim / 1000000000, atim % 1000000000};
  if (flags & FSTFLAGS_MTIM) *m = (timestamp){TIMESTAMP_AT, mtim / 1000000000, mtim % 1000000000};
  return OK;
}

EXPORT(fd_filestat_set_times)(fd_t n, u64 atim, u64 mtim, u32 flags) {
  struct fd *f;
  timestamp a, m;
  errno_t e = lookup_descriptor(n, &f, EBADF);
  if (e == OK) e = timestamps(atim, mtim, flags, &a, &m);
  if (e != OK) return e;
  result8 r;
  descriptor_set_times(f->descriptor, a.kind, a.seconds, a.nanoseconds, m.kind, m.seconds, m.nanoseconds, &r);
  return r.err ? error_of(r.value) : OK;
}

// What a file is given is its size, not the space: WASI 0.2 cannot reserve any.
EXPORT(fd_allocate)(fd_t n, u64 offset, u64 size) {
  struct fd *f;
  errno_t e = lookup_file(n, &f, EBADF);
  if (e != OK) return e;
  if (f->dropped & RIGHT_FD_ALLOCATE) return ENOTCAPABLE;
  u64 end;
  if (size == 0) return EINVAL;
  if (__builtin_add_overflow(offset, size, &end) || end > INT64_MAX) return EFBIG;
  result_stat s;
  stat_descriptor(f->descriptor, &s);
  if (s.err) return error_of(s.code);
  if (s.value.size >= end) return OK;
  result8 r;
  descriptor_set_size(f->descriptor, end, &r);
  return r.err ? error_of(r.value) : OK;
}

EXPORT(fd_advise)(fd_t n, u64 offset, u64 size, u32 advice) {
  struct fd *f;
  errno_t e = lookup_file(n, &f, ESPIPE);
  if (e != OK) return e;
  if (advice > 5) return EINVAL;
  result8 r;
  descriptor_advise(f->descriptor, offset, size, advice, &r); // both number advice alike
  return r.err ? error_of(r.value) : OK;
}

// What goes to a standard stream has been flushed by its write.
EXPORT(fd_sync)(fd_t n) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  if (e != OK || f->kind != DESCRIPTOR) return e;
  result8 r;
  descriptor_sync(f->descriptor, &r);
  return r.err ? error_of(r.value) : OK;
}

EXPORT(fd_datasync)(fd_t n) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  if (e != OK || f->kind != DESCRIPTOR) return e;
  result8 r;
  descriptor_sync_data(f->descriptor, &r);
  return r.err ? error_of(r.value) : OK;
}
