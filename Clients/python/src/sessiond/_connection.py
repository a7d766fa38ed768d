"""One connection to the daemon, with IO that blocks, each operation under a deadline of the monotonic clock."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from typing import Any

from ._errors import ProtocolError
from ._protocol import (
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

#: The socket's timeout is left as it is where it ends so many seconds after the deadline at most, and never before it:
#: setting it is a system call.
_TIMEOUT_SECONDS_EXCESS = 0.01


class Connection:
    """A connected Unix socket that speaks one JSON-RPC message a line.

    It serves one thread at a time. A connection on which an exchange failed holds half an answer at best and must be
    closed by whoever owns it.
    """

    def __init__(self, path: str, deadline: float) -> None:
        """Connect to the socket at `path`, or raise ConnectionFailed with what to do about it."""
        self._conversation = Conversation()
        self._timeout = -1.0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._connect(path, deadline)
        except BaseException as error:
            self._socket.close()
            if isinstance(error, OSError):
                raise connecting_failed(path, error) from None
            raise

    def _connect(self, path: str, deadline: float) -> None:
        while True:
            self._set_timeout(deadline)
            try:
                return self._socket.connect(path)
            except BlockingIOError:
                # The queue of those that wait to be accepted is full.
                time.sleep(QUEUE_SECONDS)

    def call(self, call: Call[Result], deadline: float) -> Result:
        """Make a call and return its result, or raise the error that was answered.

        Notifications and answers to other requests are passed over.
        """
        conversation = self._conversation
        line = conversation.request(call)
        self._set_timeout(deadline)
        try:
            self._send(line, deadline)
        except ConnectionLost:
            # A daemon that refuses a connection says why before it closes it.
            with contextlib.suppress(ConnectionLost, ProtocolError):
                raise_farewell(self.read_message(deadline))
            raise
        while True:
            answer = conversation.answer()
            if answer is not None:
                return call.read(result_of(answer))
            self._receive(deadline)

    def read_message(self, deadline: float) -> dict[str, Any]:
        """Return the next line's JSON object; raise TimedOut, ConnectionLost or ProtocolError.

        After TimedOut the connection may be read again: what came so far is kept.
        """
        while True:
            message = self._conversation.message()
            if message is not None:
                return message
            self._receive(deadline)

    def shut_down(self) -> None:
        """Wake a thread that is reading: it gets ConnectionLost."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket. In a forked child this leaves the parent's connection alone."""
        self._socket.close()

    def _send(self, data: bytes, deadline: float) -> None:
        try:
            # Nearly always there is room for a line: to write it at once saves the socket's own look whether there is.
            try:
                written = os.write(self._socket.fileno(), data)
            except BlockingIOError:
                written = 0
            if written < len(data):
                self._set_timeout(deadline)
                self._socket.sendall(data[written:])
        except socket.timeout:
            raise timed_out() from None
        except OSError:
            raise lost() from None

    def _receive(self, deadline: float) -> None:
        try:
            self._set_timeout(deadline)
            chunk = self._socket.recv(READ_BYTES)
        except socket.timeout:
            raise timed_out() from None
        except OSError:
            raise lost() from None
        self._conversation.receive(chunk)

    def _set_timeout(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise timed_out()
        if not remaining <= self._timeout < remaining + _TIMEOUT_SECONDS_EXCESS:
            self._timeout = min(remaining, 86_400.0) + _TIMEOUT_SECONDS_EXCESS / 2
            self._socket.settimeout(self._timeout)
