"""One connection to the daemon: lines in, lines out, each operation under a deadline."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import Any

from ._errors import ConnectionFailed, InvalidParams, ProtocolError, TimedOut, error_from_answer
from ._model import as_object

#: The daemon's own limits (`server.info`).
REQUEST_BYTES_MAX = 65_536
ANSWER_BYTES_MAX = 16_777_216

_READ_BYTES = 65_536


class ConnectionLost(ConnectionFailed):
    """The other side closed a connection that had stood."""


class Connection:
    """A connected Unix socket that speaks one JSON-RPC message a line.

    It serves one thread at a time. A connection on which an exchange failed holds half an answer at best and must be
    closed by whoever owns it.
    """

    def __init__(self, path: str, deadline: float) -> None:
        """Connect to the socket at `path`, or raise ConnectionFailed with what to do about it."""
        self._buffer = bytearray()
        self._scanned = 0
        self._next_id = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._connect(path, deadline)
        except BaseException as error:
            self._socket.close()
            if isinstance(error, OSError):
                raise _failure(path, error) from None
            raise

    def _connect(self, path: str, deadline: float) -> None:
        while True:
            self._socket.settimeout(_remaining(deadline))
            try:
                return self._socket.connect(path)
            except BlockingIOError:
                # The queue of those that wait to be accepted is full.
                time.sleep(0.005)

    def call(self, method: str, params: dict[str, Any], deadline: float) -> Any:
        """Send a request and return its `result`, or raise the error that was answered.

        Notifications and answers to other requests are passed over.
        """
        self._next_id += 1
        line = json.dumps(
            {"jsonrpc": "2.0", "id": self._next_id, "method": method, "params": params}, separators=(",", ":")
        ).encode("ascii")
        if len(line) > REQUEST_BYTES_MAX:
            raise InvalidParams(f"the request is longer than the {REQUEST_BYTES_MAX} bytes that sessiond takes")
        try:
            self._send(line + b"\n", deadline)
        except ConnectionLost:
            # A daemon that refuses a connection says why before it closes it.
            self._read_farewell(deadline)
            raise
        while True:
            message = self.read_message(deadline)
            if "method" in message or ("result" not in message and "error" not in message):
                continue
            # An error without an id is about a line that was not understood: here, ours.
            if message.get("id") == self._next_id or (message.get("id") is None and "error" in message):
                break
        if "error" in message:
            raise error_from_answer(message["error"])
        return message["result"]

    def read_message(self, deadline: float) -> dict[str, Any]:
        """Return the next line's JSON object; raise TimedOut, ConnectionLost or ProtocolError.

        After TimedOut the connection may be read again: what came so far is kept.
        """
        line = self._read_line(deadline)
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            # The decoder's own error would carry the line.
            raise ProtocolError("sessiond sent a line that is no JSON") from None
        return as_object(message)

    def _read_farewell(self, deadline: float) -> None:
        with contextlib.suppress(ConnectionLost, ProtocolError):
            message = self.read_message(deadline)
            if message.get("id") is None and "error" in message:
                raise error_from_answer(message["error"])

    def shut_down(self) -> None:
        """Wake a thread that is reading: it gets ConnectionLost."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket. In a forked child this leaves the parent's connection alone."""
        self._socket.close()

    def _send(self, data: bytes, deadline: float) -> None:
        try:
            self._socket.settimeout(_remaining(deadline))
            self._socket.sendall(data)
        except socket.timeout:
            raise _timed_out() from None
        except OSError:
            raise _lost() from None

    def _read_line(self, deadline: float) -> bytes:
        while True:
            end = self._buffer.find(b"\n", self._scanned)
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                self._scanned = 0
                return line
            self._scanned = len(self._buffer)
            if self._scanned > ANSWER_BYTES_MAX:
                raise ProtocolError(f"sessiond sent a line longer than {ANSWER_BYTES_MAX} bytes")
            try:
                self._socket.settimeout(_remaining(deadline))
                chunk = self._socket.recv(_READ_BYTES)
            except socket.timeout:
                raise _timed_out() from None
            except OSError:
                raise _lost() from None
            if not chunk:
                raise _lost()
            self._buffer += chunk


def _remaining(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise _timed_out()
    return min(remaining, 86_400.0)


def _timed_out() -> TimedOut:
    return TimedOut("sessiond did not answer in time: `sessiond status` shows whether it is well")


def _lost() -> ConnectionLost:
    return ConnectionLost("sessiond closed the connection before it answered: was it stopped?")


def _failure(path: str, error: OSError) -> ConnectionFailed:
    if isinstance(error, socket.timeout):
        return TimedOut(f"sessiond did not accept a connection at {path} in time: is it overloaded or stopped?")
    if isinstance(error, FileNotFoundError):
        return ConnectionFailed(
            f"no socket at {path}: is sessiond running? Start it with `sessiond serve`, or name its socket in "
            "SESSIOND_SOCKET or Client(socket_path=…)"
        )
    if isinstance(error, ConnectionRefusedError):
        return ConnectionFailed(f"nobody listens at {path}: sessiond has ended; start it with `sessiond serve`")
    if isinstance(error, PermissionError):
        return ConnectionFailed(
            f"this process may not open {path}: put its user into the socket's group (`--socket-group`, "
            "`--socket-mode` of `sessiond serve`)"
        )
    return ConnectionFailed(f"cannot connect to {path}: {error.strerror or error}")
