"""The blocking client."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Any, Optional, Union

from . import _calls
from ._connection import Connection
from ._errors import RequestFailed
from ._events import EventStream
from ._model import EventPage, Identity, SessionData, SessionPage
from ._paths import find_socket
from ._pool import Pool
from ._protocol import Call, ConnectionLost, Result, is_usable_after


class Client:
    """Asks the daemon through its Unix socket. One client may be shared by all threads of a process.

    Connections are opened when needed, kept, and opened again after a restart of the daemon; a forked child opens its
    own. Every method raises a SessiondError where sessiond cannot tell, which never means that nobody is logged in.
    """

    def __init__(self, socket_path: Optional[str] = None, timeout: float = 2.0, *, pool_size: int = 8) -> None:
        """Prepare a client; nothing is connected yet.

        `socket_path`: the daemon's socket; by default `$SESSIOND_SOCKET`, else the first that exists of
        `$RUNTIME_DIRECTORY/sessiond.sock`, `/run/sessiond/sessiond.sock`, `$XDG_RUNTIME_DIR/sessiond/sessiond.sock`.
        `timeout`: seconds for a whole request, connecting included. `pool_size`: how many requests may be under way.
        """
        if timeout <= 0 or pool_size < 1:
            raise ValueError("timeout and pool_size must be greater than 0")
        self._socket_path = socket_path
        self._timeout = timeout
        self._pool_size = pool_size
        self._pool = Pool(self._connect, pool_size)

    def __enter__(self) -> Client:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        """Close the client."""
        self.close()

    def __repr__(self) -> str:
        """Name the socket."""
        return f"<sessiond.Client {self._socket_path or find_socket()}>"

    def close(self) -> None:
        """Close the connections. Streams of events are closed by themselves, not by this."""
        (self._pool if self._pool.pid == os.getpid() else self._pool_of_child()).close()

    def identity(self, session_key: str, *, confirm: bool = False) -> Identity:
        """Say who is behind a session key, the value of Django's session cookie.

        `confirm` has Redis asked for any answer; without it an answer that somebody is logged in may come from the
        daemon's cache, which is never older than its `--max-staleness`.
        """
        return self._call(_calls.identity(session_key, confirm))

    def get(self, session_key: str, *, confirm: bool = False) -> SessionData:
        """Return the decoded session; needs the right `read`."""
        return self._call(_calls.get(session_key, confirm))

    def sessions(
        self, user_id: Union[str, int, None] = None, *, limit: int = 100, after: Optional[str] = None
    ) -> SessionPage:
        """Return a page of the live sessions of a user, or of everybody; needs the right `list`.

        `limit`: 1 to 1000. `after`: the `next` of the page before.
        """
        return self._call(_calls.sessions(user_id, limit, after))

    def events(
        self,
        after: Optional[str] = None,
        types: Optional[Iterable[str]] = None,
        *,
        user_id: Union[str, int, None] = None,
        session: Optional[str] = None,
        session_key: Optional[str] = None,
    ) -> EventStream:
        """Subscribe, on a connection of its own, and return an endless iterator over events.

        `after`: an event's id; `""` for the oldest that the journal holds; by default only what happens from now on.
        `types`: such as `["dev.sessiond.login"]`. `session` or `session_key`: follow one session through its
        rotations. Needs the right `observe`; with a `session_key` the right `identify` is enough.

        The iterator resumes by itself after a lost connection. It raises PositionLost where events are gone for good:
        list the sessions anew, then go on from the list's position.
        """
        params = _calls.subscription_params(types, user_id, session, session_key)
        return EventStream(self._connect, params, after, self._timeout)

    def query(
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
        """Return a page of past events, oldest first; needs the right `observe`.

        `since` (inclusive) and `until` (exclusive): RFC 3339 text or a datetime with a time zone. `limit`: 1 to 1000.
        `open_at`: only the logins that were open at this time, so who was logged in then.
        """
        return self._call(_calls.query(after, since, until, types, user_id, session, limit, open_at))

    def revoke(self, session_key: Optional[str] = None, *, session: Optional[str] = None, dry_run: bool = False) -> int:
        """End a session, named by its key or its fingerprint, and return how many there were; needs the right `revoke`.

        Whoever has its key is logged out, in Django and everywhere. `dry_run`: only say how many there are.
        """
        return self._call(_calls.revoke(session_key, session, dry_run))

    def revoke_user(
        self,
        user_id: Union[str, int],
        *,
        except_key: Optional[str] = None,
        except_session: Optional[str] = None,
        dry_run: bool = False,
    ) -> int:
        """End all sessions of a user, and return how many there were; needs the right `revoke`.

        `except_key` or `except_session`: the session that stays, by its key or by its fingerprint. `dry_run`: only say
        how many there are.
        """
        return self._call(_calls.revoke_user(user_id, except_key, except_session, dry_run))

    def status(self) -> dict[str, Any]:
        """Return the daemon's figures: link, sessions, cache, memory, journal, clients."""
        return self._call(_calls.status())

    def info(self) -> dict[str, Any]:
        """Return the daemon's version, its limits, and the rights that this process has."""
        return self._call(_calls.info())

    def _call(self, call: Call[Result]) -> Result:
        deadline = time.monotonic() + self._timeout
        pool = self._pool
        if pool.pid != os.getpid():
            pool = self._pool_of_child()
        pool.acquire(deadline)
        try:
            idle = pool.take_idle()
            if idle is not None:
                try:
                    return _exchange(pool, idle, call, deadline)
                except ConnectionLost:
                    # It was closed while it lay idle, by a restart for instance. No method here does more when
                    # it is called twice, so asking once more on a new connection is safe.
                    pool.drop_idle()
            return _exchange(pool, pool.open(deadline), call, deadline)
        finally:
            pool.release()

    def _connect(self, deadline: float) -> Connection:
        # Looked up every time: the daemon may come up later, elsewhere.
        return Connection(self._socket_path or find_socket(), deadline)

    def _pool_of_child(self) -> Pool:
        self._pool.abandon()
        self._pool = Pool(self._connect, self._pool_size)
        return self._pool


def _exchange(pool: Pool, connection: Connection, call: Call[Result], deadline: float) -> Result:
    complete = False
    try:
        result = connection.call(call, deadline)
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
