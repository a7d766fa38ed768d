"""Compares Django's settings with what the daemon sees and answers.

The daemon tells nobody its key pattern, and nobody tells it a secret key. So they are compared by what comes of them:
Django writes a session that nobody is logged in to, and the daemon is asked about it. Each way to disagree has an
answer of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from .._client import Client
from .._errors import SessiondError
from ._storage import Storage

#: How long the session of a check would live that could not be deleted.
PROBE_SECONDS = 60

OK, NOTE, WARNING, ERROR = "ok", "note", "warning", "error"


@dataclass(frozen=True)
class Finding:
    """Something that was looked at."""

    #: `ok`, `note`, `warning` or `error`.
    level: str
    #: One word or two: which part of the settings.
    subject: str
    #: What was found.
    what: str
    #: What to do about it; empty where there is nothing to do.
    todo: str = ""


def findings(client: Client, store: Any, storage: Storage, *, may_write: bool) -> Iterator[Finding]:
    """Look at one thing after the other; what makes the next one pointless is the last one."""
    if storage.elsewhere is not None:
        yield Finding(
            ERROR,
            "SESSION_ENGINE",
            f"{storage.engine} keeps sessions in {storage.elsewhere}, where sessiond sees none",
            "keep them in Redis: SESSION_ENGINE 'redis_sessions.session', or '….backends.cache' on a cache in Redis",
        )
        return
    if storage.key_pattern is None:
        yield Finding(
            NOTE,
            "SESSION_ENGINE",
            f"it is not known where {storage.engine} keeps sessions in Redis",
            "look with `redis-cli MONITOR` where a login writes, and give sessiond the --key-pattern",
        )
    else:
        yield Finding(
            OK,
            "SESSION_ENGINE",
            f"sessions are kept in Redis as {storage.key_pattern}",
            f"sessiond serve needs: {storage.options}" if storage.options else "",
        )
    if settings.SESSION_COOKIE_NAME != "sessionid":
        yield Finding(
            NOTE,
            "SESSION_COOKIE_NAME",
            f"the cookie is {settings.SESSION_COOKIE_NAME!r}, not 'sessionid'",
            "tell whoever reads it, such as SESSIOND_COOKIE_NAME of sessiond.flask; the daemon itself sees no cookies",
        )
    try:
        yield from _of_daemon(client, storage)
    except SessiondError as error:
        yield Finding(ERROR, "daemon", str(error), "as it says; SESSIOND_SOCKET in the settings names another socket")
        return
    if may_write:
        yield _of_probe(client, store, storage)
    else:
        yield Finding(
            NOTE,
            "a session",
            "no session was written, so nobody knows whether key pattern, secret key and encoding agree",
            "leave out --read-only to find out",
        )


def _of_daemon(client: Client, storage: Storage) -> Iterator[Finding]:
    status = client.status()
    link, stored = _part(status, "link"), _part(status, "stored")
    if link.get("state") == "live":
        yield Finding(OK, "daemon", f"sessiond {status.get('version')} answers, and its link to Redis is live")
    else:
        yield Finding(
            WARNING,
            "daemon",
            f"its link to Redis is {link.get('state')}: {link.get('last_error') or 'no error is known'}",
            "`sessiond status` shows more",
        )
    if storage.database is not None and storage.database != link.get("database"):
        yield Finding(
            ERROR,
            "database",
            f"Django writes to Redis's database {storage.database}, sessiond reads database {link.get('database')}",
            f"end the daemon's --redis-url with the number: …/{storage.database}, or ?db={storage.database}",
        )
    if storage.encoding == "signed":
        yield from _of_keys(stored)
    invalid = _part(status, "sessions").get("invalid")
    if isinstance(invalid, int) and invalid > 0:
        yield Finding(
            WARNING,
            "SECRET_KEY",
            f"{invalid} stored sessions carry a signature that fits none of sessiond's keys",
            "give sessiond the secret that signed them as a further line of --secret-key-file, if they are yours",
        )
    interrupted = _part(status, "journal").get("interrupted")
    if interrupted:
        yield Finding(WARNING, "journal", "sessiond cannot write its journal", "`sessiond status` says why")


def _of_keys(stored: dict[str, Any]) -> Iterator[Finding]:
    """Compare how many keys there are; neither side says which."""
    keys = stored.get("keys")
    ours = 1 + len(getattr(settings, "SECRET_KEY_FALLBACKS", []))
    if not isinstance(keys, list) or len(keys) == ours:
        return
    if not keys:
        yield Finding(
            WARNING, "SECRET_KEY", "sessiond has no key", "without --no-verify and with a --secret-key-file it verifies"
        )
    elif len(keys) < ours:
        yield Finding(
            WARNING,
            "SECRET_KEY_FALLBACKS",
            f"Django has {ours} secret keys, sessiond {len(keys)}: it takes sessions under the others for forged",
            "write each of SECRET_KEY_FALLBACKS as a line of --secret-key-file, and reload: kill -HUP",
        )
    else:
        yield Finding(
            NOTE,
            "SECRET_KEY_FALLBACKS",
            f"sessiond has {len(keys)} secret keys, Django {ours}: it lets in whom Django sends away",
            "delete the old keys from --secret-key-file, and reload: kill -HUP",
        )


def _of_probe(client: Client, store: Any, storage: Storage) -> Finding:
    """Have Django write a session, ask the daemon about it, and delete it."""
    subject = "a session"
    try:
        store["sessiond_check"] = "nobody is logged in to this session"
        store.set_expiry(PROBE_SECONDS)
        store.create()
        store.save()
    except Exception as error:
        # Of whatever kind: it is the storage's, and may hold a password or a value.
        return Finding(
            ERROR,
            subject,
            f"Django itself cannot write a session: {type(error).__name__}",
            "`manage.py shell` and a look at the settings of its Redis show why",
        )
    try:
        reason = client.identity(store.session_key, confirm=True).reason
    except SessiondError as error:
        return Finding(ERROR, subject, f"sessiond cannot tell: {error}", "as it says")
    finally:
        store.delete()
    if reason == "anonymous":
        return Finding(
            OK, subject, "sessiond reads what Django writes: server, key pattern, secret key and encoding agree"
        )
    options = storage.options or (f"--key-pattern '{storage.key_pattern}', its default" if storage.key_pattern else "")
    if reason == "unknown":
        return Finding(
            ERROR,
            subject,
            "sessiond does not find what Django writes: it looks at another server, database or key pattern",
            "compare its --redis-url with Django's; " + (f"give it {options}" if options else "and its --key-pattern"),
        )
    if reason == "invalid":
        return Finding(
            ERROR,
            subject,
            "sessiond finds what Django writes, and no key of its own fits the signature",
            "write SECRET_KEY as the first line of --secret-key-file, and reload: kill -HUP"
            + (f"; and give it --salt {storage.salt}" if storage.salt else ""),
        )
    if reason == "unreadable":
        return Finding(
            ERROR,
            subject,
            "sessiond finds what Django writes, and cannot read it",
            f"give it --encoding {storage.encoding}, and leave out --django, --serializer and --compressor",
        )
    return Finding(ERROR, subject, "sessiond takes a session of nobody for somebody's", "please report this")


def _part(status: dict[str, Any], name: str) -> dict[str, Any]:
    part = status.get(name)
    return part if isinstance(part, dict) else {}
