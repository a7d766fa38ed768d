"""Sessions as sites have them, made anew and alike in every run."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Session = dict[str, Any]

#: What signs them.
SECRET_KEY = "the-key-of-the-benchmark-which-is-as-long-as-those-of-startproject"

#: What `_auth_user_hash` is up to Django 3.0 and since: SHA-1 and SHA-256, in hex.
SHA1_DIGITS, SHA256_DIGITS = 40, 64


def login(hash_digits: int = SHA256_DIGITS) -> Session:
    """Return a session of somebody who has just logged in."""
    digits = random.Random(1)
    return {
        "_auth_user_id": "10423",
        "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
        "_auth_user_hash": "".join(digits.choice("0123456789abcdef") for _ in range(hash_digits)),
    }


def shop(items: int = 6, *, pickled: bool = False) -> Session:
    """Return a session of a shop: login, messages, a basket; `pickled` ones hold classes that JSON has no word for."""
    chance = random.Random(2)
    seen = datetime(2026, 12, 7, 9, 30, 0, 250_000, tzinfo=UTC)
    return login() | {
        "_messages": '[["__json_message",0,25,"Your address was saved."],["__json_message",0,20,"2 m\u00b2 added"]]',
        "language": "de",
        "last_seen": seen if pickled else seen.isoformat(),
        "basket": {str(1000 + number): _item(number, chance, pickled=pickled) for number in range(items)},
        "checkout": {"step": 2, "newsletter": False, "voucher": None, "weight": 3.75},
    }


def _item(number: int, chance: random.Random, *, pickled: bool) -> Session:
    price = Decimal(chance.randrange(100, 50_000)) / 100
    word = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz ") for _ in range(24)).strip()
    return {
        "name": f"{word} no. {number}",
        "quantity": chance.randrange(1, 9),
        "price": price if pickled else str(price),
        "gift": chance.random() < 0.2,
        "colours": chance.sample(["red", "green", "blue", "white"], 2),
    }


def tagged(value: object) -> Session:
    """Return what the contract writes for a value that JSON has no word for."""
    match value:
        case datetime():
            return {"$py": "datetime", "v": value.isoformat()}
        case Decimal():
            return {"$py": "Decimal", "v": str(value)}
    raise TypeError(type(value).__name__)
