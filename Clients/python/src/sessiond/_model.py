"""What sessiond's answers look like in Python: frozen dataclasses, read strictly from the decoded JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Optional

from ._errors import ProtocolError

_moment = datetime.fromisoformat


@dataclass(frozen=True)
class Identity:
    """Who is behind a session key. It is true in a condition exactly where somebody is logged in."""

    #: Whether somebody is logged in.
    authenticated: bool
    #: Django's primary key of the user as text, or None.
    user_id: Optional[str] = None
    #: Dotted path of the authentication backend, or None.
    backend: Optional[str] = None
    #: The session's fingerprint (never its key), by which lists and events name it, or None.
    session: Optional[str] = None
    #: When the session ends unless it is renewed, or None for a session without an end.
    expires_at: Optional[datetime] = None
    #: Why nobody is logged in: `unknown`, `anonymous`, `invalid`, `unreadable`; None for an authenticated session.
    reason: Optional[str] = None
    #: A hint that the password was changed elsewhere, so that Django will most likely refuse this session.
    superseded: bool = False
    #: How old the answer may be, where the daemon is allowed to serve stale answers and did; else None.
    stale_ms: Optional[float] = None

    def __bool__(self) -> bool:
        """Say whether somebody is logged in."""
        return self.authenticated

    @classmethod
    def _from_result(cls, result: Any) -> Identity:
        members = as_object(result)
        authenticated = members.get("authenticated")
        stale_ms = members.get("stale_ms")
        stale = float(stale_ms) if isinstance(stale_ms, (int, float)) else None
        if authenticated is False:
            return cls(False, reason=optional_text(members, "reason"), stale_ms=stale)
        # Only the JSON `true` with a user's id lets anybody in.
        if authenticated is not True:
            raise _malformed("authenticated")
        return cls(
            True,
            text(members, "user_id"),
            optional_text(members, "backend"),
            optional_text(members, "session"),
            optional_time(members, "expires_at"),
            None,
            members.get("superseded") is True,
            stale,
        )


@dataclass(frozen=True)
class SessionData:
    """A decoded session. Its data is left out of the representation, since sessions hold private things."""

    identity: Identity
    #: Whether there is such a session.
    found: bool
    #: The session's data as far as this process may see it; values that JSON has no word for are tagged objects.
    data: Mapping[str, Any] = field(repr=False)
    #: How many members of the data were left out.
    omitted: int = 0

    @classmethod
    def _from_result(cls, result: Any) -> SessionData:
        members = as_object(result)
        data = members.get("data")
        omitted = members.get("omitted")
        return cls(
            identity=Identity._from_result(members),
            found=members.get("found") is True,
            data=data if isinstance(data, dict) else {},
            omitted=omitted if isinstance(omitted, int) else 0,
        )


@dataclass(frozen=True)
class Session:
    """One live session in a list."""

    #: The session's fingerprint.
    session: str
    user_id: str
    backend: Optional[str] = None
    expires_at: Optional[datetime] = None
    first_seen_at: Optional[datetime] = None

    @classmethod
    def _from_result(cls, result: Any) -> Session:
        members = as_object(result)
        return cls(
            session=text(members, "session"),
            user_id=text(members, "user_id"),
            backend=optional_text(members, "backend"),
            expires_at=optional_time(members, "expires_at"),
            first_seen_at=optional_time(members, "first_seen_at"),
        )


@dataclass(frozen=True)
class SessionPage:
    """A page of live sessions, in no order that means anything."""

    sessions: tuple[Session, ...]
    #: To be given as `after` for the following page; None on the last one.
    next: Optional[str]
    #: The event up to which this list is true: events after it continue the list.
    position: Optional[str]

    def __iter__(self) -> Iterator[Session]:
        """Iterate over the sessions of this page."""
        return iter(self.sessions)

    def __len__(self) -> int:
        """Count the sessions of this page."""
        return len(self.sessions)

    @classmethod
    def _from_result(cls, result: Any) -> SessionPage:
        members = as_object(result)
        return cls(
            sessions=tuple(Session._from_result(item) for item in array(members, "sessions")),
            next=optional_text(members, "next"),
            position=optional_text(members, "position"),
        )


@dataclass(frozen=True)
class Event:
    """Something that happened to a session, as a CloudEvent."""

    #: Fixed-width text, compared bytewise: also the position to resume from.
    id: str
    #: Such as `dev.sessiond.login`.
    type: str
    #: When it occurred. It may run backwards, ids do not.
    time: datetime
    #: `urn:uuid:` of the journal.
    source: str
    #: The session's fingerprint; None for events that are about no single session.
    subject: Optional[str]
    #: What there is to know, by event type.
    data: Mapping[str, Any]
    #: The whole CloudEvent as it came, to be passed on.
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def _from_result(cls, result: Any) -> Event:
        members = as_object(result)
        data = members.get("data")
        time = optional_time(members, "time")
        if time is None:
            raise _malformed("time")
        return cls(
            id=text(members, "id"),
            type=text(members, "type"),
            time=time,
            source=text(members, "source"),
            subject=optional_text(members, "subject"),
            data=data if isinstance(data, dict) else {},
            raw=members,
        )


@dataclass(frozen=True)
class EventPage:
    """A page of past events, oldest first."""

    events: tuple[Event, ...]
    #: To be given as `after` for what follows; None where nothing follows.
    next: Optional[str]

    def __iter__(self) -> Iterator[Event]:
        """Iterate over the events of this page."""
        return iter(self.events)

    def __len__(self) -> int:
        """Count the events of this page."""
        return len(self.events)

    @classmethod
    def _from_result(cls, result: Any) -> EventPage:
        members = as_object(result)
        return cls(
            events=tuple(Event._from_result(item) for item in array(members, "events")),
            next=optional_text(members, "next"),
        )


def as_object(value: Any) -> dict[str, Any]:
    """Return a decoded JSON object, or raise ProtocolError."""
    if not isinstance(value, dict):
        raise ProtocolError("sessiond sent something else where a JSON object was expected")
    return value


def array(members: Mapping[str, Any], name: str) -> list[Any]:
    """Return the array under a name, or raise ProtocolError."""
    value = members.get(name)
    if not isinstance(value, list):
        raise _malformed(name)
    return value


def text(members: Mapping[str, Any], name: str) -> str:
    """Return the text under a name, or raise ProtocolError."""
    value = members.get(name)
    if not isinstance(value, str):
        raise _malformed(name)
    return value


def optional_text(members: Mapping[str, Any], name: str) -> Optional[str]:
    """Return the text under a name or None for an absent or null one; raise ProtocolError for anything else."""
    value = members.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _malformed(name)


def optional_time(members: Mapping[str, Any], name: str) -> Optional[datetime]:
    """Return the RFC 3339 date-time under a name with its time zone, or None for an absent or null one."""
    value = optional_text(members, name)
    if value is None:
        return None
    try:
        # Before Python 3.11 `fromisoformat` does not know the `Z`.
        time = _moment(value[:-1] + "+00:00" if value[-1:] == "Z" else value)
    except ValueError:
        raise _malformed(name) from None
    if time.tzinfo is None:
        raise _malformed(name)
    return time


def _malformed(name: str) -> ProtocolError:
    return ProtocolError(f"sessiond sent an answer whose member {name!r} is missing or of another type")
