// A program for WASI preview1 that calls its functions as no library would. Each argument
// is the name of a test below; what it sees is printed.
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

#define DIR 3 // what is granted first

// wasi-libc has no use for it.
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int32_t proc_raise(int32_t);

static void say(const char *what, int e) { printf("%s: %d\n", what, e); }

// The first bytes of the memory are nobody's else. The compiler may not know that it is
// address 0.
static char *volatile nowhere = (char *)0;

static __wasi_errno_t open_in(int dir, const char *path, int oflags, int fdflags, __wasi_fd_t *fd) {
  return __wasi_path_open(dir, 0, path, oflags, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, 0, fdflags, fd);
}

static __wasi_size_t write_to(int fd, const void *p, size_t n) {
  __wasi_ciovec_t v[] = {{p, n}};
  __wasi_size_t done = 0;
  __wasi_errno_t e = __wasi_fd_write(fd, v, 1, &done);
  return e ? (__wasi_size_t)-e : done;
}

// Memory that overlaps what the adapter borrows, buffers of all sizes, and many at once.
static void memory(void) {
  __wasi_fd_t fd;
  __wasi_size_t n = 0;
  say("open", open_in(DIR, "memory", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, 0, &fd));
  for (int i = 0; i < 64; i++) nowhere[i] = 'a' + i % 26;
  say("write from 0", write_to(fd, nowhere, 40));
  say("write from 7", write_to(fd, nowhere + 7, 3));
  memset(nowhere, '.', 64);
  __wasi_iovec_t v[] = {{(uint8_t *)nowhere, 5}, {(uint8_t *)nowhere + 20, 0}, {(uint8_t *)nowhere + 10, 100}};
  say("pread", __wasi_fd_pread(fd, v, 3, 1, &n));
  printf("%d ", n);
  fwrite(nowhere, 1, 60, stdout);
  printf("\n");
  memset(nowhere, 0, 64);
  __wasi_filestat_t st;
  say("stat", __wasi_fd_filestat_get(fd, &st));
  printf("%lld %d %d\n", st.size, st.filetype, st.ino != 0);
  // All of the memory is written, as far as there is any.
  size_t all = (size_t)__builtin_wasm_memory_size(0) << 16;
  __wasi_size_t done = write_to(fd, nowhere, all);
  printf("all but %d\n", (int)(all - done));
  say("random", __wasi_random_get((uint8_t *)nowhere, 64));
  int zeroes = 0;
  for (int i = 0; i < 64; i++) zeroes += nowhere[i] == 0;
  printf("random %s\n", zeroes < 16 ? "bytes" : "none");
  memset(nowhere, 0, 64);
  say("close", __wasi_fd_close(fd));
}

