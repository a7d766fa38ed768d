"""FastAPI endpoints for people who are logged in to Django.

    from sessiond.fastapi import Identity, current_user

    @app.get("/")
    async def index(who: Annotated[Identity, Depends(current_user)]):
        return f"Hello, user {who.user_id}"

`current_user` and `identity` look for sessiond where `sessiond.aio.Client` does, and for the cookie `sessionid`. For
anything else make a `Sessiond` and depend on its methods of the same names.
"""

from __future__ import annotations

import logging
from typing import Any, Optional

from fastapi import FastAPI, HTTPException
from starlette.requests import HTTPConnection

from ._errors import SessiondError
from ._model import Identity
from ._web import CANNOT_TELL, NOBODY, retry_after, usable_session_key
from .aio import Client

__all__ = ["Identity", "Sessiond", "current_user", "identity"]

_log = logging.getLogger("sessiond")


class Sessiond:
    """Who makes a request: `identity` and `current_user` are dependencies.

    Both ask at most once a request. Where sessiond cannot tell, the answer is 503 with a Retry-After: nobody is let in
    on a guess, and nobody is told that they are logged out.
    """

    def __init__(
        self,
        socket_path: Optional[str] = None,
        timeout: float = 2.0,
        *,
        pool_size: int = 8,
        cookie_name: str = "sessionid",
    ) -> None:
        """Prepare it; nothing is connected yet. `cookie_name`: Django's SESSION_COOKIE_NAME. See `sessiond.aio.Client`.

        A class of an application's own that lives as long as it: `async with Sessiond() as sessiond:` in a lifespan
        closes the connections at the end.
        """
        #: For all else that there is to ask.
        self.client = Client(socket_path, timeout, pool_size=pool_size)
        self.cookie_name = cookie_name

    async def __aenter__(self) -> Sessiond:
        """Return the object itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def identity(self, connection: HTTPConnection) -> Identity:
        """Say who makes this request; for endpoints that are open to everybody. Its `user_id` is None for nobody."""
        # In the connection's own state, which no other request shares.
        known: dict[int, Identity] = connection.scope.setdefault("sessiond", {})
        who = known.get(id(self))
        if who is None:
            # Of several cookies of one name Starlette takes the last, as Django does.
            session_key = usable_session_key(connection.cookies.get(self.cookie_name))
            try:
                who = NOBODY if session_key is None else await self.client.identity(session_key)
            except SessiondError as error:
                # None of its errors holds a session key.
                _log.warning("cannot tell who is logged in: %s", error)
                raise HTTPException(503, CANNOT_TELL, {"Retry-After": str(retry_after(error))}) from None
            known[id(self)] = who
        return who

    async def current_user(self, connection: HTTPConnection) -> Identity:
        """Say who makes this request; the answer is 401 where nobody is logged in."""
        who = await self.identity(connection)
        if not who:
            raise HTTPException(401, "You are not logged in.")
        return who


async def identity(connection: HTTPConnection) -> Identity:
    """Say who makes this request, by way of the application's `Sessiond`; see `Sessiond.identity`."""
    return await _of_application(connection.app).identity(connection)


async def current_user(connection: HTTPConnection) -> Identity:
    """Say who makes this request, or answer 401, by way of the application's `Sessiond`; see `Sessiond.current_user`.

    That is `app.state.sessiond` where there is one.
    """
    return await _of_application(connection.app).current_user(connection)


def _of_application(app: FastAPI) -> Sessiond:
    existing: Any = getattr(app.state, "sessiond", None)
    if existing is None:
        existing = app.state.sessiond = Sessiond()
    if not isinstance(existing, Sessiond):
        raise TypeError("app.state.sessiond is no sessiond.fastapi.Sessiond")
    return existing
