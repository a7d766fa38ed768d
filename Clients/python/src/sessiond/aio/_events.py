"""The asynchronous stream of events that resumes by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Generator
from types import TracebackType
from typing import Any, Optional

from .._errors import ConnectionFailed, ProtocolError, SessiondError, TimedOut, Unavailable
from .._model import Event
from .._subscription import Subscription
from ._connection import Connection
from ._pool import Connect
from ._waiting import settle, wait


class EventStream(AsyncIterator[Event]):
    """An endless asynchronous iterator over events, on a connection of its own.

    A lost connection is opened again and resumes after the last position, for as long as it takes. PositionLost,
    Forbidden and InvalidParams end the stream. One task iterates; any task of the loop may call `close`. A task that
    is cancelled while it waits loses no event: the next one who reads gets it.
    """

    def __init__(self, connect: Connect, params: dict[str, Any], after: Optional[str], timeout: float) -> None:
        """Prepare a stream: it subscribes when it is entered, awaited or read."""
        self._connect = connect
        self._subscription = Subscription(params, after)
        self._timeout = timeout
        self._connection: Optional[Connection] = None
        self._begun = False
        self._closed = False
        self._is_read = False
        self._pause: Optional[asyncio.Future[bool]] = None

    async def __aenter__(self) -> EventStream:
        """Subscribe, so that nothing that happens from here on is missed, and return the stream itself."""
        await self._begin()
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        """Close the stream."""
        await self.close()

    def __await__(self) -> Generator[Any, None, EventStream]:
        """Subscribe, and return the stream itself."""
        return self.__aenter__().__await__()

    async def __anext__(self) -> Event:
        """Wait for the next event; after `close` the iteration is over."""
        event = await self.poll()
        if event is None:
            raise StopAsyncIteration
        return event

    @property
    def position(self) -> Optional[str]:
        """The position up to which everything was delivered: the `after` of a later subscription."""
        return self._subscription.position

    @property
    def closed(self) -> bool:
        """Whether the stream has ended."""
        return self._closed

    @property
    def connected(self) -> bool:
        """Whether the subscription stands; where not, reading the stream tries to resume it."""
        return self._connection is not None

    async def poll(self, timeout: Optional[float] = None) -> Optional[Event]:
        """Return the next event, or None where there was none within `timeout` seconds or the stream was closed."""
        if self._is_read:
            raise RuntimeError("another task reads this stream of events: give each its own")
        deadline = None if timeout is None else time.monotonic() + timeout
        self._is_read = True
        try:
            await self._begin()
            return await self._read(deadline)
        except SessiondError:
            self._closed = True
            raise
        finally:
            self._is_read = False
            if self._closed:
                self._drop_connection()

    async def close(self) -> None:
        """End the stream and wake the task that waits for an event."""
        self._closed = True
        if self._pause is not None:
            settle(self._pause, True)
        if not self._is_read:
            self._drop_connection()
        elif self._connection is not None:
            # Closing a descriptor that the loop watches would leave it watching: who reads closes it.
            self._connection.shut_down()

    aclose = close

    async def _begin(self) -> None:
        if self._begun or self._closed:
            return
        await self._subscribe(time.monotonic() + self._timeout)
        self._begun = True

    async def _read(self, deadline: Optional[float]) -> Optional[Event]:
        subscription = self._subscription
        while not self._closed:
            connection = self._connection
            if connection is None:
                if not await self._resume(deadline):
                    return None
                continue
            silent_at = subscription.silent_at
            try:
                message = await connection.read_message(silent_at if deadline is None else min(deadline, silent_at))
            except TimedOut:
                if time.monotonic() < silent_at:
                    return None
                self._drop_connection()
                continue
            except ProtocolError:
                raise
            except ConnectionFailed:
                self._drop_connection()
                continue
            try:
                event = subscription.accept(message, time.monotonic())
            except Unavailable as error:
                self._drop_connection()
                subscription.back_off(error, time.monotonic())
                continue
            if event is not None:
                return event
        return None

    async def _resume(self, deadline: Optional[float]) -> bool:
        """Try once to subscribe again; False where the deadline came or the stream was closed."""
        subscription = self._subscription
        due = subscription.retry_at if deadline is None else min(subscription.retry_at, deadline)
        if due > time.monotonic() and await self._sleep(due):
            return False
        now = time.monotonic()
        if deadline is not None and now >= deadline:
            return False
        failure: Optional[SessiondError] = None
        try:
            await self._subscribe(now + self._timeout)
        except ProtocolError:
            raise
        except (ConnectionFailed, Unavailable) as error:
            failure = error
        # Also after a success the next attempt waits, unless an event or a heartbeat has come by then.
        subscription.back_off(failure, time.monotonic())
        return True

    async def _sleep(self, until: float) -> bool:
        """Wait until a moment; True where the stream was closed meanwhile."""
        self._pause = asyncio.get_running_loop().create_future()
        try:
            return await wait(self._pause, until)
        finally:
            self._pause = None

    async def _subscribe(self, deadline: float) -> None:
        connection = await self._connect(deadline)
        try:
            result = await connection.call(self._subscription.call(), deadline)
            self._subscription.begin(result, time.monotonic())
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
