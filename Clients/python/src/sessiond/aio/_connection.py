"""One connection to the daemon, with IO for asyncio, each operation under a deadline of the monotonic clock.

The socket is the connection's own and no transport's: nothing is read before somebody asks, so nothing piles up, and it
can be closed when its loop is gone or was left behind in the parent by a fork.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import Any, Callable

from .._errors import ProtocolError
from .._protocol import (
    QUEUE_SECONDS,
    READ_BYTES,
    Call,
    ConnectionLost,
    Conversation,
    Result,
    connecting_failed,
    lost,
    raise_farewell,
    result_of,
    timed_out,
)
from ._waiting import settle, wait


class Connection:
    """A connected Unix socket that speaks one JSON-RPC message a line.

    It serves one task at a time. A connection on which an exchange failed or was cancelled holds half an answer at best
    and must be closed by whoever owns it.
    """

    def __init__(self) -> None:
        """Prepare a connection; see `open`."""
        self._conversation = Conversation()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.setblocking(False)

    @classmethod
    async def open(cls, path: str, deadline: float) -> Connection:
        """Connect to the socket at `path`, or raise ConnectionFailed with what to do about it."""
        connection = cls()
        try:
            await connection._connect(path, deadline)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError):
                raise connecting_failed(path, error) from None
            raise
        return connection

    async def _connect(self, path: str, deadline: float) -> None:
        while True:
            if time.monotonic() >= deadline:
                raise timed_out()
            try:
                # A Unix socket connects at once or not at all.
                return self._socket.connect(path)
            except BlockingIOError:
                # The queue of those that wait to be accepted is full.
                await asyncio.sleep(QUEUE_SECONDS)

    async def call(self, call: Call[Result], deadline: float) -> Result:
        """Make a call and return its result, or raise the error that was answered.

        Notifications and answers to other requests are passed over.
        """
        conversation = self._conversation
        line = conversation.request(call)
        try:
            await self._send(line, deadline)
        except ConnectionLost:
            # A daemon that refuses a connection says why before it closes it.
            with contextlib.suppress(ConnectionLost, ProtocolError):
                raise_farewell(await self.read_message(deadline))
            raise
        while True:
            answer = conversation.answer()
            if answer is not None:
                return call.read(result_of(answer))
            await self._receive(deadline)

    async def read_message(self, deadline: float) -> dict[str, Any]:
        """Return the next line's JSON object; raise TimedOut, ConnectionLost or ProtocolError.

        After TimedOut, and after it was cancelled, the connection may be read again: what came so far is kept.
        """
        while True:
            message = self._conversation.message()
            if message is not None:
                return message
            await self._receive(deadline)

    def shut_down(self) -> None:
        """Wake a task that is reading: it gets ConnectionLost."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket. In a forked child this leaves the parent's connection alone."""
        self._socket.close()

    async def _send(self, data: bytes, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if time.monotonic() >= deadline:
                raise timed_out()
            try:
                data = data[self._socket.send(data) :]
            except BlockingIOError:
                await self._until(loop.add_writer, loop.remove_writer, deadline)
            except OSError:
                raise lost() from None
            if not data:
                return

    async def _receive(self, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        has_waited = False
        while True:
            try:
                chunk = self._socket.recv(READ_BYTES)
            except BlockingIOError:
                await self._until(loop.add_reader, loop.remove_reader, deadline)
                has_waited = True
            except OSError:
                raise lost() from None
            else:
                self._conversation.receive(chunk)
                if not has_waited:
                    # A stream that has always more to read must not keep the loop's other tasks waiting.
                    await asyncio.sleep(0)
                return

    async def _until(self, add: Callable[..., object], remove: Callable[[int], object], deadline: float) -> None:
        """Wait until the socket can be read or written; nothing is taken from it, so nothing can be lost meanwhile."""
        descriptor = self._socket.fileno()
        if descriptor < 0:
            raise lost()
        ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        add(descriptor, settle, ready, True)
        try:
            came = await wait(ready, deadline)
        finally:
            remove(descriptor)
        if not came:
            raise timed_out()
