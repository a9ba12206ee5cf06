// Directories: fd_readdir, and what there is from the beginning.
#include "fds.h"
#include "listing.h"

EXPORT(fd_prestat_get)(fd_t n, ptr out) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  if (e != OK) return e;
  if (!f->preopen) return EBADF;
  main_store32(out, 0); // a directory
  main_store32(out + 4, f->path.n);
  return OK;
}

EXPORT(fd_prestat_dir_name)(fd_t n, ptr out, u32 size) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  if (e != OK) return e;
  if (!f->preopen) return EBADF;
  if (size < f->path.n) return ENAMETOOLONG;
  copy_out(out, f->path.p, f->path.n);
  return OK;
}

void end_listing(struct listing *l) {
  if (l->open) entries_drop(l->stream);
  l->open = l->has_last = l->at_end = false;
}

static errno_t restart(struct fd *f, struct listing *l) {
  end_listing(l);
  result_handle r;
  read_directory(f->descriptor, &r);
  if (r.err) return error_of(r.code);
  l->stream = r.value;
  l->open = true;
  l->next = 2;
  return OK;
}

// keep copies the name of an entry to where it lasts.
static void keep(struct listing *l, str name) {
  if (name.n > l->room) {
    l->room = name.n < 256 ? 256 : name.n * 2;
    l->name = allocate(1, l->room);
  }
  __builtin_memcpy(l->name, name.p, name.n);
  l->n = name.n;
}

static u64 ino_of(struct fd *f, str name) {
  result_hash h;
  metadata_hash_at(f->descriptor, 0, name.p, name.n, &h);
  return h.err ? 0 : h.lower; // it may be gone
}

// entry makes entry i the listing's last, or sets at_end.
static errno_t entry(struct fd *f, struct listing *l, u64 i) {
  errno_t e;
  if (i < 2) {
    result_hash h = {.lower = 0}; // what is above is not for the program to know
    if (i == 0) metadata_hash(f->descriptor, &h);
    if (h.err) return error_of(h.code);
    l->ino = h.lower;
    l->type = FILETYPE_DIRECTORY;
    l->has_last = false;
    keep(l, (str){"..", (u32)i + 1});
    return OK;
  }
  if (l->open && l->has_last && l->next == i + 1) return OK;
  if (!l->open || l->next > i) {
    if ((e = restart(f, l)) != OK) return e;
  }
  for (; l->next <= i; l->next++) {
    result_entry r;
    u32 mark = arena_mark();
    read_directory_entry(l->stream, &r);
    if (r.err) return error_of(r.code);
    if (!r.some) {
      l->at_end = true;
      return OK;
    }
    if (l->next < i) {
      arena_reset(mark);
      continue;
    }
    l->ino = ino_of(f, r.name);
    l->type = filetype(r.type);
    bool moves = r.name.n > l->room;
    keep(l, r.name);
    if (!moves) arena_reset(mark);
    l->has_last = true;
  }
  return OK;
}

// put copies the part of n bytes that there is room for.
static u32 put(ptr to, const void *from, u32 n, u32 room) {
  if (n > room) n = room;
  copy_out(to, from, n);
  return n;
}

EXPORT(fd_readdir)(fd_t n, ptr buf, u32 size, u64 cookie, ptr used) {
  struct fd *f;
  errno_t e = lookup_directory(n, &f);
  if (e != OK) return e;
  if (!f->listing) {
    f->listing = allocate(8, sizeof(struct listing));
    *f->listing = (struct listing){0};
  }
  struct listing *l = f->listing;
  if (cookie == 0) end_listing(l); // from the beginning, with what is there now
  l->at_end = false;
  u32 done = 0;
  while (done < size) {
    if ((e = entry(f, l, cookie)) != OK) return e;
    if (l->at_end) break;
    struct { u64 next, ino; u32 n; u8 type, zero[3]; } head = {++cookie, l->ino, l->n, l->type, {0}};
    done += put(buf + done, &head, sizeof head, size - done);
    done += put(buf + done, l->name, l->n, size - done);
  }
  main_store32(used, done);
  return OK;
}
