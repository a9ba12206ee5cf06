#pragma once
#include "fds.h"

typedef struct { u32 kind; u64 seconds; u32 nanoseconds; } timestamp;
// timestamps reads preview1's fstflags.
errno_t timestamps(u64 atim, u64 mtim, u32 flags, timestamp *a, timestamp *m);
// put_filestat writes a filestat.
void put_filestat(ptr, const descriptor_stat *, u64 ino);
