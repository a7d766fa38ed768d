"""The client for asyncio."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Any, Optional, Union

from .. import _calls
from .._errors import RequestFailed
from .._model import EventPage, Identity, SessionData, SessionPage
from .._paths import find_socket
from .._protocol import Call, ConnectionLost, Result, is_usable_after
from ._connection import Connection
from ._events import EventStream
from ._pool import Pool
from ._pools import Pools


class Client:
    """Asks the daemon through its Unix socket. One client may be shared by all tasks, event loops and threads.

    Connections are opened when needed, kept, and opened again after a restart of the daemon; each event loop and a
    forked child open their own. Every method raises a SessiondError where sessiond cannot tell, which never means that
    nobody is logged in. A task that is cancelled while it asks costs its connection and nothing else.
    """

    def __init__(self, socket_path: Optional[str] = None, timeout: float = 2.0, *, pool_size: int = 8) -> None:
        """Prepare a client, in or out of an event loop; nothing is connected yet.

        `socket_path`: as of `sessiond.Client`.
        `timeout`: seconds for a whole request, connecting included. `pool_size`: how many requests may be under way.
        """
        if timeout <= 0 or pool_size < 1:
            raise ValueError("timeout and pool_size must be greater than 0")
        self._socket_path = socket_path
        self._timeout = timeout
        self._pools = Pools(self._connect, pool_size)

    async def __aenter__(self) -> Client:
        """Return the client itself."""
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        """Close the client."""
        await self.close()

    def __repr__(self) -> str:
        """Name the socket."""
        return f"<sessiond.aio.Client {self._socket_path or find_socket()}>"

    async def close(self) -> None:
        """Close the connections. Streams of events are closed by themselves, not by this."""
        self._pools.close()

    async def identity(self, session_key: str, *, confirm: bool = False) -> Identity:
        """Say who is behind a session key, the value of Django's session cookie.

        `confirm` has Redis asked for any answer; without it an answer that somebody is logged in may come from the
        daemon's cache, which is never older than its `--max-staleness`.
        """
        return await self._call(_calls.identity(session_key, confirm))

    async def get(self, session_key: str, *, confirm: bool = False) -> SessionData:
        """Return the decoded session; needs the right `read`."""
        return await self._call(_calls.get(session_key, confirm))

    async def sessions(
        self, user_id: Union[str, int, None] = None, *, limit: int = 100, after: Optional[str] = None
    ) -> SessionPage:
        """Return a page of the live sessions of a user, or of everybody; see `sessiond.Client.sessions`."""
        return await self._call(_calls.sessions(user_id, limit, after))

    def events(
        self,
        after: Optional[str] = None,
        types: Optional[Iterable[str]] = None,
        *,
        user_id: Union[str, int, None] = None,
        session: Optional[str] = None,
        session_key: Optional[str] = None,
    ) -> EventStream:
        """Return an endless asynchronous iterator over events, on a connection of its own.

        It subscribes where `async with` is entered, or where it is awaited, or else before the first event: what
        happens before then is missed. The arguments are those of `sessiond.Client.events`.
        """
        params = _calls.subscription_params(types, user_id, session, session_key)
        return EventStream(self._connect, params, after, self._timeout)

    async def query(
        self,
        after: Optional[str] = None,
        *,
        since: Union[str, datetime, None] = None,
        until: Union[str, datetime, None] = None,
        types: Optional[Iterable[str]] = None,
        user_id: Union[str, int, None] = None,
        session: Optional[str] = None,
        limit: int = 100,
        open_at: Union[str, datetime, None] = None,
    ) -> EventPage:
        """Return a page of past events, oldest first; see `sessiond.Client.query`."""
        return await self._call(_calls.query(after, since, until, types, user_id, session, limit, open_at))

    async def revoke(
        self, session_key: Optional[str] = None, *, session: Optional[str] = None, dry_run: bool = False
    ) -> int:
        """End a session, and return how many there were; see `sessiond.Client.revoke`."""
        return await self._call(_calls.revoke(session_key, session, dry_run))

    async def revoke_user(
        self,
        user_id: Union[str, int],
        *,
        except_key: Optional[str] = None,
        except_session: Optional[str] = None,
        dry_run: bool = False,
    ) -> int:
        """End all sessions of a user, or all but one; see `sessiond.Client.revoke_user`."""
        return await self._call(_calls.revoke_user(user_id, except_key, except_session, dry_run))

    async def status(self) -> dict[str, Any]:
        """Return the daemon's figures: link, sessions, cache, memory, journal, clients."""
        return await self._call(_calls.status())

    async def info(self) -> dict[str, Any]:
        """Return the daemon's version, its limits, and the rights that this process has."""
        return await self._call(_calls.info())

    async def _call(self, call: Call[Result]) -> Result:
        deadline = time.monotonic() + self._timeout
        pool = self._pools.of_here()
        await pool.acquire(deadline)
        try:
            idle = pool.take_idle()
            if idle is not None:
                try:
                    return await _exchange(pool, idle, call, deadline)
                except ConnectionLost:
                    # As in the blocking client: it was closed while it lay idle, and asking twice does no harm.
                    pool.drop_idle()
            return await _exchange(pool, await pool.open(deadline), call, deadline)
        finally:
            pool.release()

    async def _connect(self, deadline: float) -> Connection:
        # Looked up every time: the daemon may come up later, elsewhere.
        return await Connection.open(self._socket_path or find_socket(), deadline)


async def _exchange(pool: Pool, connection: Connection, call: Call[Result], deadline: float) -> Result:
    complete = False
    try:
        result = await connection.call(call, deadline)
        complete = True
        return result
    except RequestFailed as error:
        complete = is_usable_after(error.code)
        raise
    finally:
        if complete:
            pool.give_back(connection)
        else:
            connection.close()
