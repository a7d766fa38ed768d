"""A small pool of connections, for the tasks of one event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from typing import Callable, Optional

from .._errors import SessiondError
from .._protocol import all_busy
from ._connection import Connection
from ._waiting import settle, wait

#: Opens a connection before a deadline of the monotonic clock.
Connect = Callable[[float], Awaitable[Connection]]


class Pool:
    """At most `size` connections at a time, the latest used first; a task waits for one within its deadline.

    A pool belongs to the event loop in which it was made.
    """

    def __init__(self, connect: Connect, size: int) -> None:
        """Start empty: connections are opened when they are first needed."""
        self._loop = asyncio.get_running_loop()
        self._connect = connect
        self._permit_count = size
        #: Those who wait for a permit, the first come first; a permit that is given back goes straight to them.
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._idle: list[Connection] = []
        self._closed = False

    async def acquire(self, deadline: float) -> None:
        """Take the right to one connection, or raise TimedOut where all are taken until the deadline."""
        if self._permit_count > 0:
            self._permit_count -= 1
            return
        turn: asyncio.Future[bool] = self._loop.create_future()
        self._waiting.append(turn)
        try:
            came = await wait(turn, deadline)
        except asyncio.CancelledError:
            # The turn may have come in the very moment: then it is the next one's.
            if turn.done() and not turn.cancelled() and turn.result():
                self.release()
            raise
        if not came:
            raise all_busy()

    def release(self) -> None:
        """Give the right to whoever waits first, or back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                settle(turn, True)
                return
        self._permit_count += 1

    def take_idle(self) -> Optional[Connection]:
        """Take the connection that was used last, or None."""
        if self._closed:
            raise SessiondError("this client was closed")
        return self._idle.pop() if self._idle else None

    async def open(self, deadline: float) -> Connection:
        """Open a new connection."""
        return await self._connect(deadline)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection on which the last exchange was complete."""
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def drop_idle(self) -> None:
        """Close what is idle: after a restart of the daemon all of it is dead."""
        while self._idle:
            self._idle.pop().close()

    def close(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        self._closed = True
        self.drop_idle()
