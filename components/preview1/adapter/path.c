// What is done with names of files.
#include "stat.h"

enum { PATH_LIMIT = 1 << 16 };

// valid tells whether text is UTF-8: anything else cannot be handed to the host.
static bool valid(const u8 *s, u32 n) {
  for (u32 i = 0; i < n;) {
    u8 c = s[i++];
    if (c < 0x80) continue;
    u32 more = c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 0;
    if (more == 0 || more > n - i) return false;
    u8 low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80, high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (s[i] < low || s[i] > high) return false;
    for (u32 k = 1; k < more; k++) {
      if ((s[i + k] & 0xc0) != 0x80) return false;
    }
    i += more;
  }
  return true;
}

// text copies a path into the arena.
static errno_t text(ptr p, u32 n, str *out) {
  if (n > PATH_LIMIT) return ENAMETOOLONG;
  u8 *to = allocate(1, n);
  copy_in(to, p, n);
  if (!valid(to, n)) return EILSEQ;
  for (u32 i = 0; i < n; i++) {
    if (to[i] == 0) return EILSEQ; // no file has such a name, and C would end there
  }
  *out = (str){(const char *)to, n};
  return OK;
}

// place finds a directory and copies a path. The path is gone once the arena is reset.
static errno_t place(fd_t n, ptr p, u32 size, handle *dir, str *path) {
  struct fd *f;
  errno_t e = lookup_directory(n, &f);
  if (e != OK) return e;
  *dir = f->descriptor;
  return text(p, size, path);
}

static u32 path_flags(u32 lookup_flags) { return lookup_flags & LOOKUP_SYMLINK_FOLLOW; }

typedef void at(handle, const char *, u32, result8 *);

static inline errno_t do_at(fd_t n, ptr p, u32 size, at *call) {
  handle dir;
  str path;
  u32 mark = begin();
  errno_t e = place(n, p, size, &dir, &path);
  if (e == OK) {
    result8 r;
    call(dir, path.p, path.n, &r);
    e = r.err ? error_of(r.value) : OK;
  }
  arena_reset(mark);
  return e;
}

EXPORT(path_create_directory)(fd_t n, ptr p, u32 size) { return do_at(n, p, size, create_directory_at); }
EXPORT(path_remove_directory)(fd_t n, ptr p, u32 size) { return do_at(n, p, size, remove_directory_at); }
EXPORT(path_unlink_file)(fd_t n, ptr p, u32 size) { return do_at(n, p, size, unlink_file_at); }

EXPORT(path_filestat_get)(fd_t n, u32 flags, ptr p, u32 size, ptr out) {
  handle dir;
  str path;
  u32 mark = begin();
  errno_t e = place(n, p, size, &dir, &path);
  if (e == OK) {
    result_stat r;
    result_hash h = {0};
    stat_at(dir, path_flags(flags), path.p, path.n, &r);
    if (r.err) e = error_of(r.code);
    if (e == OK) metadata_hash_at(dir, path_flags(flags), path.p, path.n, &h);
    if (e == OK && h.err) e = error_of(h.code);
    if (e == OK) put_filestat(out, &r.value, h.lower);
  }
  arena_reset(mark);
  return e;
}

EXPORT(path_filestat_set_times)(fd_t n, u32 flags, ptr p, u32 size, u64 atim, u64 mtim, u32 which) {
  handle dir;
  str path;
  timestamp a, m;
  u32 mark = begin();
  errno_t e = place(n, p, size, &dir, &path);
  if (e == OK) e = timestamps(atim, mtim, which, &a, &m);
  if (e == OK) {
    result8 r;
    set_times_at(dir, path_flags(flags), path.p, path.n, a.kind, a.seconds, a.nanoseconds, m.kind, m.seconds, m.nanoseconds, &r);
    if (r.err) e = error_of(r.value);
  }
  arena_reset(mark);
  return e;
}

EXPORT(path_link)(fd_t from, u32 flags, ptr old, u32 old_size, fd_t to, ptr new, u32 new_size) {
  handle dir, new_dir;
  str path, new_path;
  u32 mark = begin();
  errno_t e = place(from, old, old_size, &dir, &path);
  if (e == OK) e = place(to, new, new_size, &new_dir, &new_path);
  if (e == OK) {
    result8 r;
    link_at(dir, path_flags(flags), path.p, path.n, new_dir, new_path.p, new_path.n, &r);
    if (r.err) e = error_of(r.value);
  }
  arena_reset(mark);
  return e;
}

