"""The stream of events that resumes by itself."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Optional

from ._connection import Connection
from ._errors import ConnectionFailed, ProtocolError, SessiondError, TimedOut, Unavailable
from ._model import Event
from ._pool import Connect
from ._subscription import Subscription


class EventStream(Iterator[Event]):
    """An endless iterator over events, on a connection of its own.

    A lost connection is opened again and resumes after the last position, for as long as it takes. PositionLost,
    Forbidden and InvalidParams end the stream. One thread iterates; any thread may call `close`.
    """

    def __init__(self, connect: Connect, params: dict[str, Any], after: Optional[str], timeout: float) -> None:
        """Subscribe at once, so that nothing that happens from here on is missed."""
        self._connect = connect
        self._subscription = Subscription(params, after)
        self._timeout = timeout
        self._connection: Optional[Connection] = None
        self._pid = os.getpid()
        self._closed = threading.Event()
        self._reading = threading.Lock()
        self._state = threading.RLock()
        self._subscribe(time.monotonic() + timeout)

    def __enter__(self) -> EventStream:
        """Return the stream itself."""
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        """Close the stream."""
        self.close()

    def __next__(self) -> Event:
        """Wait for the next event; after `close` the iteration is over."""
        event = self.poll()
        if event is None:
            raise StopIteration
        return event

    @property
    def position(self) -> Optional[str]:
        """The position up to which everything was delivered: the `after` of a later subscription."""
        return self._subscription.position

    @property
    def closed(self) -> bool:
        """Whether the stream has ended."""
        return self._closed.is_set()

    @property
    def connected(self) -> bool:
        """Whether the subscription stands; where not, reading the stream tries to resume it."""
        return self._connection is not None

    def poll(self, timeout: Optional[float] = None) -> Optional[Event]:
        """Return the next event, or None where there was none within `timeout` seconds or the stream was closed."""
        if self._pid != os.getpid():
            self._start_over_in_child()
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            with self._reading:
                return self._read(deadline)
        except SessiondError:
            self._closed.set()
            raise
        finally:
            # After the lock is free: `close` may have come too late to get it, and too late for the loop to see it.
            if self._closed.is_set():
                self._release()

    def close(self) -> None:
        """End the stream and wake the thread that waits for an event."""
        self._closed.set()
        if self._pid != os.getpid():
            self._start_over_in_child()
        with self._state:
            if self._connection is not None:
                self._connection.shut_down()
        self._release()

    def _release(self) -> None:
        # Closing a descriptor under a thread that reads it would let it read whatever gets the same number next.
        if self._reading.acquire(blocking=False):
            try:
                self._drop_connection()
            finally:
                self._reading.release()

    def _start_over_in_child(self) -> None:
        """Leave the connection to the parent, and its locks, which a thread that is not here may hold for ever."""
        self._pid = os.getpid()
        self._reading, self._state = threading.Lock(), threading.RLock()
        self._drop_connection()

    def _read(self, deadline: Optional[float]) -> Optional[Event]:
        subscription = self._subscription
        while not self._closed.is_set():
            connection = self._connection
            if connection is None:
                if not self._resume(deadline):
                    return None
                continue
            silent_at = subscription.silent_at
            try:
                message = connection.read_message(silent_at if deadline is None else min(deadline, silent_at))
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

    def _resume(self, deadline: Optional[float]) -> bool:
        """Try once to subscribe again; False where the deadline came or the stream was closed."""
        subscription = self._subscription
        now = time.monotonic()
        due = subscription.retry_at if deadline is None else min(subscription.retry_at, deadline)
        if due > now and self._closed.wait(due - now):
            return False
        now = time.monotonic()
        if deadline is not None and now >= deadline:
            return False
        failure: Optional[SessiondError] = None
        try:
            self._subscribe(now + self._timeout)
        except ProtocolError:
            raise
        except (ConnectionFailed, Unavailable) as error:
            failure = error
        # Also after a success the next attempt waits, unless an event or a heartbeat has come by then.
        subscription.back_off(failure, time.monotonic())
        return True

    def _subscribe(self, deadline: float) -> None:
        connection = self._connect(deadline)
        try:
            self._subscription.begin(connection.call(self._subscription.call(), deadline), time.monotonic())
        except BaseException:
            connection.close()
            raise
        with self._state:
            self._connection = connection

    def _drop_connection(self) -> None:
        with self._state:
            connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()
