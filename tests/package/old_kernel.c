// Runs a program as an old kernel would: every system call that came after Linux 3.10 is unknown (ENOSYS). With --sandbox as an old
// systemd would, that of RHEL 8: every one that came after Linux 4.17 is answered by the error with which the unit wants calls
// refused, ENOSYS or EPERM.
//
//   old_kernel [--sandbox ERROR] PROGRAM [ARGUMENT]...
//   old_kernel --probe                 what getrandom (Linux 3.17) and clone3 (5.3) say
//
// The last of x86_64 in 3.10 is finit_module, 313; the next is sched_setattr, of 3.14. arm64 has the common table, whose last
// was kcmp, 272. The last in 4.17 are statx, 332, and 291; systemd 239 knows it.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { last_of_3_10 = 313, last_of_4_17 = 332 };
#elif defined(__aarch64__)
enum { last_of_3_10 = 272, last_of_4_17 = 291 };
#else
#error "which system calls had Linux 3.10 and 4.17 here?"
#endif

static const char* said(long result) {
  return result != -1 ? "works" : errno == ENOSYS ? "ENOSYS" : errno == EPERM ? "EPERM" : "fails";
}

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--probe") == 0) {
    char byte;
    printf("getrandom: %s\n", said(syscall(SYS_getrandom, &byte, 1, 0)));
    printf("clone3: %s\n", said(syscall(SYS_clone3, NULL, 0)));
    return 0;
  }
  unsigned last = last_of_3_10;
  unsigned error = ENOSYS;
  if (argc > 2 && strcmp(argv[1], "--sandbox") == 0) {
    last = last_of_4_17;
    error = strcmp(argv[2], "EPERM") == 0 ? EPERM : strcmp(argv[2], "ENOSYS") == 0 ? ENOSYS : 0;
    argc -= 2;
    argv += 2;
  }
  struct sock_filter lines[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog filter = {sizeof lines / sizeof *lines, lines};
  if (argc < 2 || error == 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    perror("old_kernel");
    return 125;
  }
  execv(argv[1], argv + 1);
  perror(argv[1]);
  return 126;
}
