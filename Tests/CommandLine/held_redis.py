"""A way to Redis on which much of what it says is held back until a test lets it go."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

from processes import DEADLINE_SECONDS


class HeldRedis:
    """Passes on what Redis says, but on each connection no more than `byte_count` bytes of it until `release`."""

    def __init__(self, folder: Path, target: Path, byte_count: int) -> None:
        self.path = folder / "held.sock"
        self._target = target
        self._byte_count = byte_count
        self._released = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"unix://{self.path}?db=0"

    def release(self) -> None:
        self._released.set()

    def close(self) -> None:
        self.release()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._target))
                self._sockets += [client, server]
                threading.Thread(target=self._pass, args=(client, server, None), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, self._byte_count), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, byte_count: int | None) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if byte_count is not None and passed + len(data) > byte_count:
                    self._released.wait(DEADLINE_SECONDS)
                passed += len(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
