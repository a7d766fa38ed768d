"""The asyncio client behind the blocking one's methods, so that every test of the one is a test of the other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, Callable, Optional, TypeVar

from sessiond import aio

Result = TypeVar("Result")


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class AwaitedClient:
    def __init__(self, loop: Loop, *arguments: Any, **named: Any) -> None:
        self._run = loop.run
        self._client = aio.Client(*arguments, **named)

    def __enter__(self) -> AwaitedClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._client)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        return lambda *arguments, **named: self._run(method(*arguments, **named))

    def events(self, *arguments: Any, **named: Any) -> AwaitedStream:
        return AwaitedStream(self._run, self._client.events(*arguments, **named))

    @property
    def _timeout(self) -> float:
        return self._client._timeout

    @_timeout.setter
    def _timeout(self, seconds: float) -> None:
        self._client._timeout = seconds


class AwaitedStream(Iterator[Any]):
    """Subscribes at once, as the blocking stream does."""

    def __init__(self, run: Callable[[Coroutine[Any, Any, Any]], Any], stream: aio.EventStream) -> None:
        self._run, self._stream = run, stream
        run(stream.__aenter__())

    def __enter__(self) -> AwaitedStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __next__(self) -> Any:
        event = self.poll()
        if event is None:
            raise StopIteration
        return event

    def poll(self, timeout: Optional[float] = None) -> Any:
        return self._run(self._stream.poll(timeout))

    def close(self) -> None:
        self._run(self._stream.close())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
