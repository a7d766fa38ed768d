"""The middleware that says who makes a request."""

from __future__ import annotations

import logging
from typing import Any, Optional, cast

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpResponse
from django.utils.asyncio import async_unsafe
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from .._errors import SessiondError
from .._model import Identity
from .._web import CANNOT_TELL, NOBODY, retry_after, usable_session_key
from ._clients import aclient, client

_log = logging.getLogger("sessiond")


@sync_and_async_middleware
def middleware(get_response: Any) -> Any:
    """Give every request a `sessiond`, its Identity, and an `asessiond()` to be awaited in asynchronous views.

    Sessiond is asked when a view first looks, and once. Where it cannot tell, the view's SessiondError is answered by
    503 with a Retry-After, unless the view catches it.
    """

    async def arespond(request: Any) -> Any:
        _attach(request)
        return _varied(request, await get_response(request))

    def respond(request: Any) -> Any:
        _attach(request)
        return _varied(request, get_response(request))

    chosen: Any = arespond if iscoroutinefunction(get_response) else respond
    chosen.process_exception = _answer_cannot_tell
    return chosen


def _attach(request: Any) -> None:
    @async_unsafe("This would block the event loop: use `await request.asessiond()` in an asynchronous view.")
    def ask() -> Identity:
        if not hasattr(request, "_sessiond"):
            session_key = _session_key(request)
            request._sessiond = NOBODY if session_key is None else client().identity(session_key)
        return cast(Identity, request._sessiond)

    async def asessiond() -> Identity:
        if not hasattr(request, "_sessiond"):
            session_key = _session_key(request)
            request._sessiond = NOBODY if session_key is None else await aclient().identity(session_key)
        return cast(Identity, request._sessiond)

    request.sessiond = SimpleLazyObject(ask)
    request.asessiond = asessiond


def _session_key(request: Any) -> Optional[str]:
    return usable_session_key(
        request.COOKIES.get(getattr(settings, "SESSIOND_COOKIE_NAME", settings.SESSION_COOKIE_NAME))
    )


def _varied(request: Any, response: Any) -> Any:
    if hasattr(request, "_sessiond"):
        patch_vary_headers(response, ("Cookie",))
    return response


def _answer_cannot_tell(request: Any, error: Exception) -> Optional[HttpResponse]:
    if not isinstance(error, SessiondError):
        return None
    # None of its errors holds a session key.
    _log.warning("cannot tell who is logged in: %s", error)
    response = HttpResponse(CANNOT_TELL, status=503, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = str(retry_after(error))
    return response
