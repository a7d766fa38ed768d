"""Encodes sessions by the site's own SessionStore: the process of a pool that `dataset.py` runs.

    django_values.py SECRET_KEY SEED FIRST COUNT TWICE DATA_BYTES

Writes a pickled list to standard output: for each session from FIRST on its key, its user and its values, of which the
first TWICE sessions have two. DATA_BYTES is how much text each holds, 0 for the usual login. The same arguments make
the same sessions, but for the moment of the signature.
"""

from __future__ import annotations

import hashlib
import pickle
import random
import string
import sys
import uuid
from typing import Any

from django.conf import settings

BACKEND = "django.contrib.auth.backends.ModelBackend"
VALUE_BYTES_MIN, VALUE_BYTES_MAX = 250, 350
KEY_LETTERS = string.ascii_lowercase + string.digits


def user_of(number: int, chance: random.Random) -> str:
    """Return a user's id: an integer (half of them), a UUID or a name."""
    kind = number % 10
    if kind < 5:
        return str(1000 + number)
    if kind < 8:
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return f"customer-{chance.choice(('de', 'fr', 'pl'))}-{number:07d}"


def session_of(user: str, chance: random.Random, visit: int) -> dict[str, Any]:
    """Return what a shop keeps of a visitor who is logged in, of the second visit a little more."""
    session = {
        "_auth_user_id": user,
        "_auth_user_backend": BACKEND,
        "_auth_user_hash": hashlib.sha256(user.encode()).hexdigest(),
        "language": chance.choice(("de", "fr", "pl")),
        "last_seen": f"2026-11-{chance.randrange(1, 27):02d}T{chance.randrange(24):02d}:30:00+00:00",
    }
    if visit or chance.random() < 0.5:
        session["basket"] = {str(chance.randrange(1000, 9999)): chance.randrange(1, 9)}
    return session


def with_data(session: dict[str, Any], size: int) -> dict[str, Any]:
    """Add articles that somebody looked at, of `size` bytes in all."""
    articles = [f"article number {number} in red, size {number % 40}" for number in range(size // 40)]
    return session | {"history": articles}


def main() -> None:
    secret_key, *numbers = sys.argv[1:]
    seed, first, count, twice, data_bytes = (int(number) for number in numbers)
    settings.configure(SECRET_KEY=secret_key, SESSION_REDIS={"prefix": "django_sessions"})
    from redis_sessions.session import SessionStore

    store, sessions = SessionStore(), []
    for number in range(first, first + count):
        chance = random.Random(seed << 32 | number)
        key, user = "".join(chance.choices(KEY_LETTERS, k=32)), user_of(number, chance)
        visits = [session_of(user, chance, visit) for visit in range(2 if number < twice else 1)]
        values = [store.encode(with_data(visit, data_bytes) if data_bytes else visit).encode() for visit in visits]
        for value in values:
            if not data_bytes and not VALUE_BYTES_MIN <= len(value) <= VALUE_BYTES_MAX:
                sys.exit(f"a value of {len(value)} bytes, not {VALUE_BYTES_MIN} to {VALUE_BYTES_MAX}")
        sessions.append((key.encode(), user.encode(), values))
    pickle.dump(sessions, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main()