static void files(void) {
  __wasi_fd_t fd = 99, again = 99;
  __wasi_filesize_t at;
  __wasi_fdstat_t st;
  char buf[16] = {0};
  __wasi_iovec_t v[] = {{(uint8_t *)buf, sizeof buf}};
  __wasi_size_t n = 0;
  say("open", open_in(DIR, "file", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, 0, &fd));
  printf("write %d\n", write_to(fd, "hello", 5));
  say("seek", __wasi_fd_seek(fd, -2, __WASI_WHENCE_END, &at));
  say("read", __wasi_fd_read(fd, v, 1, &n));
  printf("%lld %d %s\n", at, n, buf);
  say("seek before", __wasi_fd_seek(fd, -9, __WASI_WHENCE_CUR, &at));
  say("seek nowhere", __wasi_fd_seek(fd, 0, 7, &at));
  say("append", __wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
  say("seek", __wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  printf("write %d\n", write_to(fd, " again", 6));
  say("tell", __wasi_fd_tell(fd, &at));
  printf("%lld\n", at);
  say("sync flag", __wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC));
  say("fdstat", __wasi_fd_fdstat_get(fd, &st));
  printf("type %d flags %d\n", st.fs_filetype, st.fs_flags);
  say("allocate", __wasi_fd_allocate(fd, 0, 100));
  say("allocate none", __wasi_fd_allocate(fd, 0, 0));
  say("size", __wasi_fd_filestat_set_size(fd, 3));
  say("advise", __wasi_fd_advise(fd, 0, 0, __WASI_ADVICE_SEQUENTIAL));
  say("advise what", __wasi_fd_advise(fd, 0, 0, 9));
  say("times", __wasi_fd_filestat_set_times(fd, 1500000000000000001, 2, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
  say("times twice", __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW));
  __wasi_filestat_t fst;
  say("stat", __wasi_path_filestat_get(DIR, 0, "file", &fst));
  printf("%lld %lld %lld\n", fst.size, fst.atim, fst.mtim);
  say("sync", __wasi_fd_sync(fd));
  say("datasync", __wasi_fd_datasync(fd));
  say("open again", open_in(DIR, "file", 0, 0, &again));
  printf("next number: %d\n", again == fd + 1);
  say("renumber", __wasi_fd_renumber(again, fd));
  say("gone", __wasi_fd_close(again));
  say("read", __wasi_fd_read(fd, v, 1, &n));
  printf("%d\n", n);
  say("open exclusively", open_in(DIR, "file", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, 0, &again));
  say("open in a file", open_in(fd, "file", 0, 0, &again));
  say("open what is not there", open_in(DIR, "nothing", 0, 0, &again));
  say("open outside", open_in(DIR, "../x", 0, 0, &again));
  say("open no name", open_in(DIR, "", 0, 0, &again));
  say("open no text", open_in(DIR, "a\xff", 0, 0, &again));
  say("open a directory to write", open_in(DIR, ".", __WASI_OFLAGS_DIRECTORY, 0, &again));
  say("closed", __wasi_fd_close(99));
  say("socket", __wasi_sock_shutdown(fd, 1));
  say("no socket", __wasi_sock_shutdown(99, 1));
}

// Entries come in any order, so they are only counted.
static void directory(void) {
  __wasi_fd_t fd;
  char name[32];
  __wasi_size_t used;
  uint8_t buf[100];
  say("create", __wasi_path_create_directory(DIR, "dir"));
  for (int i = 0; i < 50; i++) {
    snprintf(name, sizeof name, "dir/file-%d", i);
    if (open_in(DIR, name, __WASI_OFLAGS_CREAT, 0, &fd) == 0) __wasi_fd_close(fd);
  }
  say("open", __wasi_path_open(DIR, 0, "dir", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, 0, 0, &fd));
  char seen[50] = {0};
  int dots = 0, others = 0;
  __wasi_dircookie_t cookie = 0;
  for (;;) {
    if (__wasi_fd_readdir(fd, buf, sizeof buf, cookie, &used) != 0) break;
    size_t at = 0;
    while (at + sizeof(__wasi_dirent_t) <= used) {
      __wasi_dirent_t d;
      memcpy(&d, buf + at, sizeof d);
      if (at + sizeof d + d.d_namlen > used) break;
      int k = -1;
      snprintf(name, sizeof name, "%.*s", (int)d.d_namlen, buf + at + sizeof d);
      if (sscanf(name, "file-%d", &k) == 1 && k >= 0 && k < 50) seen[k]++;
      else if (name[0] == '.') dots++;
      else others++;
      at += sizeof d + d.d_namlen;
      cookie = d.d_next;
    }
    if (used < sizeof buf) break;
  }
  int once = 0;
  for (int i = 0; i < 50; i++) once += seen[i] == 1;
  printf("%d once, %d dots, %d others\n", once, dots, others);
  say("too short", __wasi_fd_readdir(fd, buf, 10, 0, &used));
  printf("%d\n", used);
  say("a file", __wasi_fd_readdir(1, buf, 10, 0, &used));
  say("remove", __wasi_path_remove_directory(DIR, "dir"));
}

// Many files at once.
static void many(void) {
  __wasi_fd_t fd, first = 0;
  int n = 0;
  for (; n < 1000; n++) {
    if (open_in(DIR, "many", __WASI_OFLAGS_CREAT, 0, &fd) != 0) break;
    if (n == 0) first = fd;
  }
  printf("%d, to %d\n", n, fd - first);
  for (int i = 0; i < n; i++) __wasi_fd_close(first + i);
  say("after", open_in(DIR, "many", 0, 0, &fd));
  printf("%d\n", fd == first);
}

static void paths(void) {
  char buf[64];
  __wasi_size_t n;
  say("symlink", __wasi_path_symlink("target", DIR, "link"));
  say("readlink", __wasi_path_readlink(DIR, "link", (uint8_t *)buf, 3, &n));
  printf("%.*s\n", (int)n, buf);
  say("readlink", __wasi_path_readlink(DIR, "link", (uint8_t *)buf, sizeof buf, &n));
  printf("%.*s\n", (int)n, buf);
  say("absolute", __wasi_path_symlink("/etc", DIR, "absolute"));
  __wasi_fd_t fd;
  say("open", open_in(DIR, "one", __WASI_OFLAGS_CREAT, 0, &fd));
  say("link", __wasi_path_link(DIR, 0, "one", DIR, "two"));
  say("rename", __wasi_path_rename(DIR, "two", DIR, "three"));
  say("times", __wasi_path_filestat_set_times(DIR, 0, "three", 0, 7, __WASI_FSTFLAGS_MTIM));
  __wasi_filestat_t a, b;
  say("stat", __wasi_path_filestat_get(DIR, 0, "one", &a));
  say("stat", __wasi_path_filestat_get(DIR, 0, "three", &b));
  printf("same %d mtim %lld links %lld\n", a.ino == b.ino, a.mtim, b.nlink);
  say("unlink", __wasi_path_unlink_file(DIR, "three"));
  say("unlink", __wasi_path_unlink_file(DIR, "three"));
  say("remove", __wasi_path_remove_directory(DIR, "one"));
}

static void clocks(void) {
  __wasi_timestamp_t a = 0, b = 0, c = 0;
  for (int id = 0; id < 5; id++) say("time", __wasi_clock_time_get(id, 0, &a));
  for (int id = 0; id < 5; id++) say("resolution", __wasi_clock_res_get(id, &c));
  __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &a);
  struct timespec t = {0, 20000000};
  say("sleep", nanosleep(&t, NULL));
  __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &b);
  printf("%d\n", b - a >= 20000000);
  say("yield", __wasi_sched_yield());
}

