"""Flask views for people who are logged in to Django.

    from sessiond.flask import Sessiond, login_required

    app = Flask(__name__)
    Sessiond(app)  # or Sessiond().init_app(app) in a factory

    @app.get("/")
    @login_required
    def index():
        return f"Hello, user {g.user_id}"

Configuration, in `app.config`:

- `SESSIOND_SOCKET`: path of the daemon's socket; by default where `sessiond.Client` looks.
- `SESSIOND_TIMEOUT`: seconds for a question, 2.0.
- `SESSIOND_POOL_SIZE`: how many questions may be under way in a process, 8.
- `SESSIOND_COOKIE_NAME`: Django's SESSION_COOKIE_NAME, `sessionid`.
- `SESSIOND_LOGIN_URL`: Django's LOGIN_URL, `/accounts/login/`.
"""

from __future__ import annotations

import functools
from typing import Any, Callable, Optional, TypeVar, cast
from urllib.parse import quote, urlencode

from flask import Flask, after_this_request, current_app, g, redirect, request
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from ._client import Client
from ._errors import SessiondError
from ._model import Identity
from ._web import CANNOT_TELL, NOBODY, retry_after, usable_session_key

__all__ = ["Sessiond", "client", "current_user_id", "identity", "log_out_elsewhere", "login_required", "login_url"]

#: A longer way back is cut to its path, or given up: it has to fit into a header.
NEXT_LENGTH_MAX = 2_048

_DEFAULTS: dict[str, Any] = {
    "SESSIOND_SOCKET": None,
    "SESSIOND_TIMEOUT": 2.0,
    "SESSIOND_POOL_SIZE": 8,
    "SESSIOND_COOKIE_NAME": "sessionid",
    "SESSIOND_LOGIN_URL": "/accounts/login/",
}

_View = TypeVar("_View", bound=Callable[..., Any])


class Sessiond:
    """The extension: gives an application its client, and has every view answer 503 where sessiond cannot tell.

    The functions of this module work without it, too, for the views that `login_required` guards.
    """

    def __init__(self, app: Optional[Flask] = None, *, client: Optional[Client] = None) -> None:
        """Prepare the extension, and set up an application where one is given.

        `client`: the client that is used in the place of one made by the configuration.
        """
        self._client = client
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Set up an application. A wrong setting is found here; nothing is connected yet."""
        for name, default in _DEFAULTS.items():
            app.config.setdefault(name, default)
        app.extensions["sessiond"] = self._client or _configured_client(app)
        app.register_error_handler(SessiondError, _answer_cannot_tell)

    @property
    def client(self) -> Client:
        """The current application's client."""
        return client()


def login_required(view: _View) -> _View:
    """Let only those into a view who are logged in to Django.

    Sets `g.user_id` (text) and `g.identity`. Whoever is not logged in is redirected to the login page with a `next`
    that leads back. Where sessiond cannot tell, the answer is 503 with a Retry-After: nobody is let in on a guess, and
    nobody is told that they are logged out.
    """

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            who = identity()
        except SessiondError as error:
            raise _cannot_tell(error) from None
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
    asked_by, who = g.get("_sessiond", (None, NOBODY))
    if asked_by is not this_request:
        # Whatever is shown depends on who asks: no cache may give it to others.
        after_this_request(_vary_by_cookie)
        g.user_id, g.identity = None, NOBODY
        session_key = _session_key()
        who = NOBODY if session_key is None else client().identity(session_key)
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
        existing = app.extensions.setdefault("sessiond", _configured_client(app))
    return cast(Client, existing)


def login_url() -> str:
    """Return the address of the login page with the way back to this request's page."""
    page: str = _setting("SESSIOND_LOGIN_URL")
    return f"{page}{'&' if '?' in page else '?'}{urlencode({'next': _way_back()}, safe='/')}"


def _session_key() -> Optional[str]:
    cookies = request.cookies.getlist(_setting("SESSIOND_COOKIE_NAME"))
    # Of several cookies of one name Django takes the last: to take another would be to speak of somebody else.
    return usable_session_key(cookies[-1] if cookies else None)


def _setting(name: str) -> Any:
    return current_app.config.get(name, _DEFAULTS[name])


def _configured_client(app: Flask) -> Client:
    socket_path, timeout, pool_size = (
        app.config.get(name, _DEFAULTS[name]) for name in ("SESSIOND_SOCKET", "SESSIOND_TIMEOUT", "SESSIOND_POOL_SIZE")
    )
    return Client(socket_path, timeout, pool_size=pool_size)


def _cannot_tell(error: SessiondError) -> ServiceUnavailable:
    # None of its errors holds a session key.
    current_app.logger.warning("cannot tell who is logged in: %s", error)
    return ServiceUnavailable(CANNOT_TELL, retry_after=retry_after(error))


def _answer_cannot_tell(error: SessiondError) -> Any:
    return current_app.handle_user_exception(_cannot_tell(error))


def _way_back() -> str:
    # A browser takes `//host` and `/\host` for another site: hence one slash, and everything unusual quoted.
    path = "/" + quote(request.script_root.rstrip("/") + request.path, safe="/:@!$&'()*+,;=~").lstrip("/")
    query = quote(request.query_string, safe="%/:@!$&'()*+,;=~?")
    full = f"{path}?{query}" if query else path
    return next((place for place in (full, path) if len(place) <= NEXT_LENGTH_MAX), "/")


def _vary_by_cookie(response: Response) -> Response:
    response.vary.add("Cookie")
    return response
