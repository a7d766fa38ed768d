"""A peer that speaks like a Redis, until a test has it misbehave: a real one cannot be made to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

#: What takes the place of a reply: its bytes, or pieces that are sent as long as the other side takes them.
Misdeed = Callable[[list[bytes]], Iterable[bytes]]


class ScriptedRedis:
    """Serves strings under `values`. A command that `misdeeds` name is answered by its misdeed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "scripted.sock"
        self.values: dict[bytes, bytes] = {}
        self.misdeeds: dict[bytes, Misdeed] = {}
        #: The commands that were answered by a misdeed.
        self.misdone: set[bytes] = set()
        self.connection_count = 0
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(self.path))
        self._server.listen()
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"unix://{self.path}?db=0"

    def say(self, data: bytes) -> None:
        """Send bytes over every connection, unasked."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.sendall(data)

    def hang_up(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.close()
        self.hang_up()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connection_count += 1
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            while (command := _command(stream)) is not None:
                misdeed = self.misdeeds.get(command[0].upper())
                if misdeed is None:
                    connection.sendall(self._reply(command))
                    continue
                self.misdone.add(command[0].upper())
                for piece in misdeed(command):
                    connection.sendall(piece)
        self._connections.remove(connection)

    def _reply(self, command: list[bytes]) -> bytes:
        name, *arguments = command
        match name.upper():
            case b"PING":
                return b"+PONG\r\n"
            case b"ROLE":
                return b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
            case b"CONFIG":
                return array([b"notify-keyspace-events", b"AKE"])
            case b"SCAN":
                return b"*2\r\n$1\r\n0\r\n" + array(list(self.values))
            case b"GETRANGE":
                return string(self.values.get(arguments[0], b""))
            case b"GET":
                return string(self.values.get(arguments[0]))
            case b"PTTL":
                return b":1000000\r\n" if arguments[0] in self.values else b":-2\r\n"
            case b"SUBSCRIBE" | b"PSUBSCRIBE":
                return b"*3\r\n" + string(name.lower()) + string(arguments[0]) + b":1\r\n"
            case b"CLIENT" if arguments[0].upper() == b"ID":
                return b":7\r\n"
            case b"CLIENT" if arguments[0].upper() == b"TRACKINGINFO":
                return b"*2\r\n$5\r\nflags\r\n*1\r\n$2\r\non\r\n"
        return b"+OK\r\n"


def string(value: bytes | None) -> bytes:
    return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


def array(values: list) -> bytes:
    return b"*%d\r\n" % len(values) + b"".join(string(value) for value in values)


def _command(stream: BinaryIO) -> list[bytes] | None:
    head = stream.readline()
    if not head.startswith(b"*"):
        return None
    words = []
    for _ in range(int(head[1:])):
        length = stream.readline()[1:]
        if not length:
            # The other side went in the middle of it.
            return None
        words.append(stream.read(int(length) + 2)[:-2])
    return words
