// The functions of WASI 0.2 as canon lower makes them: flat parameters, and a pointer to
// where the result goes if it is more than one number. Which pointers are addresses in
// the program's memory is said by the module's name, "main …", and by the type ptr.
#pragma once
#include "main.h"

typedef u32 handle;
typedef struct { const char *p; u32 n; } str;
typedef struct { void *p; u32 n; } list;

#define WASI(interface, name) FROM("wasi:" interface, name)
#define WASI_MAIN(interface, name) FROM("main wasi:" interface, name)

// A result of nothing or of one byte with an error of one byte.
typedef struct { u8 err, value; } result8;
// A result of a handle with an error of one byte.
typedef struct { u8 err; union { u8 code; handle value; }; } result_handle;
typedef struct { u8 err; union { u8 code; str value; }; } result_str;
typedef struct { u8 some; handle value; } option_handle;
typedef struct { u8 some; str value; } option_str;
typedef struct { u8 some, value; } option8;

// wasi:io
enum { STREAM_FAILED, STREAM_CLOSED };
typedef struct { u8 err; u8 kind __attribute__((aligned(4))); handle error; } result_stream;
typedef struct { u8 err; union { u64 value; struct { u8 kind; handle error; }; }; } result_permit;
WASI("io/error", "[resource-drop]error") void error_drop(handle);
WASI("io/poll", "[resource-drop]pollable") void pollable_drop(handle);
WASI("io/poll", "[method]pollable.ready") bool pollable_ready(handle);
WASI("io/poll", "poll") void poll_list(const handle *, u32, list *);
WASI("io/streams", "[resource-drop]input-stream") void input_drop(handle);
WASI("io/streams", "[resource-drop]output-stream") void output_drop(handle);
WASI("io/streams", "[method]input-stream.subscribe") handle input_subscribe(handle);
WASI("io/streams", "[method]output-stream.subscribe") handle output_subscribe(handle);
WASI("io/streams", "[method]output-stream.check-write") void output_check_write(handle, result_permit *);
WASI("io/streams", "[method]output-stream.flush") void output_flush(handle, result_stream *);
WASI("io/streams", "[method]output-stream.blocking-flush") void output_blocking_flush(handle, result_stream *);
WASI_MAIN("io/streams", "[method]input-stream.read") void input_read(handle, u64, ptr);
WASI_MAIN("io/streams", "[method]input-stream.blocking-read") void input_blocking_read(handle, u64, ptr);
WASI_MAIN("io/streams", "[method]output-stream.write") void output_write(handle, ptr, u32, ptr);
WASI_MAIN("io/streams", "[method]output-stream.blocking-write-and-flush") void output_blocking_write_and_flush(handle, ptr, u32, ptr);

// wasi:clocks
typedef struct { u64 seconds; u32 nanoseconds; } datetime;
WASI("clocks/wall-clock", "now") void wall_now(datetime *);
WASI("clocks/wall-clock", "resolution") void wall_resolution(datetime *);
WASI("clocks/monotonic-clock", "now") u64 monotonic_now(void);
WASI("clocks/monotonic-clock", "resolution") u64 monotonic_resolution(void);
WASI("clocks/monotonic-clock", "subscribe-instant") handle subscribe_instant(u64);
WASI("clocks/monotonic-clock", "subscribe-duration") handle subscribe_duration(u64);

// wasi:random
WASI_MAIN("random/random", "get-random-bytes") void get_random_bytes(u64, ptr);

// wasi:cli
WASI("cli/environment", "get-environment") void get_environment(list *);
WASI("cli/environment", "initial-cwd") void initial_cwd(option_str *);
WASI("cli/environment", "get-arguments") void get_arguments(list *);
WASI("cli/exit", "exit-with-code") _Noreturn void exit_with_code(u32);
WASI("cli/stdin", "get-stdin") handle get_stdin(void);
WASI("cli/stdout", "get-stdout") handle get_stdout(void);
WASI("cli/stderr", "get-stderr") handle get_stderr(void);
WASI("cli/terminal-stdin", "get-terminal-stdin") void get_terminal_stdin(option_handle *);
WASI("cli/terminal-stdout", "get-terminal-stdout") void get_terminal_stdout(option_handle *);
WASI("cli/terminal-stderr", "get-terminal-stderr") void get_terminal_stderr(option_handle *);
WASI("cli/terminal-input", "[resource-drop]terminal-input") void terminal_input_drop(handle);
WASI("cli/terminal-output", "[resource-drop]terminal-output") void terminal_output_drop(handle);

