// The table of the program's open files.
#pragma once
#include "wasi.h"

enum kind { FREE, INPUT, OUTPUT, DESCRIPTOR };

// A file's position, when only its size tells it: after an append.
#define AT_END (~(u64)0)

struct fd {
  u8 kind;
  u8 flags;      // preview1's fdflags
  u8 type;       // of a descriptor: preview1's filetype, and TYPE_UNASKED
  u8 standard;   // of INPUT and OUTPUT: 0, 1 or 2
  bool preopen, has_stream, asked_terminal, terminal;
  handle descriptor;
  handle stream; // INPUT, OUTPUT, or what a file appends to
  u64 position;
  u64 rights, inheriting;
  u64 dropped;   // rights that the program gave up, which alone are missed
  str path;      // of a preopen
  struct listing *listing; // of a directory that is read; it stays with the slot
};

enum { TYPE_UNASKED = 0xff };

// begin makes the table, which stays, and gives the arena's mark: to be called before what
// is reset to it again.
u32 begin(void);
// lookup finds an open file; EBADF if there is none.
errno_t lookup(fd_t, struct fd **);
// lookup_descriptor finds one that is no standard stream; these give otherwise.
errno_t lookup_descriptor(fd_t, struct fd **, errno_t otherwise);
// lookup_file is for what can be done with regular files only.
errno_t lookup_file(fd_t, struct fd **, errno_t otherwise);
errno_t lookup_directory(fd_t, struct fd **);
// add gives the lowest free number; the file is FREE still.
errno_t add(fd_t *, struct fd **);
void close_fd(struct fd *);

// type_of asks what a descriptor is, once.
errno_t type_of(struct fd *, u8 *type);
u8 filetype(u8 descriptor_type);
errno_t error_of(u8 error_code);
// error_of_stream consumes the error.
errno_t error_of_stream(struct fd *, u8 kind, handle error);
// The streams behind INPUT and OUTPUT, which are asked for when they are used.
handle input_of(struct fd *);
handle output_of(struct fd *);
