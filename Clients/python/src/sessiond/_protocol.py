"""The protocol without IO: requests to bytes, bytes to answers. The blocking and the asyncio client share it."""

from __future__ import annotations

import json
import socket
from typing import Any, Callable, Generic, Optional, TypeVar

from ._errors import ConnectionFailed, InvalidParams, ProtocolError, TimedOut, error_from_answer
from ._model import as_object

#: The daemon's own limits (`server.info`).
REQUEST_BYTES_MAX = 65_536
ANSWER_BYTES_MAX = 16_777_216
#: How much is read at once.
READ_BYTES = 65_536
#: How long to wait before a connection is tried again that found the queue of the socket full.
QUEUE_SECONDS = 0.005

Result = TypeVar("Result")

#: `json.loads` takes twice as long, to find out the encoding and to skip white space.
_decode = json.JSONDecoder().raw_decode


class ConnectionLost(ConnectionFailed):
    """The other side closed a connection that had stood."""


class Call(Generic[Result]):
    """A method, its params as JSON text in ASCII, and how its result is read. Its representation shows none of it."""

    __slots__ = ("method", "params", "read")

    def __init__(self, method: str, params: str, read: Callable[[Any], Result]) -> None:
        """Keep the parts of the call."""
        self.method = method
        self.params = params
        self.read = read


class Conversation:
    """What was asked and what came back on one connection, one request at a time.

    Whoever owns the connection sends what `request` returns, gives what comes to `receive`, and takes `answer` or
    `message` until it is None: then more has to come.
    """

    __slots__ = ("__weakref__", "_buffer", "_last_id", "_scanned")

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self._buffer = bytearray()
        self._scanned = 0
        self._last_id = 0

    def request(self, call: Call[Any]) -> bytes:
        """Return the line that makes a call, or raise InvalidParams where the daemon would not take it."""
        self._last_id += 1
        line = f'{{"jsonrpc":"2.0","id":{self._last_id},"method":"{call.method}","params":{call.params}}}\n'.encode(
            "ascii"
        )
        if len(line) > REQUEST_BYTES_MAX + 1:
            raise InvalidParams(f"the request is longer than the {REQUEST_BYTES_MAX} bytes that sessiond takes")
        return line

    def receive(self, chunk: bytes) -> None:
        """Take what was read from the connection; nothing means that the other side closed it."""
        if not chunk:
            raise lost()
        self._buffer += chunk

    def message(self) -> Optional[dict[str, Any]]:
        """Return the next line's JSON object, None where it has not ended yet, or raise ProtocolError."""
        buffer = self._buffer
        if not buffer:
            return None
        end = buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(buffer)
            if self._scanned > ANSWER_BYTES_MAX:
                raise ProtocolError(f"sessiond sent a line longer than {ANSWER_BYTES_MAX} bytes")
            return None
        line = buffer[:end]
        del buffer[: end + 1]
        self._scanned = 0
        try:
            text = line.decode().strip()
            message, end = _decode(text)
        except (ValueError, RecursionError):
            # The decoder's own error would carry the line.
            raise ProtocolError("sessiond sent a line that is no JSON") from None
        if end != len(text):
            raise ProtocolError("sessiond sent a line that is no JSON")
        return as_object(message)

    def answer(self) -> Optional[dict[str, Any]]:
        """Return the answer to the last request, None where it has not come yet; all else is passed over."""
        while True:
            message = self.message()
            if message is None:
                return None
            if "method" in message or not ("result" in message or "error" in message):
                continue
            answered = message.get("id")
            # An error without an id is about a line that was not understood: here, ours.
            if answered == self._last_id or (answered is None and "error" in message):
                return message


def raise_farewell(message: dict[str, Any]) -> None:
    """Raise the reason that the daemon gave before it closed a connection, where this message gives one."""
    if message.get("id") is None and "error" in message:
        raise error_from_answer(message["error"])


def result_of(answer: dict[str, Any]) -> Any:
    """Return an answer's result, or raise its error."""
    if "error" in answer:
        raise error_from_answer(answer["error"])
    return answer["result"]


def is_usable_after(code: Optional[int]) -> bool:
    """Say whether a connection goes on after an error of this code.

    The daemon closes it after -32600, and cannot say to what -32700 belongs.
    """
    return code not in (None, -32600, -32700)


def timed_out() -> TimedOut:
    """Make the error of an answer that did not come in time."""
    return TimedOut("sessiond did not answer in time: `sessiond status` shows whether it is well")


def all_busy() -> TimedOut:
    """Make the error of a pool that had no connection to give in time."""
    return TimedOut("all connections of this client are busy: raise its pool_size or its timeout")


def lost() -> ConnectionLost:
    """Make the error of a connection that was closed by the other side."""
    return ConnectionLost("sessiond closed the connection before it answered: was it stopped?")


def connecting_failed(path: str, error: OSError) -> ConnectionFailed:
    """Make the error of a connection that could not be opened, with what to do about it."""
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