EXPORT(path_rename)(fd_t from, ptr old, u32 old_size, fd_t to, ptr new, u32 new_size) {
  handle dir, new_dir;
  str path, new_path;
  u32 mark = begin();
  errno_t e = place(from, old, old_size, &dir, &path);
  if (e == OK) e = place(to, new, new_size, &new_dir, &new_path);
  if (e == OK) {
    result8 r;
    rename_at(dir, path.p, path.n, new_dir, new_path.p, new_path.n, &r);
    if (r.err) e = error_of(r.value);
  }
  arena_reset(mark);
  return e;
}

EXPORT(path_symlink)(ptr old, u32 old_size, fd_t n, ptr new, u32 new_size) {
  handle dir;
  str target, path;
  u32 mark = begin();
  errno_t e = place(n, new, new_size, &dir, &path);
  if (e == OK) e = text(old, old_size, &target);
  if (e == OK) {
    result8 r;
    symlink_at(dir, target.p, target.n, path.p, path.n, &r);
    if (r.err) e = error_of(r.value);
  }
  arena_reset(mark);
  return e;
}

EXPORT(path_readlink)(fd_t n, ptr p, u32 size, ptr buf, u32 room, ptr used) {
  handle dir;
  str path;
  u32 mark = begin();
  errno_t e = place(n, p, size, &dir, &path);
  if (e == OK) {
    result_str r;
    readlink_at(dir, path.p, path.n, &r);
    if (r.err) {
      e = error_of(r.code);
    } else {
      u32 some = r.value.n < room ? r.value.n : room; // as readlink of POSIX
      copy_out(buf, r.value.p, some);
      main_store32(used, some);
    }
  }
  arena_reset(mark);
  return e;
}

static u32 descriptor_flags(u64 rights, u32 fdflags) {
  u32 flags = 0;
  if (rights & (RIGHT_FD_READ | RIGHT_FD_READDIR)) flags |= DESCRIPTOR_READ;
  if (rights & RIGHT_FD_WRITE) flags |= DESCRIPTOR_WRITE;
  if (fdflags & FDFLAGS_SYNC) flags |= DESCRIPTOR_FILE_SYNC;
  if (fdflags & FDFLAGS_DSYNC) flags |= DESCRIPTOR_DATA_SYNC;
  if (fdflags & FDFLAGS_RSYNC) flags |= DESCRIPTOR_REQUESTED_SYNC;
  return flags;
}

EXPORT(path_open)(fd_t n, u32 lookup_flags, ptr p, u32 size, u32 oflags, u64 rights, u64 inheriting, u32 fdflags, ptr out) {
  struct fd *parent, *f;
  str path;
  fd_t number;
  if (oflags > OFLAGS_ALL || fdflags > FDFLAGS_ALL) return EINVAL;
  errno_t e = lookup_directory(n, &parent);
  if (e == OK && oflags & OFLAGS_TRUNC && parent->dropped & RIGHT_PATH_FILESTAT_SET_SIZE) e = ENOTCAPABLE;
  if (e == OK) e = add(&number, &f); // what it allocates stays
  if (e != OK) return e;
  u32 mark = arena_mark();
  if ((e = text(p, size, &path)) == OK) {
    result_handle r;
    bool directory = oflags & OFLAGS_DIRECTORY;
    u32 flags = descriptor_flags(rights, fdflags);
    open_at(parent->descriptor, path_flags(lookup_flags), path.p, path.n, oflags, flags, &r); // both number oflags alike
    if (r.err) {
      e = error_of(r.code);
    } else {
      *f = (struct fd){.kind = DESCRIPTOR, .type = directory ? FILETYPE_DIRECTORY : TYPE_UNASKED, .flags = (u8)fdflags, .descriptor = r.value,
                       .rights = rights & parent->inheriting, .inheriting = inheriting & parent->inheriting, .listing = f->listing};
      if (directory) f->rights &= RIGHTS_DIRECTORY;
      main_store32(out, number);
    }
  }
  arena_reset(mark);
  return e;
}
