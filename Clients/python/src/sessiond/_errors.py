"""The errors of this package, and the one table from the wire's codes to them.

No message and no attribute holds a session key or a session's data, so that every error may be logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional


class SessiondError(Exception):
    """Whatever keeps sessiond from answering: none of these means that nobody is logged in."""

    #: Seconds after which a new attempt may succeed, where sessiond said so.
    retry_after: Optional[float] = None


class ConnectionFailed(SessiondError):
    """There was no connection to sessiond, or it was lost before the answer came."""


class TimedOut(ConnectionFailed):
    """Sessiond did not answer within the client's timeout."""


class ProtocolError(ConnectionFailed):
    """What came back is no answer of sessiond's protocol; the connection was closed."""


class RequestFailed(SessiondError):
    """Sessiond answered with an error; `code` is its number in JSON-RPC."""

    def __init__(self, message: str, *, code: Optional[int] = None, retry_after: Optional[float] = None) -> None:
        """Keep the code and the time to wait next to the message."""
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class Unavailable(RequestFailed):
    """Sessiond could not ask Redis in time and will not guess."""


class Overloaded(Unavailable):
    """Sessiond has more work than its limits allow."""


class Forbidden(RequestFailed):
    """This process lacks the right `right` on sessiond's socket."""

    right: Optional[str] = None


class PositionLost(RequestFailed):
    """The journal no longer holds what follows the position; `oldest` is the oldest event that it holds."""

    oldest: Optional[str] = None


class InvalidParams(RequestFailed):
    """Sessiond does not accept the parameter `param`; `problem` is one word on why."""

    param: Optional[str] = None
    problem: Optional[str] = None


def error_from_answer(error: Any) -> SessiondError:
    """Turn the `error` member of an answer into the exception to raise; anything unexpected is a ProtocolError."""
    if not isinstance(error, Mapping):
        return ProtocolError("sessiond answered with an error that is no JSON object")
    code = error.get("code")
    if not isinstance(code, int) or isinstance(code, bool):
        return ProtocolError("sessiond answered with an error without a code")
    data = error.get("data")
    details: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
    retry_after = _seconds(details.get("retry_after_ms"))

    if code == -32001:
        cause = _text(details.get("cause")) or "no cause given"
        return Unavailable(
            f"sessiond cannot answer just now: {cause}. Try again{_in_a_while(retry_after)}; "
            "`sessiond status` shows its link to Redis",
            code=code,
            retry_after=retry_after,
        )
    if code == -32002:
        right = _text(details.get("right"))
        forbidden = Forbidden(
            f"sessiond does not give this process the right {right or '?'!r}: run it as the daemon's user, "
            "or give its user the right in the daemon's configuration",
            code=code,
        )
        forbidden.right = right
        return forbidden
    if code == -32003:
        lost = PositionLost(
            "sessiond's journal no longer holds what follows this position: list the sessions anew and go on "
            "from the list's position",
            code=code,
        )
        lost.oldest = _text(details.get("oldest"))
        return lost
    if code == -32004:
        return Overloaded(
            f"sessiond is at one of its limits. Try again{_in_a_while(retry_after)}", code=code, retry_after=retry_after
        )
    if code == -32602:
        param, problem = _text(details.get("param")), _text(details.get("problem"))
        named = f"the parameter {param!r}" if param else "the parameters"
        invalid = InvalidParams(f"sessiond does not accept {named}: {problem or 'invalid'}", code=code)
        invalid.param, invalid.problem = param, problem
        return invalid
    if code == -32601:
        return RequestFailed("sessiond does not know this method: is it older than this client?", code=code)
    message = _text(error.get("message")) or "no message"
    return RequestFailed(f"sessiond answered with error {code}: {message}", code=code, retry_after=retry_after)


def _text(value: Any) -> Optional[str]:
    return value if isinstance(value, str) else None


def _seconds(milliseconds: Any) -> Optional[float]:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, (int, float)) or not 0 <= milliseconds < 1e9:
        return None
    return milliseconds / 1000


def _in_a_while(seconds: Optional[float]) -> str:
    return "" if seconds is None else f" in {seconds:g} s"
