// Runs a program as an old kernel would: every system call that came after Linux 3.10 is unknown (ENOSYS).
//
//   old_kernel PROGRAM [ARGUMENT]...
//   old_kernel --probe                 what getrandom (Linux 3.17) says
//
// The last of x86_64 in 3.10 is finit_module, 313; the next is sched_setattr, of 3.14. arm64 has the common table, whose last
// was kcmp, 272.
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
enum { last_of_3_10 = 313 };
#elif defined(__aarch64__)
enum { last_of_3_10 = 272 };
#else
#error "which system calls had Linux 3.10 here?"
#endif

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--probe") == 0) {
    char byte;
    const long got = syscall(SYS_getrandom, &byte, 1, 0);
    puts(got == 1 ? "getrandom: works" : errno == ENOSYS ? "getrandom: ENOSYS" : "getrandom: fails");
    return 0;
  }
  struct sock_filter lines[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last_of_3_10, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog filter = {sizeof lines / sizeof *lines, lines};
  if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    perror("old_kernel");
    return 125;
  }
  execv(argv[1], argv + 1);
  perror(argv[1]);
  return 126;
}
