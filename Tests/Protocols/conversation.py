"""One connection to the daemon: sends what a vector says and keeps every line that comes."""

import contextlib
import os
import queue
import socket
import threading

CLOSED = object()


class Conversation:
    """A connected socket whose lines are read at once, so that a long pipeline cannot block both sides."""

    def __init__(self, path, uid=None):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _as_user(path, uid):
            self.socket.connect(os.fspath(path))
        self.lines = queue.Queue()
        self.closed = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def send(self, data):
        """Sends bytes; a daemon that has closed meanwhile is noticed when reading."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def close_write(self):
        """Half-closes: nothing more will be sent, answers can still come."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def next_line(self, timeout):
        """The next line with its end, CLOSED where the daemon has closed, or None when the time is over."""
        if self.closed:
            return CLOSED
        try:
            line = self.lines.get(timeout=timeout)
        except queue.Empty:
            return None
        self.closed = line is CLOSED
        return line

    def hang_up(self):
        """Leaves without waiting for anything."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.reader.join()
        self.socket.close()

    def _read(self):
        with contextlib.suppress(ConnectionResetError), self.socket.makefile("rb") as lines:
            for line in lines:
                self.lines.put(line)
        self.lines.put(CLOSED)


@contextlib.contextmanager
def _as_user(path, uid):
    """Connects as another effective user with the group of the socket: SO_PEERCRED tells the daemon those."""
    if uid is None:
        yield
        return
    before = os.getegid(), os.geteuid()
    os.setegid(os.stat(path).st_gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(before[1])
        os.setegid(before[0])
