"""A client that asks for what it knows, while others do their worst."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

from processes import PrivateRedis
from stored import fingerprint, logged_in, session_value

#: No answer may take longer, however busy the machine is.
PATIENCE_SECONDS = 30.0


class HonestClient:
    """Asks over one connection, and compares each answer with what Redis holds."""

    def __init__(self, path: Path, redis: PrivateRedis, secret_key: str) -> None:
        self.redis = redis
        self.secret_key = secret_key
        self.question_count = 0
        self.slowest_seconds = 0.0
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_SECONDS)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")

    def log_in(self, name: str, user: int) -> None:
        self.redis.command("SETEX", f"django_sessions:{name}", 3600, session_value(self.secret_key, logged_in(user)))

    def round(self, number: int) -> None:
        """Somebody logs in, is known at once, logs out, and is not known any more."""
        name = f"honest{number}"
        self.expect(name, None)
        self.log_in(name, number)
        self.expect(name, number)
        self.expect("steady", 1)
        assert self.call("server.info")["version"]
        self.redis.command("DEL", f"django_sessions:{name}")
        self.expect(name, None, confirm=True)

    def expect(self, name: str, user: int | None, confirm: bool = False) -> None:
        answer = self.call("session.identity", session_key=name, **({"confirm": True} if confirm else {}))
        if user is None:
            assert answer == {"authenticated": False, "reason": "unknown"}, answer
        else:
            known = {key: answer.get(key) for key in ("authenticated", "user_id", "session")}
            assert known == {"authenticated": True, "user_id": str(user), "session": fingerprint(name)}, answer

    def call(self, method: str, **params: object) -> dict:
        self.question_count += 1
        request = {"jsonrpc": "2.0", "id": self.question_count, "method": method, "params": params}
        start = time.monotonic()
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self._lines.readline())
        self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - start)
        assert answer["id"] == self.question_count, answer
        assert "result" in answer, answer
        return answer["result"]

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
