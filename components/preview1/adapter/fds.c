#include "fds.h"
#include "listing.h"

// Open files are in blocks, which are allocated when they are needed and stay.
enum { BLOCK = 256, BLOCKS = 256 };
static struct fd *blocks[BLOCKS];
static u32 first_free; // none below it is free
static bool ready;

static void preopens(void) {
  list dirs;
  get_directories(&dirs);
  preopen *all = dirs.p; // these names last
  for (u32 i = 0; i < dirs.n; i++) {
    fd_t n;
    struct fd *f;
    if (add(&n, &f) != OK) {
      descriptor_drop(all[i].dir);
      continue;
    }
    *f = (struct fd){.kind = DESCRIPTOR, .type = FILETYPE_DIRECTORY, .preopen = true, .descriptor = all[i].dir,
                     .rights = RIGHTS_DIRECTORY, .inheriting = RIGHTS_DIRECTORY | RIGHTS_FILE, .path = all[i].path, .listing = f->listing};
  }
}

static void start(void) {
  ready = true;
  for (u8 i = 0; i < 3; i++) {
    fd_t n;
    struct fd *f;
    if (add(&n, &f) != OK) return;
    u64 rights = RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_FILESTAT_GET | RIGHT_POLL_FD_READWRITE;
    *f = (struct fd){.kind = i == 0 ? INPUT : OUTPUT, .standard = i, .rights = rights | (i == 0 ? RIGHT_FD_READ : RIGHT_FD_WRITE)};
  }
  if (has_files()) preopens();
}

u32 begin(void) {
  if (!ready) start();
  return arena_mark();
}

static struct fd *slot(fd_t n) {
  if (n >= BLOCK * BLOCKS || !blocks[n / BLOCK]) return NULL;
  return &blocks[n / BLOCK][n % BLOCK];
}

errno_t lookup(fd_t n, struct fd **f) {
  if (!ready) start();
  *f = slot(n);
  return *f && (*f)->kind != FREE ? OK : EBADF;
}

errno_t lookup_descriptor(fd_t n, struct fd **f, errno_t otherwise) {
  errno_t e = lookup(n, f);
  if (e != OK) return e;
  return (*f)->kind == DESCRIPTOR ? OK : otherwise;
}

errno_t lookup_file(fd_t n, struct fd **f, errno_t otherwise) {
  errno_t e = lookup_descriptor(n, f, otherwise);
  if (e != OK) return e;
  u8 type;
  e = type_of(*f, &type);
  if (e != OK) return e;
  return type == FILETYPE_DIRECTORY ? EBADF : OK;
}

errno_t lookup_directory(fd_t n, struct fd **f) {
  errno_t e = lookup_descriptor(n, f, ENOTDIR);
  if (e != OK) return e;
  u8 type;
  e = type_of(*f, &type);
  if (e != OK) return e;
  return type == FILETYPE_DIRECTORY ? OK : ENOTDIR;
}

errno_t add(fd_t *n, struct fd **f) {
  if (!ready) start();
  for (fd_t i = first_free; i < BLOCK * BLOCKS; i++) {
    if (!blocks[i / BLOCK]) {
      blocks[i / BLOCK] = allocate(8, BLOCK * sizeof(struct fd));
      __builtin_memset(blocks[i / BLOCK], 0, BLOCK * sizeof(struct fd));
    }
    *f = slot(i);
    if ((*f)->kind == FREE) {
      *n = first_free = i;
      return OK;
    }
  }
  return EMFILE;
}

void close_fd(struct fd *f) {
  if (f->has_stream) f->kind == INPUT ? input_drop(f->stream) : output_drop(f->stream);
  if (f->kind == DESCRIPTOR) {
    if (f->listing) end_listing(f->listing);
    descriptor_drop(f->descriptor);
  }
  *f = (struct fd){.listing = f->listing};
}

EXPORT(fd_close)(fd_t n) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  if (e != OK) return e;
  close_fd(f);
  if (n < first_free) first_free = n;
  return OK;
}

EXPORT(fd_renumber)(fd_t from, fd_t to) {
  struct fd *f, *t;
  errno_t e = lookup(from, &f);
  if (e == OK) e = lookup(to, &t);
  if (e != OK || from == to) return e;
  close_fd(t);
  struct listing *spare = t->listing;
  *t = *f;
  *f = (struct fd){.listing = spare};
  if (from < first_free) first_free = from;
  return OK;
}

errno_t type_of(struct fd *f, u8 *type) {
  if (f->type == TYPE_UNASKED) {
    result8 r;
    descriptor_get_type(f->descriptor, &r);
    if (r.err) return error_of(r.value);
    f->type = filetype(r.value);
    f->rights &= f->type == FILETYPE_DIRECTORY ? RIGHTS_DIRECTORY : RIGHTS_FILE;
    if (f->type != FILETYPE_DIRECTORY) f->inheriting = 0;
  }
  *type = f->type;
  return OK;
}

u8 filetype(u8 t) {
  // unknown, block-device, character-device, directory, fifo, symbolic-link, regular-file, socket
  static const u8 types[] = {FILETYPE_UNKNOWN, FILETYPE_BLOCK_DEVICE, FILETYPE_CHARACTER_DEVICE, FILETYPE_DIRECTORY,
                             FILETYPE_UNKNOWN, FILETYPE_SYMBOLIC_LINK, FILETYPE_REGULAR_FILE, FILETYPE_SOCKET_STREAM};
  return t < sizeof types ? types[t] : FILETYPE_UNKNOWN;
}

errno_t error_of(u8 code) {
  // In the order of wasi:filesystem/types.error-code.
  static const u8 errors[] = {
    EACCES, EAGAIN, EALREADY, EBADF, EBUSY, EDEADLK, EDQUOT, EEXIST, EFBIG, EILSEQ, EINPROGRESS, EINTR, EINVAL, EIO,
    EISDIR, ELOOP, EMLINK, EMSGSIZE, ENAMETOOLONG, ENODEV, ENOENT, ENOLCK, ENOMEM, ENOSPC, ENOTDIR, ENOTEMPTY,
    ENOTRECOVERABLE, ENOTSUP, ENOTTY, ENXIO, EOVERFLOW, EPERM, EPIPE, EROFS, ESPIPE, ETXTBSY, EXDEV,
  };
  return code < sizeof errors ? errors[code] : EIO;
}

errno_t error_of_stream(struct fd *f, u8 kind, handle error) {
  if (kind == STREAM_CLOSED) return EPIPE;
  errno_t e = EIO;
  if (f->kind == DESCRIPTOR) {
    option8 code;
    filesystem_error_code(error, &code);
    if (code.some) e = error_of(code.value);
  }
  error_drop(error);
  return e;
}

handle input_of(struct fd *f) {
  if (!f->has_stream) f->stream = get_stdin();
  f->has_stream = true;
  return f->stream;
}

handle output_of(struct fd *f) {
  if (!f->has_stream) f->stream = f->standard == 1 ? get_stdout() : get_stderr();
  f->has_stream = true;
  return f->stream;
}
