"""Session values as Django stores them, so that a test needs no Django."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import zlib
from typing import Any, Optional

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SALT = "django.contrib.sessions.SessionStore"


def session_value(secret_key: str, data: dict[str, Any], *, compress: bool = False) -> str:
    """Sign `data` as django.core.signing.dumps does for a session store, compressed where that is wanted."""
    seconds, stamp = int(time.time()), ""
    while seconds:
        seconds, digit = divmod(seconds, 62)
        stamp = _ALPHABET[digit] + stamp
    payload = json.dumps(data, separators=(",", ":")).encode("latin-1")
    body = f"{'.' + _base64(zlib.compress(payload)) if compress else _base64(payload)}:{stamp}"
    return f"{body}:{_signature(secret_key, body)}"


def session_data(secret_key: str, value: str) -> Optional[dict[str, Any]]:
    """Return what a value holds, or None where it was not signed with this secret."""
    signed, _, signature = value.rpartition(":")
    if not hmac.compare_digest(_signature(secret_key, signed), signature):
        return None
    body = signed.rpartition(":")[0]
    raw = base64.urlsafe_b64decode(body.lstrip(".") + "=" * (-len(body.lstrip(".")) % 4))
    return json.loads(zlib.decompress(raw) if body.startswith(".") else raw)


def logged_in(user_id: int, **more: Any) -> dict[str, Any]:
    """Return what Django keeps in the session of a user who is logged in."""
    return {
        "_auth_user_id": str(user_id),
        "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
        "_auth_user_hash": "0" * 64,
        **more,
    }


def fingerprint(session_key: str) -> str:
    """Return the name under which sessiond speaks of a session."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


def _signature(secret_key: str, signed: str) -> str:
    key = hashlib.sha256(f"{_SALT}signer{secret_key}".encode()).digest()
    return _base64(hmac.new(key, signed.encode(), hashlib.sha256).digest())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
