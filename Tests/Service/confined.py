"""Runs a program as a service manager would: with passed sockets, and under the unit's seccomp filters.

Read as text and given to a Python without any packages, since it runs as a user who may see neither this file nor a
virtual environment. Its one argument is JSON: `command`, `environment`, `descriptors` (to be 3, 4, …), `umask`, `core`
(how large a core dump may be), and `confinement`, or null: `system_calls` (names), `families` (numbers) and
`no_write_execute`. What is not in the list of system calls ends the program with SIGSYS, where the unit would have the
call fail: so a test sees every one.
"""

import ctypes
import errno
import fcntl
import json
import os
import resource
import sys

ALLOW, KILL = 0x7FFF0000, 0x80000000
EQUAL, MASKED_EQUAL = 4, 7
PR_SET_NO_NEW_PRIVS = 38
FIRST_DESCRIPTOR, SPARE_DESCRIPTOR = 3, 200


class Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


class Filter:
    def __init__(self, default):
        self.library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ctypes.c_uint32(default)))

    def rule(self, action, name, *comparisons):
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return
        array = (Comparison * max(len(comparisons), 1))(*comparisons)
        self._check(
            self.library.seccomp_rule_add_array(
                self.context, ctypes.c_uint32(action), number, len(comparisons), ctypes.byref(array)
            )
        )

    def load(self):
        self._check(self.library.seccomp_load(self.context))

    @staticmethod
    def _check(status):
        if status < 0:
            raise OSError(-status, os.strerror(-status))


def fails(code):
    return 0x00050000 | code


def confine(confinement):
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    # The list comes last: it need not allow what installs the others.
    families = Filter(ALLOW)
    for family in range(64):
        if family not in confinement["families"]:
            families.rule(fails(errno.EAFNOSUPPORT), "socket", Comparison(0, EQUAL, family, 0))
    families.load()
    if confinement["no_write_execute"]:
        memory = Filter(ALLOW)
        memory.rule(fails(errno.EPERM), "mmap", Comparison(2, MASKED_EQUAL, 0x6, 0x6))
        memory.rule(fails(errno.EPERM), "mprotect", Comparison(2, MASKED_EQUAL, 0x4, 0x4))
        memory.rule(fails(errno.EPERM), "pkey_mprotect", Comparison(2, MASKED_EQUAL, 0x4, 0x4))
        memory.rule(fails(errno.EPERM), "shmat", Comparison(2, MASKED_EQUAL, 0o100000, 0o100000))
        memory.load()
    calls = Filter(KILL)
    for name in confinement["system_calls"]:
        calls.rule(ALLOW, name)
    calls.load()


def main():
    orders = json.loads(sys.argv[1])
    environment = orders["environment"]
    spare = [fcntl.fcntl(number, fcntl.F_DUPFD, SPARE_DESCRIPTOR) for number in orders["descriptors"]]
    for index, number in enumerate(spare):
        os.dup2(number, FIRST_DESCRIPTOR + index, inheritable=True)
        os.close(number)
    if spare:
        environment |= {"LISTEN_FDS": str(len(spare)), "LISTEN_PID": environment.get("LISTEN_PID", str(os.getpid()))}
    os.umask(orders["umask"])
    resource.setrlimit(resource.RLIMIT_CORE, (orders["core"], orders["core"]))
    if orders["confinement"]:
        confine(orders["confinement"])
    os.execve(orders["command"][0], orders["command"], environment)


main()
