"""Flask views for people who are logged in to Django.

    from sessiond.flask import login_required

    @app.get("/")
    @login_required
    def index():
        return f"Hello, user {g.user_id}"

Configuration, in `app.config`:

- `SESSIOND_SOCKET`: path of the daemon's socket; by default where `sessiond.Client` looks.
- `SESSIOND_TIMEOUT`: seconds for a question, 2.0.
- `SESSIOND_COOKIE_NAME`: Django's SESSION_COOKIE_NAME, `sessionid`.
- `SESSIOND_LOGIN_URL`: Django's LOGIN_URL, `/accounts/login/`.
"""

from __future__ import annotations

import functools
import math
from typing import Any, Callable, Optional, TypeVar, cast
from urllib.parse import quote, urlencode

from flask import Flask, after_this_request, current_app, g, redirect, request
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from ._client import Client
from ._errors import SessiondError
from ._model import Identity

__all__ = ["client", "current_user_id", "identity", "log_out_elsewhere", "login_required"]

#: What sessiond takes for a session key at most; nobody has a longer one.
SESSION_KEY_BYTES_MAX = 512
#: A longer way back is cut to its path, or given up: it has to fit into a header.
NEXT_LENGTH_MAX = 2_048

_NOBODY = Identity(False, reason="unknown")

_View = TypeVar("_View", bound=Callable[..., Any])


def login_required(view: _View) -> _View:
    """Let only those into a view who are logged in to Django.

    Sets `g.user_id` (text) and `g.identity`. Whoever is not logged in is redirected to the login page with a `next`
    that leads back. Where sessiond cannot tell, the answer is 503 with a Retry-After: nobody is let in on a guess, and
    nobody is told that they are logged out.
    """

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        after_this_request(_vary_by_cookie)
        try:
            who = identity()
        except SessiondError as error:
            # None of its errors holds a session key.
            current_app.logger.warning("cannot tell who is logged in: %s", error)
            raise ServiceUnavailable(
                "It cannot be told just now whether you are logged in. Please try again in a moment.",
                retry_after=max(1, math.ceil(error.retry_after or 1)),
            ) from None
        if not who:
            return redirect(login_url())
        return current_app.ensure_sync(view)(*args, **kwargs)

    return cast(_View, guarded)


def current_user_id() -> Optional[str]:
    """Return Django's id of the user who makes this request, or None where nobody is logged in.

    Raises SessiondError where sessiond cannot tell. Asks at most once a request.
    """
    return identity().user_id


def identity() -> Identity:
    """Say who makes this request; raises SessiondError where sessiond cannot tell. Asks at most once a request."""
    # `g` may outlive a request (an application context around several test requests), an identity must not.
    this_request = request._get_current_object()  # type: ignore[attr-defined]
    asked_by, who = g.get("_sessiond", (None, _NOBODY))
    if asked_by is not this_request:
        g.user_id, g.identity = None, _NOBODY
        session_key = _session_key()
        who = _NOBODY if session_key is None else client().identity(session_key)
        g._sessiond = (this_request, who)
    g.user_id, g.identity = who.user_id, who
    return cast(Identity, who)


def log_out_elsewhere() -> int:
    """End all other sessions of whoever makes this request, and return how many there were.

    The process needs the right `revoke`. Raises SessiondError where it is not known whether they were ended.
    """
    who = identity()
    return client().revoke_user(who.user_id, except_session=who.session) if who.user_id is not None else 0


def client() -> Client:
    """Return the application's client, which all its threads share."""
    app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
    existing = app.extensions.get("sessiond")
    if existing is None:
        fresh = Client(app.config.get("SESSIOND_SOCKET"), app.config.get("SESSIOND_TIMEOUT", 2.0))
        existing = app.extensions.setdefault("sessiond", fresh)
    return cast(Client, existing)


def login_url() -> str:
    """Return the address of the login page with the way back to this request's page."""
    page: str = current_app.config.get("SESSIOND_LOGIN_URL", "/accounts/login/")
    return f"{page}{'&' if '?' in page else '?'}{urlencode({'next': _way_back()}, safe='/')}"


def _session_key() -> Optional[str]:
    cookies = request.cookies.getlist(current_app.config.get("SESSIOND_COOKIE_NAME", "sessionid"))
    # Of several cookies of one name Django takes the last: to take another would be to speak of somebody else.
    session_key = cookies[-1] if cookies else ""
    if not session_key or len(session_key.encode("utf-8", "surrogatepass")) > SESSION_KEY_BYTES_MAX:
        return None
    return session_key


def _way_back() -> str:
    # A browser takes `//host` and `/\host` for another site: hence one slash, and everything unusual quoted.
    path = "/" + quote(request.script_root.rstrip("/") + request.path, safe="/:@!$&'()*+,;=~").lstrip("/")
    query = quote(request.query_string, safe="%/:@!$&'()*+,;=~?")
    full = f"{path}?{query}" if query else path
    return next((place for place in (full, path) if len(place) <= NEXT_LENGTH_MAX), "/")


def _vary_by_cookie(response: Response) -> Response:
    response.vary.add("Cookie")
    return response
