"""A pool of connections for each event loop."""

from __future__ import annotations

import asyncio
import os
import threading

from .._errors import SessiondError
from ._pool import Connect, Pool


class Pools:
    """The pools of a client, which threads with event loops of their own may share: a connection belongs to one."""

    def __init__(self, connect: Connect, size: int) -> None:
        """Start without any. `size`: of each pool."""
        self._connect = connect
        self._size = size
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._closed = False

    def of_here(self) -> Pool:
        """Return the running loop's pool, made where there is none."""
        loop = asyncio.get_running_loop()
        return self._pools.get(loop) or self._made(loop)

    def close(self) -> None:
        """Close all pools."""
        with self._lock:
            self._closed = True
            for loop, pool in self._pools.items():
                if loop.is_closed() or loop is asyncio.get_running_loop():
                    pool.close()
                else:
                    loop.call_soon_threadsafe(pool.close)

    def _made(self, loop: asyncio.AbstractEventLoop) -> Pool:
        with self._lock:
            if self._closed:
                raise SessiondError("this client was closed")
            if self._pid != os.getpid():
                # A forked child: what its parent has open is none of its own.
                self._pid = os.getpid()
                ended = list(self._pools)
            else:
                ended = [other for other in self._pools if other.is_closed()]
            for other in ended:
                self._pools.pop(other).close()
            self._pools[loop] = Pool(self._connect, self._size)
            return self._pools[loop]
