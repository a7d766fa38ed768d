"""A daemon that does what a test tells it: a Unix socket, and a function for each connection."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from pathlib import Path
from typing import Any, Callable, Optional


class Peer:
    """The server's side of one connection."""

    def __init__(self, connection: socket.socket, number: int) -> None:
        self.connection = connection
        #: How many connections came before this one.
        self.number = number
        self._lines = connection.makefile("rb")

    def read(self) -> Optional[dict[str, Any]]:
        """Return the next request, or None where the client has hung up."""
        with contextlib.suppress(OSError):
            line = self._lines.readline()
            return json.loads(line) if line else None
        return None

    def send(self, message: Any) -> None:
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def send_bytes(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self.connection.sendall(data)

    def answer(self, request: dict[str, Any], result: Any) -> None:
        self.send({"jsonrpc": "2.0", "id": request["id"], "result": result})

    def refuse(self, request: dict[str, Any], code: int, data: Optional[dict[str, Any]] = None) -> None:
        error = {"code": code, "message": "refused"} | ({} if data is None else {"data": data})
        self.send({"jsonrpc": "2.0", "id": request["id"], "error": error})

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self._lines.close()
        self.connection.close()


class ScriptedServer:
    """Listens at `path` and runs `script(peer)` in a thread for every connection; the connection ends with it."""

    def __init__(self, path: Path, script: Callable[[Peer], None]) -> None:
        self.path = str(path)
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.failures: list[BaseException] = []
        self.connection_count = 0
        self._peers: list[Peer] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(64)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def read(self, peer: Peer) -> Optional[dict[str, Any]]:
        """Read a request from a peer and remember it."""
        request = peer.read()
        if request is not None:
            self.requests.append(request)
        return request

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        Path(self.path).unlink(missing_ok=True)
        self.hang_up()
        for thread in self._threads[1:]:
            thread.join()

    def hang_up(self) -> None:
        """Close every connection, as a daemon does that ends."""
        for peer in list(self._peers):
            with contextlib.suppress(OSError):
                peer.connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            peer = Peer(connection, self.connection_count)
            self.connection_count += 1
            self._peers.append(peer)
            thread = threading.Thread(target=self._serve, args=(peer,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: Peer) -> None:
        try:
            self.script(peer)
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            self._peers.remove(peer)
            peer.close()
