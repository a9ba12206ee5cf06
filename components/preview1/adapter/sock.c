// Preview1 has no way to make a socket: a host would have to hand one over, and WASI 0.2
// hands over none. So no file is one.
#include "fds.h"

static errno_t no_socket(fd_t n) {
  struct fd *f;
  errno_t e = lookup(n, &f);
  return e != OK ? e : ENOTSOCK;
}

EXPORT(sock_accept)(fd_t n, u32 flags, ptr out) { return (void)flags, (void)out, no_socket(n); }

EXPORT(sock_recv)(fd_t n, ptr iovs, u32 count, u32 flags, ptr size, ptr out) {
  return (void)iovs, (void)count, (void)flags, (void)size, (void)out, no_socket(n);
}

EXPORT(sock_send)(fd_t n, ptr iovs, u32 count, u32 flags, ptr size) {
  return (void)iovs, (void)count, (void)flags, (void)size, no_socket(n);
}

EXPORT(sock_shutdown)(fd_t n, u32 how) { return (void)how, no_socket(n); }
