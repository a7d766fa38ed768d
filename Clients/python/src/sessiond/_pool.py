"""A small pool of connections, for the threads of one process."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from typing import Callable, Optional

from ._connection import Connection
from ._errors import SessiondError, TimedOut

#: Opens a connection before a deadline of the monotonic clock.
Connect = Callable[[float], Connection]


class Pool:
    """At most `size` connections at a time, the latest used first; a thread waits for one within its deadline.

    A pool belongs to the process that made it: see `pid`.
    """

    def __init__(self, connect: Connect, size: int) -> None:
        """Start empty: connections are opened when they are first needed."""
        #: The process that the connections belong to. A forked child makes a new pool, since two processes on one
        #: connection would read each other's answers.
        self.pid = os.getpid()
        self._connect = connect
        self._permits = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False

    @contextlib.contextmanager
    def permit(self, deadline: float) -> Iterator[None]:
        """Hold the right to one connection, or raise TimedOut where all are taken until the deadline."""
        if not self._permits.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise TimedOut("all connections of this client are busy: raise its pool_size or its timeout")
        try:
            yield
        finally:
            self._permits.release()

    def take_idle(self) -> Optional[Connection]:
        """Take the connection that was used last, or None."""
        with self._lock:
            if self._closed:
                raise SessiondError("this client was closed")
            return self._idle.pop() if self._idle else None

    def open(self, deadline: float) -> Connection:
        """Open a new connection."""
        return self._connect(deadline)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection on which the last exchange was complete."""
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def drop_idle(self) -> None:
        """Close what is idle: after a restart of the daemon all of it is dead."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        with self._lock:
            self._closed = True
        self.drop_idle()

    def abandon(self) -> None:
        """Close the descriptors that a forked child inherited, without the lock, which may be held for ever there."""
        for connection in self._idle:
            connection.close()