static void polls(void) {
  __wasi_event_t ev[4];
  __wasi_size_t n = 0;
  __wasi_subscription_t none = {0};
  say("nothing", __wasi_poll_oneoff(&none, ev, 0, &n));
  __wasi_subscription_t s[4] = {
    {.userdata = 1, .u = {.tag = __WASI_EVENTTYPE_CLOCK, .u.clock = {.id = __WASI_CLOCKID_MONOTONIC, .timeout = 3600000000000}}},
    {.userdata = 2, .u = {.tag = __WASI_EVENTTYPE_FD_WRITE, .u.fd_write = {1}}},
    {.userdata = 3, .u = {.tag = __WASI_EVENTTYPE_FD_READ, .u.fd_read = {0}}},
  };
  say("standard", __wasi_poll_oneoff(s, ev, 2, &n));
  printf("%d: %lld type %d error %d\n", n, ev[0].userdata, ev[0].type, ev[0].error);
  s[1].u.u.fd_write.file_descriptor = 77;
  say("none such", __wasi_poll_oneoff(s, ev, 2, &n));
  printf("%d: %lld type %d error %d\n", n, ev[0].userdata, ev[0].type, ev[0].error);
  s[0].u.u.clock.timeout = 1;
  s[0].u.u.clock.id = __WASI_CLOCKID_REALTIME;
  s[0].u.u.clock.flags = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME; // long ago
  say("clock", __wasi_poll_oneoff(s, ev, 1, &n));
  printf("%d: %lld type %d error %d\n", n, ev[0].userdata, ev[0].type, ev[0].error);
  say("input", __wasi_poll_oneoff(s + 2, ev, 1, &n));
  printf("%d: %lld type %d error %d\n", n, ev[0].userdata, ev[0].type, ev[0].error);
}

// input reads standard input to its end.
static void input(void) {
  char buf[7];
  ssize_t n;
  long total = 0;
  while ((n = read(0, buf, sizeof buf)) > 0) total += n;
  printf("%ld bytes, then %zd\n", total, n);
  say("write to it", write_to(0, "x", 1) == (__wasi_size_t)-__WASI_ERRNO_BADF);
  say("seek", lseek(0, 0, SEEK_SET) == -1);
  printf("terminals %d%d%d\n", isatty(0), isatty(1), isatty(2));
}

// output writes more than a stream takes at once, to both.
static void output(void) {
  static char line[100000];
  memset(line, 'x', sizeof line);
  __wasi_ciovec_t v[] = {{(uint8_t *)line, 3}, {(uint8_t *)line, 0}, {(uint8_t *)line, sizeof line}, {(uint8_t *)"\n", 1}, {0, 0}};
  __wasi_size_t n = 0;
  fflush(stdout);
  say("write", __wasi_fd_write(1, v, 5, &n));
  fprintf(stderr, "%d\n", n);
  fflush(stdout);
  say("close", close(2));
  printf("%d\n", write_to(2, "x", 1) == (__wasi_size_t)-__WASI_ERRNO_BADF);
  say("sync", __wasi_fd_sync(1));
}

static void env(int argc, char **argv) {
  extern char **environ;
  for (int i = 1; i < argc; i++) printf("arg %s\n", argv[i]);
  for (char **e = environ; e && *e; e++) printf("env %s\n", *e);
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "";
  if (!strcmp(name, "memory")) memory();
  if (!strcmp(name, "files")) files();
  if (!strcmp(name, "directory")) directory();
  if (!strcmp(name, "many")) many();
  if (!strcmp(name, "paths")) paths();
  if (!strcmp(name, "clocks")) clocks();
  if (!strcmp(name, "polls")) polls();
  if (!strcmp(name, "input")) input();
  if (!strcmp(name, "output")) output();
  if (!strcmp(name, "env")) env(argc, argv);
  if (!strcmp(name, "exit")) exit(atoi(argv[2]));
  if (!strcmp(name, "raise")) proc_raise(atoi(argv[2]));
  if (!strcmp(name, "sleep")) sleep(3600);
  if (!strcmp(name, "abort")) abort();
  if (!strcmp(name, "wild")) __wasi_random_get((uint8_t *)0xfffffff0, 100);
  return 0;
}
