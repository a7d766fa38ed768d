#!/usr/bin/env python3
"""Writes fixture.json: the sessions that the vectors of the socket ask for, signed by Django itself.

Needs Django 5.2. Time stands still while it signs, so a second run changes nothing:

    python make_fixture.py            writes fixture.json beside this file
    python make_fixture.py --check    exit 1 where fixture.json is not what would be written
"""

import argparse
import base64
import json
import sys
import unicodedata
from pathlib import Path
from unittest import mock

from django.conf import settings

FIXTURE = Path(__file__).with_name("fixture.json")
PATTERN = "django_sessions:{session_key}"
SECRET_KEY = "vectors-first-key-0123456789abcdefghijklmnopqrstuvwxyz"
FALLBACK_KEY = "vectors-fallback-key-9876543210zyxwvutsrqponmlkjihgfed"
FOREIGN_KEY = "vectors-key-of-somebody-else-5555555555555555555555555"
SIGNED_AT = 1_790_000_000
TWO_WEEKS = 1_209_600
BACKEND = "django.contrib.auth.backends.ModelBackend"

settings.configure(SECRET_KEY=SECRET_KEY)

from django.contrib.sessions.backends.base import SessionBase  # noqa: E402
from django.core.signing import JSONSerializer  # noqa: E402
from django.utils.crypto import salted_hmac  # noqa: E402


class SessionStore(SessionBase):
    """Django's own encoding under the class name that all session packages use, since the salt is made from it."""


def signed(session, secret_key=SECRET_KEY):
    """The value in the layout of Django 3.1 and later."""
    settings.SECRET_KEY = secret_key
    with mock.patch("django.core.signing.time.time", return_value=SIGNED_AT):
        return SessionStore().encode(session)


def legacy(session, secret_key=SECRET_KEY):
    """The value in the layout of Django up to 3.0, as its `SessionBase.encode` made it."""
    payload = JSONSerializer().dumps(session)
    mac = salted_hmac("django.contrib.sessionsSessionStore", payload, secret=secret_key, algorithm="sha1").hexdigest()
    return base64.b64encode(mac.encode() + b":" + payload).decode("ascii")


def logged_in(user_id, backend=BACKEND, **members):
    """The members that `django.contrib.auth.login` puts into a session, and others behind them."""
    password = f"pbkdf2_sha256$1000000$salt$password-of-{user_id}"
    salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
    auth_hash = salted_hmac(salt, password, secret=SECRET_KEY, algorithm="sha256").hexdigest()
    return {"_auth_user_id": user_id, "_auth_user_backend": backend, "_auth_user_hash": auth_hash, **members}


def session(session_key, value, about, ttl_seconds=TWO_WEEKS):
    return {"about": about, "key": PATTERN.format(session_key=session_key), "value": value, "ttl_seconds": ttl_seconds}


def odd_keys():
    """Session keys that clients can invent, all of user 7."""
    keys = {
        "globs": "gl*b?[a-z]\\x",
        "spaces": "with some spaces",
        "quotes": "\"double\" 'single' `back`",
        "a newline": "two\nlines\r\nand more",
        "NULs": "nul\0in\0side",
        "a colon": "a:b::c",
        "letters beyond ASCII": "ключ-鍵-🗝",
        "300 bytes": "k" * 300,
        "512 bytes, as long as may be": "m" * 512,
    }
    return [session(key, signed(logged_in("7")), f"a key with {name}") for name, key in keys.items()]


def fixture():
    values = {
        "whole": 1.0,
        "fraction": 0.25,
        "large": 2**60,
        "nan": float("nan"),
        "surrogate": "\ud800x",
        "text": "Zoë 🗝 \u2028 \0",
        "dollar": {"$py": "no tag"},
        "list": [None, True, [], {}],
        "padding": "so that Django finds that compressing is worth it " * 4,
    }
    composed = unicodedata.normalize("NFC", "caf\u00e9-key")
    decomposed = unicodedata.normalize("NFD", composed)
    entries = [
        session("ada0first0browser0000000000000001", signed(logged_in("1", basket=[3, 5])), "user 1, first browser"),
        session("ada0second0browser000000000000002", signed(logged_in("1")), "user 1, second browser"),
        session("grace0without0expiry0000000000003", signed(logged_in("2")), "user 2, no expiry", None),
        session("edsger0under0the0fallback00000004", signed(logged_in("3"), FALLBACK_KEY), "user 3, fallback key"),
        session("alan0in0the0legacy0layout00000005", legacy(logged_in("4")), "user 4, layout of Django 3.0"),
        session("barbara0whose0id0is0a0number00006", signed(logged_in(5)), "user 5, id as Django 1.7 wrote it"),
        session(
            "donald0with0values0of0python00007", signed(logged_in("6", **values)), "user 6, what JSON has no word for"
        ),
        session(
            "zoe0with0a0backend0of0her0own0008",
            signed(logged_in("zoë", "shop.auth.Tökens")),
            "an id and a backend beyond ASCII",
        ),
        *odd_keys(),
        session(composed, signed(logged_in("8")), "user 8, a key in normal form C"),
        session(decomposed, signed(logged_in("9")), "user 9, the same key in normal form D: another session"),
        session("anonymous0with0a0greeting00000010", signed({"greeting": "blue"}), "nobody, with data"),
        session("anonymous0and0empty00000000000011", signed({}), "nobody, without data"),
        session(
            "anonymous0without0backend00000012", signed({"_auth_user_id": "12"}), "nobody: an id without a backend"
        ),
        session(
            "anonymous0without0id0000000000013",
            signed({"_auth_user_backend": BACKEND}),
            "nobody: a backend without an id",
        ),
        session(
            "invalid0under0another0key00000014",
            signed(logged_in("66"), FOREIGN_KEY),
            "signed with a key that is not ours",
        ),
        session("unreadable0garbage000000000000015", "this was never a session", "no signed value at all"),
        session("unreadable0empty00000000000000016", "", "an empty value"),
        session("unreadable0array00000000000000017", signed(["_auth_user_id"]), "well signed, but no object"),
        {
            "about": "a list where a string should be",
            "key": PATTERN.format(session_key="unreadable0list000000000000000018"),
            "list": ["_auth_user_id", "67"],
            "ttl_seconds": TWO_WEEKS,
        },
        session("n" * 513, signed(logged_in("68")), "a key that is too long: ignored"),
        {
            "about": "a key that is no UTF-8: ignored",
            "key_b64": base64.b64encode(b"django_sessions:\xff\xfe").decode(),
            "value": signed(logged_in("69")),
            "ttl_seconds": TWO_WEEKS,
        },
        {
            "about": "outside the pattern",
            "key": "django_sessions",
            "value": signed(logged_in("70")),
            "ttl_seconds": None,
        },
        {
            "about": "outside the pattern",
            "key": "other:ada0first0browser0000000000000001",
            "value": signed(logged_in("71")),
            "ttl_seconds": TWO_WEEKS,
        },
    ]
    return {
        "description": "What Redis holds while the vectors of the socket are run. Written by make_fixture.py.",
        "key_pattern": PATTERN,
        "secret_keys": [SECRET_KEY, FALLBACK_KEY],
        "entries": entries,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    text = json.dumps(fixture(), indent=2, ensure_ascii=True) + "\n"
    if not check:
        FIXTURE.write_text(text)
    elif FIXTURE.read_text() != text:
        sys.exit("fixture.json is not what make_fixture.py writes")


if __name__ == "__main__":
    main()
