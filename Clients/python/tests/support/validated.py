"""Has every line that a real daemon sends to a test's client checked against the published schemas."""

from __future__ import annotations

from typing import Any, Optional
from weakref import WeakKeyDictionary

import pytest

from sessiond._protocol import Call, Conversation


def validate_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check all that connections read from now on; a line that the schemas do not allow raises where it is read."""
    from protocols import check_message

    request, message = Conversation.request, Conversation.message
    asked: WeakKeyDictionary[Conversation, str] = WeakKeyDictionary()

    def noted_request(self: Conversation, call: Call[Any]) -> bytes:
        asked[self] = call.method
        return request(self, call)

    def checked_message(self: Conversation) -> Optional[dict[str, Any]]:
        read = message(self)
        if read is not None:
            check_message(read, [asked[self]])
        return read

    monkeypatch.setattr(Conversation, "request", noted_request)
    monkeypatch.setattr(Conversation, "message", checked_message)
