"""A stand-in for sessiond: it reads Redis for every question, and sends the events that a test hands it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from processes import PrivateRedis
from scripted import Peer, ScriptedServer
from stored import fingerprint, session_data


def login(sequence: int, session: str, user_id: str, **data: Any) -> dict[str, Any]:
    return event(sequence, "dev.sessiond.login", session, user_id=user_id, cause="created", **data)


def logout(sequence: int, session: str, user_id: str) -> dict[str, Any]:
    return event(sequence, "dev.sessiond.logout", session, user_id=user_id, reason="deleted")


def event(sequence: int, kind: str, session: str | None, **data: Any) -> dict[str, Any]:
    subject = {} if session is None else {"subject": session}
    return {
        "specversion": "1.0",
        "id": position(sequence),
        "source": "urn:uuid:00000000-0000-4000-8000-000000000000",
        "type": kind,
        "time": "2026-12-07T09:30:00.123Z",
        **subject,
        "datacontenttype": "application/json",
        "data": data,
    }


def position(sequence: int) -> str:
    return f"0000000000000001-{sequence:016x}"


class FakeSessiond:
    """Answers `session.identity` from Redis, `session.list` from `sessions`, and keeps subscriptions."""

    def __init__(self, path: Path, secret_key: str, redis: PrivateRedis | None = None) -> None:
        #: Fingerprints and user ids.
        self.sessions: dict[str, str] = {}
        #: While set, every question gets this error.
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self._secret_key = secret_key
        self._redis = redis
        self._subscribers: list[Peer] = []
        self._lock = threading.Lock()
        self.server = ScriptedServer(path, self._serve)

    @property
    def subscriber_count(self) -> int:
        with self._lock:
            return len(self._subscribers)

    def publish(self, *events: dict[str, Any]) -> None:
        with self._lock:
            for item in events:
                for peer in self._subscribers:
                    peer.send({"jsonrpc": "2.0", "method": "event", "params": {"subscription": 1, "event": item}})

    def close(self) -> None:
        self.server.close()
        assert self.server.failures == []

    def _serve(self, peer: Peer) -> None:
        try:
            while (request := self.server.read(peer)) is not None:
                self._answer(peer, request)
        finally:
            with self._lock:
                if peer in self._subscribers:
                    self._subscribers.remove(peer)

    def _answer(self, peer: Peer, request: dict[str, Any]) -> None:
        method, params = request["method"], request["params"]
        if self.refusal is not None:
            peer.refuse(request, *self.refusal)
        elif method == "session.identity":
            peer.answer(request, self._identity(params["session_key"]))
        elif method == "session.list":
            items = [{"session": session, "user_id": user_id} for session, user_id in self.sessions.items()]
            peer.answer(request, {"sessions": items, "position": position(0)})
        elif method == "events.subscribe":
            with self._lock:
                peer.answer(request, {"subscription": 1, "position": position(0)})
                self._subscribers.append(peer)
        else:
            peer.refuse(request, -32601)

    def _identity(self, session_key: str) -> dict[str, Any]:
        value = b"" if self._redis is None else self._redis.command("GET", f"django_sessions:{session_key}")
        if value in (b"", b"-1"):
            return {"authenticated": False, "reason": "unknown"}
        data = session_data(self._secret_key, value.decode())
        if data is None:
            return {"authenticated": False, "reason": "invalid"}
        if "_auth_user_id" not in data:
            return {"authenticated": False, "reason": "anonymous"}
        return {
            "authenticated": True,
            "user_id": data["_auth_user_id"],
            "backend": data["_auth_user_backend"],
            "session": fingerprint(session_key),
            "expires_at": None,
        }
