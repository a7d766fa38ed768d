"""Ask sessiond who is behind a Django session, and hear logins and logouts as they happen.

>>> import sessiond
>>> with sessiond.Client() as client:
...     who = client.identity(session_key)
...     if who:
...         print("user", who.user_id)
"""

from ._client import Client
from ._errors import (
    ConnectionFailed,
    Forbidden,
    InvalidParams,
    Overloaded,
    PositionLost,
    ProtocolError,
    RequestFailed,
    SessiondError,
    TimedOut,
    Unavailable,
)
from ._events import EventStream
from ._model import Event, EventPage, Identity, Session, SessionData, SessionPage

__version__ = "0.1.0"

__all__ = [
    "Client",
    "ConnectionFailed",
    "Event",
    "EventPage",
    "EventStream",
    "Forbidden",
    "Identity",
    "InvalidParams",
    "Overloaded",
    "PositionLost",
    "ProtocolError",
    "RequestFailed",
    "Session",
    "SessionData",
    "SessionPage",
    "SessiondError",
    "TimedOut",
    "Unavailable",
    "__version__",
]
