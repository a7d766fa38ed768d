/* Lets a Swift program run under valgrind: preload it.
 *
 * The main thread of such a program waits in sigsuspend, with a signal mask that libdispatch has in read-only memory.
 * Valgrind 3.19 removes a signal of its own from that mask, in place, and is killed by writing there. A copy of the mask
 * can be written to.
 */
#define _GNU_SOURCE

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Bytes of a signal mask in the kernel. */
enum { MASK_SIZE = 8 };

int sigsuspend(const sigset_t *mask)
{
    sigset_t copy = *mask;
    return (int)syscall(SYS_rt_sigsuspend, &copy, MASK_SIZE);
}
