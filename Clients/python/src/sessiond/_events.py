"""The stream of events that resumes by itself."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Optional

from ._connection import Connection
from ._errors import ConnectionFailed, ProtocolError, SessiondError, TimedOut, Unavailable, error_from_answer
from ._model import Event, as_object, optional_text
from ._pool import Connect

#: A quiet daemon sends a heartbeat every 15 s: after three that did not come the connection is taken for dead.
SILENCE_SECONDS_MAX = 45.0
BACKOFF_SECONDS_MIN = 0.1
BACKOFF_SECONDS_MAX = 5.0


class EventStream(Iterator[Event]):
    """An endless iterator over events, on a connection of its own.

    A lost connection is opened again and resumes after the last position, for as long as it takes. PositionLost,
    Forbidden and InvalidParams end the stream. One thread iterates; any thread may call `close`.
    """

    def __init__(self, connect: Connect, params: dict[str, Any], after: Optional[str], timeout: float) -> None:
        """Subscribe at once, so that nothing that happens from here on is missed."""
        self._connect = connect
        self._params = params
        self._timeout = timeout
        self._position = after
        self._subscription: Any = None
        self._connection: Optional[Connection] = None
        self._pid = os.getpid()
        self._silent_at = 0.0
        self._failures = 0
        self._retry_at = 0.0
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
        return self._position

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
        while not self._closed.is_set():
            connection = self._connection
            if connection is None:
                if not self._resume(deadline):
                    return None
                continue
            try:
                message = connection.read_message(
                    self._silent_at if deadline is None else min(deadline, self._silent_at)
                )
            except TimedOut:
                if time.monotonic() < self._silent_at:
                    return None
                self._drop_connection()
                continue
            except ProtocolError:
                raise
            except ConnectionFailed:
                self._drop_connection()
                continue
            self._silent_at = time.monotonic() + SILENCE_SECONDS_MAX
            event = self._accept(message)
            if event is not None:
                return event
        return None

    def _accept(self, message: dict[str, Any]) -> Optional[Event]:
        params = message.get("params")
        if not isinstance(params, dict) or params.get("subscription") != self._subscription:
            return None
        method = message.get("method")
        if method == "event":
            event = Event._from_result(params.get("event"))
            self._failures = 0
            # Ids are of one width and compared as text. What is not beyond the position was delivered before.
            if self._position is not None and event.id <= self._position:
                return None
            self._position = event.id
            followed = self._params.get("session")
            if followed is not None and event.data.get("previous_session") == followed:
                # The daemon follows a session to its new key; a new subscription has to begin there.
                self._params["session"] = event.subject
            return event
        if method == "events.heartbeat":
            self._position = optional_text(params, "position") or self._position
            self._failures = 0
        elif method == "events.closed":
            error = error_from_answer(params.get("error"))
            if not isinstance(error, Unavailable):
                raise error
            self._drop_connection()
            self._back_off(error)
        return None

    def _resume(self, deadline: Optional[float]) -> bool:
        """Try once to subscribe again; False where the deadline came or the stream was closed."""
        now = time.monotonic()
        due = self._retry_at if deadline is None else min(self._retry_at, deadline)
        if due > now and self._closed.wait(due - now):
            return False
        now = time.monotonic()
        if deadline is not None and now >= deadline:
            return False
        try:
            self._subscribe(now + self._timeout)
        except ProtocolError:
            raise
        except (ConnectionFailed, Unavailable) as error:
            self._back_off(error)
            return True
        # The next attempt waits, unless an event or a heartbeat has come by then.
        self._back_off(None)
        return True

    def _subscribe(self, deadline: float) -> None:
        params = dict(self._params)
        if self._position is not None:
            params["after"] = self._position
        connection = self._connect(deadline)
        try:
            result = as_object(connection.call("events.subscribe", params, deadline))
            self._subscription = result.get("subscription")
            if self._subscription is None:
                raise ProtocolError("sessiond answered a subscription without its number")
            if self._position is None:
                # A journal without any event has no newest one: whatever comes is then the oldest.
                self._position = optional_text(result, "position") or ""
        except BaseException:
            connection.close()
            raise
        with self._state:
            self._connection = connection
        self._silent_at = time.monotonic() + SILENCE_SECONDS_MAX

    def _back_off(self, error: Optional[SessiondError]) -> None:
        seconds = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS_MIN * 2 ** min(self._failures, 10))
        self._failures += 1
        asked = error.retry_after if error is not None and error.retry_after is not None else 0.0
        jittered = seconds * random.uniform(0.5, 1.0)  # noqa: S311
        self._retry_at = time.monotonic() + max(jittered, min(asked, BACKOFF_SECONDS_MAX))

    def _drop_connection(self) -> None:
        with self._state:
            connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()
