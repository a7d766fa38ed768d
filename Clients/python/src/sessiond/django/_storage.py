"""Where this project's settings say that sessions lie, as far as that can be found out without asking Redis."""

from __future__ import annotations

import contextlib
import importlib
import shlex
from dataclasses import dataclass
from typing import Any, Callable, Optional

from django.conf import settings

#: Engines that keep nothing in Redis.
_ELSEWHERE = {
    "django.contrib.sessions.backends.db": "the database",
    "django.contrib.sessions.backends.file": "files",
    "django.contrib.sessions.backends.signed_cookies": "the visitors' cookies",
}
_DEFAULT_SALT = "django.contrib.sessions.SessionStore"
_DEFAULT_PATTERN = "django_sessions:{session_key}"


@dataclass(frozen=True)
class Storage:
    """What the settings say."""

    #: SESSION_ENGINE.
    engine: str
    #: Where sessions are kept instead, in words, where that is not Redis; else None.
    elsewhere: Optional[str] = None
    #: The daemon's `--key-pattern`, or None where it cannot be found out.
    key_pattern: Optional[str] = None
    #: The daemon's `--encoding`: `signed` or `cache`.
    encoding: str = "signed"
    #: The daemon's `--salt`, where it has to be given.
    salt: Optional[str] = None
    #: The number of the database in Redis, or None where it cannot be found out.
    database: Optional[int] = None

    @property
    def options(self) -> str:
        """The options of `sessiond serve` that these settings need, as a shell takes them; empty where none."""
        given: list[str] = []
        if self.key_pattern not in (None, _DEFAULT_PATTERN):
            given += ["--key-pattern", str(self.key_pattern)]
        if self.encoding != "signed":
            given += ["--encoding", self.encoding]
        if self.salt is not None:
            given += ["--salt", self.salt]
        return " ".join(map(shlex.quote, given))


def session_store() -> Any:
    """Return a new session of SESSION_ENGINE, which is in no storage yet."""
    return importlib.import_module(settings.SESSION_ENGINE).SessionStore()


def storage_of(store: Any) -> Storage:
    """Say where sessions like this one are kept."""
    engine: str = settings.SESSION_ENGINE
    # A subclass of one of Django's own keeps them where its parent does.
    parents = [kind.__module__ for kind in type(store).__mro__]
    elsewhere = next((_ELSEWHERE[name] for name in parents if name in _ELSEWHERE and not _is_cached(store)), None)
    if elsewhere is not None:
        return Storage(engine, elsewhere=elsewhere)
    if _is_cached(store):
        return Storage(
            engine,
            key_pattern=store._cache.make_key(store.cache_key_prefix + "{session_key}"),
            encoding="cache",
            database=_database(store._cache),
        )
    salt = getattr(store, "key_salt", _DEFAULT_SALT)
    return Storage(
        engine,
        # Of django-redis-sessions.
        key_pattern=store.get_real_stored_key("{session_key}") if hasattr(store, "get_real_stored_key") else None,
        salt=None if salt == _DEFAULT_SALT else salt,
        database=_database(store),
    )


def _is_cached(store: Any) -> bool:
    return hasattr(store, "_cache") and hasattr(store, "cache_key_prefix")


def _database(holder: Any) -> Optional[int]:
    """Return the database of redis-py's client that a cache or a store of sessions uses."""
    finders: tuple[Callable[[], Any], ...] = (
        lambda: holder.server,  # django-redis-sessions
        lambda: holder._cache.get_client(),  # django.core.cache.backends.redis
        lambda: holder.client.get_client(),  # django-redis
    )
    for find in finders:
        # Neither has to be there, nor to be the same in the next version: then the database is not known.
        with contextlib.suppress(Exception):
            return int(find().connection_pool.connection_kwargs.get("db", 0))
    return None
