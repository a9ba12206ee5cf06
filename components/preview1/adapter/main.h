// What the modules beside the adapter give it, which preview1/modules.go makes: access to
// the program's memory, which is not the adapter's own, and the arena in which the host
// leaves strings and lists.
#pragma once
#include "preview1.h"

#define FROM(module, name) __attribute__((import_module(module), import_name(name)))

// The program's memory, little-endian. An address outside of it is a trap.
FROM("main", "load8") u32 main_load8(ptr);
FROM("main", "load32") u32 main_load32(ptr);
FROM("main", "load64") u64 main_load64(ptr);
FROM("main", "store8") void main_store8(ptr, u32);
FROM("main", "store32") void main_store32(ptr, u32);
FROM("main", "store64") void main_store64(ptr, u64);
// The memory's size in pages of 64 KiB.
FROM("main", "pages") u32 main_pages(void);

// The arena grows from its mark. Whoever calls the host resets it to what it was.
FROM("arena", "mark") u32 arena_mark(void);
FROM("arena", "reset") void arena_reset(u32 mark);
// allocate is cabi_realloc: zero for the first two.
FROM("arena", "realloc") void *arena_realloc(u32 old, u32 old_size, u32 align, u32 size);
// The next list that the host puts into the program's memory goes to p, and a longer one
// than n bytes is a trap.
FROM("arena", "target") void arena_target(ptr p, u32 n);

// Whether the program can get at files at all: otherwise nothing of wasi:filesystem is there.
FROM("has", "files") bool has_files(void);

void copy_in(void *to, ptr from, u32 n);
void copy_out(ptr to, const void *from, u32 n);

// A call that reads or writes the program's memory leaves its result there too. It gets 16
// bytes that the call does not touch otherwise, which are put back once the result is read.
typedef struct { ptr at; u64 low, high; } scratch;
// borrow finds such bytes outside of the *n bytes at p, of which it may leave fewer.
scratch borrow(ptr p, u32 *n);
typedef union { u8 b[16]; u32 w[4]; u64 d[2]; } result16;
result16 give_back(scratch);

// allocate takes memory of the adapter, until the arena is reset to an earlier mark.
static inline void *allocate(u32 align, u32 size) { return arena_realloc(0, 0, align, size); }
