"""Has every line that a real daemon sends to a test's client checked against the published schemas."""

from __future__ import annotations

from typing import Any

import pytest

from sessiond._connection import Connection


def validate_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check all that connections read from now on; a line that the schemas do not allow raises where it is read."""
    from protocols import check_message

    call, read_message = Connection.call, Connection.read_message
    asked: dict[int, str] = {}

    def checked_call(self: Connection, method: str, params: dict[str, Any], deadline: float) -> Any:
        asked[id(self)] = method
        return call(self, method, params, deadline)

    def checked_read_message(self: Connection, deadline: float) -> dict[str, Any]:
        message = read_message(self, deadline)
        check_message(message, [asked[id(self)]])
        return message

    monkeypatch.setattr(Connection, "call", checked_call)
    monkeypatch.setattr(Connection, "read_message", checked_read_message)