// wasi:filesystem
enum { DESCRIPTOR_READ = 1, DESCRIPTOR_WRITE = 2, DESCRIPTOR_FILE_SYNC = 4, DESCRIPTOR_DATA_SYNC = 8,
       DESCRIPTOR_REQUESTED_SYNC = 16, DESCRIPTOR_MUTATE_DIRECTORY = 32 };
enum { TIMESTAMP_NO_CHANGE, TIMESTAMP_NOW, TIMESTAMP_AT };
typedef struct { u8 some; datetime value; } option_datetime;
typedef struct { u8 type; u64 link_count, size; option_datetime atim, mtim, ctim; } descriptor_stat;
typedef struct { u8 err; union { u8 code; descriptor_stat value; }; } result_stat;
typedef struct { u8 err; union { u8 code; struct { u64 lower, upper; }; }; } result_hash;
typedef struct { u8 err; union { u8 code; struct { u8 some; u8 type __attribute__((aligned(4))); str name; }; }; } result_entry;
typedef struct { handle dir; str path; } preopen;
#define DESCRIPTOR(name) WASI("filesystem/types", "[method]descriptor." name)
#define DESCRIPTOR_MAIN(name) WASI_MAIN("filesystem/types", "[method]descriptor." name)
WASI("filesystem/preopens", "get-directories") void get_directories(list *);
WASI("filesystem/types", "[resource-drop]descriptor") void descriptor_drop(handle);
WASI("filesystem/types", "[resource-drop]directory-entry-stream") void entries_drop(handle);
WASI("filesystem/types", "[method]directory-entry-stream.read-directory-entry") void read_directory_entry(handle, result_entry *);
WASI("filesystem/types", "filesystem-error-code") void filesystem_error_code(handle, option8 *);
DESCRIPTOR_MAIN("read") void descriptor_read(handle, u64, u64, ptr);
DESCRIPTOR_MAIN("write") void descriptor_write(handle, ptr, u32, u64, ptr);
DESCRIPTOR("append-via-stream") void append_via_stream(handle, result_handle *);
DESCRIPTOR("advise") void descriptor_advise(handle, u64, u64, u32, result8 *);
DESCRIPTOR("sync-data") void descriptor_sync_data(handle, result8 *);
DESCRIPTOR("sync") void descriptor_sync(handle, result8 *);
DESCRIPTOR("get-type") void descriptor_get_type(handle, result8 *);
DESCRIPTOR("set-size") void descriptor_set_size(handle, u64, result8 *);
DESCRIPTOR("set-times") void descriptor_set_times(handle, u32, u64, u32, u32, u64, u32, result8 *);
DESCRIPTOR("read-directory") void read_directory(handle, result_handle *);
DESCRIPTOR("stat") void stat_descriptor(handle, result_stat *);
DESCRIPTOR("metadata-hash") void metadata_hash(handle, result_hash *);
DESCRIPTOR("create-directory-at") void create_directory_at(handle, const char *, u32, result8 *);
DESCRIPTOR("stat-at") void stat_at(handle, u32, const char *, u32, result_stat *);
DESCRIPTOR("metadata-hash-at") void metadata_hash_at(handle, u32, const char *, u32, result_hash *);
DESCRIPTOR("set-times-at") void set_times_at(handle, u32, const char *, u32, u32, u64, u32, u32, u64, u32, result8 *);
DESCRIPTOR("link-at") void link_at(handle, u32, const char *, u32, handle, const char *, u32, result8 *);
DESCRIPTOR("open-at") void open_at(handle, u32, const char *, u32, u32, u32, result_handle *);
DESCRIPTOR("readlink-at") void readlink_at(handle, const char *, u32, result_str *);
DESCRIPTOR("remove-directory-at") void remove_directory_at(handle, const char *, u32, result8 *);
DESCRIPTOR("rename-at") void rename_at(handle, const char *, u32, handle, const char *, u32, result8 *);
DESCRIPTOR("symlink-at") void symlink_at(handle, const char *, u32, const char *, u32, result8 *);
DESCRIPTOR("unlink-file-at") void unlink_file_at(handle, const char *, u32, result8 *);
