"""The methods of the socket: arguments in Python to calls. Both clients make the same ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, Optional, Union

from ._model import EventPage, Identity, SessionData, SessionPage, as_object
from ._protocol import Call

_encode = json.JSONEncoder(separators=(",", ":")).encode

UserID = Union[str, int]
Moment = Union[str, datetime]


def identity(session_key: str, confirm: bool) -> Call[Identity]:
    """Who is behind a session key? Asked at every request of a site, so its params are put together by hand."""
    confirmed = ',"confirm":true' if confirm else ""
    return Call("session.identity", f'{{"session_key":{_quoted(session_key)}{confirmed}}}', Identity._from_result)


def get(session_key: str, confirm: bool) -> Call[SessionData]:
    """What does a session hold?"""
    params = _params(session_key=session_key, confirm=confirm or None)
    return Call("session.get", params, SessionData._from_result)


def sessions(user_id: Optional[UserID], limit: int, after: Optional[str]) -> Call[SessionPage]:
    """Which sessions are there?"""
    params = _params(user_id=_user(user_id), limit=limit, after=after)
    return Call("session.list", params, SessionPage._from_result)


def query(
    after: Optional[str],
    since: Optional[Moment],
    until: Optional[Moment],
    types: Optional[Iterable[str]],
    user_id: Optional[UserID],
    session: Optional[str],
    limit: int,
    open_at: Optional[Moment],
) -> Call[EventPage]:
    """What happened?"""
    params = _params(
        after=after,
        since=_time(since),
        until=_time(until),
        types=None if types is None else list(types),
        user_id=_user(user_id),
        session=session,
        limit=limit,
        open_at=_time(open_at),
    )
    return Call("events.query", params, EventPage._from_result)


def subscribe(params: dict[str, Any]) -> Call[dict[str, Any]]:
    """Tell me of what happens; see `subscription_params`."""
    return Call("events.subscribe", _encode(params), as_object)


def subscription_params(
    types: Optional[Iterable[str]], user_id: Optional[UserID], session: Optional[str], session_key: Optional[str]
) -> dict[str, Any]:
    """Return the params of a subscription but for `after`, which moves on."""
    return _given(
        types=None if types is None else list(types), user_id=_user(user_id), session=session, session_key=session_key
    )


def revoke(session_key: Optional[str], session: Optional[str], dry_run: bool) -> Call[int]:
    """End this session."""
    params = _params(session_key=session_key, session=session, dry_run=dry_run or None)
    return Call("session.revoke", params, _revoked)


def revoke_user(user_id: UserID, except_key: Optional[str], except_session: Optional[str], dry_run: bool) -> Call[int]:
    """End a user's sessions."""
    if except_key is not None:
        except_session = hashlib.sha256(except_key.encode()).hexdigest()[:32]
    params = _params(user_id=_user(user_id), dry_run=dry_run or None, **{"except": except_session})
    return Call("user.revoke", params, _revoked)


def status() -> Call[dict[str, Any]]:
    """How are you?"""
    return Call("server.status", "{}", as_object)


def info() -> Call[dict[str, Any]]:
    """What are you, and what may I?"""
    return Call("server.info", "{}", as_object)


def _params(**params: Any) -> str:
    return _encode(_given(**params))


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _revoked(result: Any) -> int:
    return int(as_object(result)["revoked"])


def _user(user_id: Optional[UserID]) -> Optional[str]:
    return None if user_id is None else str(user_id)


def _time(value: Optional[Moment]) -> Optional[str]:
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError("a datetime without a time zone names no moment: use datetime.now(timezone.utc) and the like")
    return value.isoformat(timespec="milliseconds")
