"""Where a stream of events stands, without IO: what was delivered, whether it is silent, when to try again."""

from __future__ import annotations

import random
from typing import Any, Optional

from . import _calls
from ._errors import ProtocolError, SessiondError, error_from_answer
from ._model import Event, optional_text
from ._protocol import Call

#: A quiet daemon sends a heartbeat every 15 s: after three that did not come the connection is taken for dead.
SILENCE_SECONDS_MAX = 45.0
BACKOFF_SECONDS_MIN = 0.1
_LOGOUT = "dev.sessiond.logout"
BACKOFF_SECONDS_MAX = 5.0


class Subscription:
    """A subscription that outlives its connections. Moments are seconds of the monotonic clock, given as `now`."""

    def __init__(self, params: dict[str, Any], after: Optional[str]) -> None:
        """Begin after a position, or where the daemon's journal ends; see `_calls.subscription_params`."""
        self._params = params
        #: Up to here everything was delivered.
        self.position = after
        #: When silence will have lasted too long.
        self.silent_at = 0.0
        #: Before this moment it is not tried again.
        self.retry_at = 0.0
        self._number: Any = None
        #: The new key of a session that is followed.
        self._rotated_to: Optional[str] = None
        self._failures = 0

    def call(self) -> Call[dict[str, Any]]:
        """Return the call that subscribes, or resumes."""
        return _calls.subscribe(self._params if self.position is None else {**self._params, "after": self.position})

    def begin(self, result: dict[str, Any], now: float) -> None:
        """Take the answer to `call`."""
        self._number = result.get("subscription")
        if self._number is None:
            raise ProtocolError("sessiond answered a subscription without its number")
        if self.position is None:
            # A journal without any event has no newest one: whatever comes is then the oldest.
            self.position = optional_text(result, "position") or ""
        self.silent_at = now + SILENCE_SECONDS_MAX

    def accept(self, message: dict[str, Any], now: float) -> Optional[Event]:
        """Take a message; return its event if it is one and is new.

        Raises the error with which the daemon ended the subscription: after an Unavailable it can be resumed.
        """
        self.silent_at = now + SILENCE_SECONDS_MAX
        params = message.get("params")
        if not isinstance(params, dict) or params.get("subscription") != self._number:
            return None
        method = message.get("method")
        if method == "event":
            return self._accept_event(Event._from_result(params.get("event")))
        if method == "events.heartbeat":
            self.position = optional_text(params, "position") or self.position
            self._failures = 0
        elif method == "events.closed":
            raise error_from_answer(params.get("error"))
        return None

    def _accept_event(self, event: Event) -> Optional[Event]:
        self._failures = 0
        # Ids are of one width and compared as text. What is not beyond the position was delivered before.
        if self.position is not None and event.id <= self.position:
            return None
        self.position = event.id
        self._follow(event)
        return event

    def _follow(self, event: Event) -> None:
        # The daemon follows a session to its new key; a new subscription has to begin there, but not before the old
        # key's logout has come, which follows the new one's login.
        followed = self._params.get("session")
        if followed is None:
            return
        if event.data.get("previous_session") == followed:
            self._rotated_to = event.subject
        elif self._rotated_to is not None and event.subject == followed and event.type == _LOGOUT:
            self._params["session"] = self._rotated_to
            self._rotated_to = None

    def back_off(self, error: Optional[SessiondError], now: float) -> None:
        """Set the moment of the next attempt: later after each failure in a row, and not before the error says."""
        seconds = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS_MIN * 2 ** min(self._failures, 10))
        self._failures += 1
        asked = error.retry_after if error is not None and error.retry_after is not None else 0.0
        jittered = seconds * random.uniform(0.5, 1.0)  # noqa: S311
        self.retry_at = now + max(jittered, min(asked, BACKOFF_SECONDS_MAX))
