"""A small pool of connections, for the threads of one process."""

from __future__ import annotations

import os
import queue
import time
from typing import Callable, Optional

from ._connection import Connection
from ._errors import SessiondError
from ._protocol import all_busy

#: Opens a connection before a deadline of the monotonic clock.
Connect = Callable[[float], Connection]


class Pool:
    """At most `size` connections at a time, the latest used first; a thread waits for one within its deadline.

    A pool belongs to the process that made it: see `pid`. It has no lock of its own, which would cost more than the
    rest: taking from and adding to the end of a list, and a SimpleQueue, are atomic by themselves.
    """

    def __init__(self, connect: Connect, size: int) -> None:
        """Start empty: connections are opened when they are first needed."""
        #: The process that the connections belong to. A forked child makes a new pool, since two processes on one
        #: connection would read each other's answers.
        self.pid = os.getpid()
        self._connect = connect
        self._permits: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(size):
            self._permits.put(None)
        self._idle: list[Connection] = []
        self._closed = False

    def acquire(self, deadline: float) -> None:
        """Take the right to one connection, or raise TimedOut where all are taken until the deadline."""
        try:
            self._permits.get_nowait()
        except queue.Empty:
            try:
                self._permits.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise all_busy() from None

    def release(self) -> None:
        """Give the right back."""
        self._permits.put(None)

    def take_idle(self) -> Optional[Connection]:
        """Take the connection that was used last, or None."""
        if self._closed:
            raise SessiondError("this client was closed")
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def open(self, deadline: float) -> Connection:
        """Open a new connection."""
        return self._connect(deadline)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection on which the last exchange was complete."""
        self._idle.append(connection)
        # Looked at after the connection lies there: whichever of the two comes second, here or in `close`, closes it.
        if self._closed:
            self.drop_idle()

    def drop_idle(self) -> None:
        """Close what is idle: after a restart of the daemon all of it is dead."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return
            connection.close()

    def close(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        self._closed = True
        self.drop_idle()

    def abandon(self) -> None:
        """Close the descriptors that a forked child inherited."""
        self.drop_idle()
