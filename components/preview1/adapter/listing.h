// A directory that is being read.
#pragma once
#include "wasi.h"

// Entry 0 is ".", entry 1 is "..", and the others are those of the stream. The last entry
// that was taken from it is kept, as the program asks again for one that did not fit.
struct listing {
  bool open, has_last, at_end;
  handle stream;
  u64 next;     // the entry that the stream gives next
  u64 ino;      // of the last entry
  u8 type;
  u32 n, room;  // the last entry's name
  char *name;
};

void end_listing(struct listing *);
