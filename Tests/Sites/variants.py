"""The sites that the tests run: how each stores its sessions, and what sessiond has to be told about it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import django

_DJANGO = "{}.{}".format(*django.VERSION)
DJANGO_CACHE = "django.core.cache.backends.redis.RedisCache"
DJANGO_REDIS = "django_redis.cache.RedisCache"

_SERIALIZERS = {
    "pickle": "pickle.PickleSerializer",
    "json": "json.JSONSerializer",
    "msgpack": "msgpack.MSGPackSerializer",
}
_COMPRESSORS = {
    "none": "identity.IdentityCompressor",
    "zlib": "zlib.ZlibCompressor",
    "gzip": "gzip.GzipCompressor",
    "lzma": "lzma.LzmaCompressor",
    "lz4": "lz4.Lz4Compressor",
    "zstd": "zstd.ZStdCompressor",
}


@dataclass(frozen=True)
class Variant:
    """A site with cached sessions."""

    #: The last part of SESSION_ENGINE: `cache` or `cached_db`. Means nothing to a subclass.
    engine: str = "cache"
    backend: str = DJANGO_CACHE
    serializer: str = "pickle"
    compressor: str = "none"
    #: Of django-redis; None leaves it to the package.
    pickle_version: int | None = None
    key_prefix: str = ""
    version: int = 1
    #: Whether sessiond is told the serializer, the compressor and Django's version, or finds them by itself.
    is_named: bool = False

    def __str__(self) -> str:
        """Name the test."""
        package = "RedisCache" if self.backend == DJANGO_CACHE else "django_redis"
        protocol = "" if self.pickle_version is None else str(self.pickle_version)
        words = [self.engine, package, self.serializer + protocol, self.compressor]
        words += ["prefixed"] if self.key_prefix else []
        return "-".join(words + (["named"] if self.is_named else []))

    def settings(self, redis_url: str) -> dict[str, Any]:
        """Return Django's settings."""
        cache: dict[str, Any] = {"BACKEND": self.backend, "LOCATION": redis_url}
        if self.key_prefix:
            cache |= {"KEY_PREFIX": self.key_prefix, "VERSION": self.version}
        if self.backend == DJANGO_REDIS:
            cache["OPTIONS"] = {
                "SERIALIZER": f"django_redis.serializers.{_SERIALIZERS[self.serializer]}",
                "COMPRESSOR": f"django_redis.compressors.{_COMPRESSORS[self.compressor]}",
            }
            if self.pickle_version is not None:
                cache["OPTIONS"]["PICKLE_VERSION"] = self.pickle_version
        settings: dict[str, Any] = {
            "SESSION_ENGINE": f"django.contrib.sessions.backends.{self.engine}",
            "CACHES": {"default": cache},
        }
        if self.engine == "cached_db":
            # Of the row in the database, which has to hold what the cache can hold.
            settings["SESSION_SERIALIZER"] = "shop.serializers.PickleSerializer"
        return settings

    @property
    def things(self) -> str:
        """The name under which `shop.things` has what these sessions can keep."""
        return "pickle-0" if self.pickle_version == 0 else self.serializer

    @property
    def key_pattern(self) -> str:
        """Where the sessions lie in Redis, as sessiond is told."""
        return f"{self.key_prefix}:{self.version}:django.contrib.sessions.{self.engine}{{session_key}}"

    def redis_key(self, session_key: str) -> str:
        """Where one session lies in Redis."""
        return self.key_pattern.replace("{session_key}", session_key)

    @property
    def decoder_options(self) -> list[str]:
        """The options of `serve` and `decode` that tell how values are read."""
        named = ["--serializer", self.serializer, "--compressor", self.compressor, "--django", _DJANGO]
        return ["--encoding", "cache", *(named if self.is_named else [])]


class SignedPickles(Variant):
    """A site whose sessions redis_sessions keeps, signed, by a serializer of the project's own."""

    def __str__(self) -> str:
        """Name the test."""
        return "redis_sessions-signed-pickle" + ("-named" if self.is_named else "")

    def settings(self, redis_url: str) -> dict[str, Any]:
        """Return Django's settings."""
        return {
            "SESSION_ENGINE": "redis_sessions.session",
            "SESSION_REDIS": {"url": redis_url, "prefix": "shop", "socket_timeout": 5},
            "SESSION_SERIALIZER": "shop.serializers.PickleSerializer",
        }

    @property
    def key_pattern(self) -> str:
        """Where the sessions lie in Redis, as sessiond is told."""
        return "shop:{session_key}"

    @property
    def decoder_options(self) -> list[str]:
        """The options of `serve` and `decode`; that values are signed is their default."""
        return ["--serializer", "pickle", "--django", _DJANGO] if self.is_named else []


def _of_django_redis() -> list[Variant]:
    """Every serializer with every compressor, and in these every pair of the other choices with each."""
    variants = []
    for row, (serializer, compressor) in enumerate(product(_SERIALIZERS, _COMPRESSORS)):
        # Alternating by row and by column, so that no choice always goes with the same other one.
        column, line = row % len(_COMPRESSORS), row // len(_COMPRESSORS)
        is_prefixed = (column // 2 + line) % 2 == 1
        variants.append(
            Variant(
                engine="cached_db" if (column + line) % 2 else "cache",
                backend=DJANGO_REDIS,
                serializer=serializer,
                compressor=compressor,
                key_prefix="shop" if is_prefixed else "",
                version=3 if is_prefixed else 1,
                is_named=(column // 3 + line) % 2 == 1,
            )
        )
    return variants


#: The sites with cached sessions.
CACHED = [
    Variant(),
    # A prefix of characters that mean something to Redis's patterns.
    Variant(engine="cached_db", key_prefix="sh?p*[1]\\", version=12, is_named=True),
    Variant(backend=DJANGO_REDIS, pickle_version=0),
    *_of_django_redis(),
]

#: The sites with signed sessions.
SIGNED = [SignedPickles(), SignedPickles(is_named=True)]
