"""A scripted daemon that knows one session, for the tests of the web frameworks."""

from __future__ import annotations

KEY = "k3ypr3c1ousk3ypr3c1ousk3ypr3c1ou"


def people(server, peer):
    """Know one session: ada's."""
    while (request := server.read(peer)) is not None:
        if request["params"]["session_key"] == KEY:
            peer.answer(request, {"authenticated": True, "user_id": "42", "session": "f" * 32, "expires_at": None})
        else:
            peer.answer(request, {"authenticated": False, "reason": "unknown"})
