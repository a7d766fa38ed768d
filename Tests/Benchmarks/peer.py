"""Django's own decoders, behind standard input and output: writes a value of a shape, and times reading it.

Requests and answers are a line each:

    write SHAPE         {"encoding": "signed" or "cache", "value": <hex>, "session": <as the contract writes it>}
    time SHAPE COUNT    nanoseconds that it took to read the value so many times
"""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from itertools import repeat
from time import perf_counter_ns
from typing import Any, NamedTuple

import django
from django.conf import settings

from sessions import SHA1_DIGITS, Session, login, shop, tagged

DUMMY = "django.core.cache.backends.dummy.DummyCache"
DJANGO_REDIS = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:6379/0"}
CACHES = {"default": {"BACKEND": DUMMY}}
SERIALIZER, COMPRESSOR = "django_redis.serializers", "django_redis.compressors"


def django_redis(**options: str) -> dict[str, Any]:
    return DJANGO_REDIS | {"OPTIONS": {name.upper(): path for name, path in options.items()}}


settings.configure(
    SECRET_KEY=sys.argv[1],
    # Nothing connects: only the serializers and compressors of these caches are used.
    CACHES=CACHES
    | {
        "pickle-zlib": django_redis(compressor=f"{COMPRESSOR}.zlib.ZlibCompressor"),
        "json": django_redis(serializer=f"{SERIALIZER}.json.JSONSerializer"),
        "msgpack": django_redis(serializer=f"{SERIALIZER}.msgpack.MSGPackSerializer"),
    },
)
django.setup()

from django.contrib.sessions.backends.cache import SessionStore  # noqa: E402
from django.contrib.sessions.serializers import JSONSerializer  # noqa: E402
from django.core import signing  # noqa: E402
from django.core.cache import caches  # noqa: E402


class Case(NamedTuple):
    """A stored value, and what reads it."""

    encoding: str
    stored: str | bytes
    read: Callable[[Any], Session]


def signed(session: Session, serializer: type = JSONSerializer) -> Case:
    """A value of the layout that this Django writes, read by `SessionStore.decode`."""
    store = SessionStore()
    store.serializer = serializer
    return Case("signed", store.encode(session), store.decode)


def never_compressed(session: Session) -> Case:
    store = SessionStore()
    plain = signing.dumps(session, salt=store.key_salt, serializer=JSONSerializer, compress=False)
    return Case("signed", plain, store.decode)


def legacy(session: Session, serializer: type = JSONSerializer) -> Case:
    settings.DEFAULT_HASHING_ALGORITHM = "sha1"
    try:
        return signed(session, serializer)
    finally:
        settings.DEFAULT_HASHING_ALGORITHM = "sha256"


def pickling(pickle_protocol: int) -> type:
    from django.contrib.sessions.serializers import PickleSerializer

    return type("Serializer", (PickleSerializer,), {"protocol": pickle_protocol})


def redis_cache(session: Session) -> Case:
    """A value of Django's own RedisCache, which reads it by its serializer alone."""
    from django.core.cache.backends.redis import RedisSerializer

    serializer = RedisSerializer()
    return Case("cache", serializer.dumps(session), serializer.loads)


def by_django_redis(session: Session, alias: str) -> Case:
    client = caches[alias].client
    return Case("cache", client.encode(session), client.decode)


SHAPES: dict[str, Callable[[], Case]] = {
    "login": lambda: signed(login()),
    "login-plain": lambda: never_compressed(login()),
    "shop": lambda: signed(shop()),
    "nobody": lambda: signed({}),
    "login-legacy": lambda: legacy(login(SHA1_DIGITS)),
    "login-legacy-pickle2": lambda: legacy(login(SHA1_DIGITS), pickling(2)),
    "login-pickle": lambda: signed(login(), pickling(pickle.HIGHEST_PROTOCOL)),
    "login-cache": lambda: redis_cache(login()),
    "shop-cache": lambda: redis_cache(shop(pickled=True)),
    "shop-pickle-zlib": lambda: by_django_redis(shop(pickled=True), "pickle-zlib"),
    "login-json": lambda: by_django_redis(login(), "json"),
    "login-msgpack": lambda: by_django_redis(login(), "msgpack"),
    "50kB": lambda: signed(shop(420)),
    "200kB-cache": lambda: redis_cache(shop(2600)),
}


def write(cases: dict[str, Case], shape: str) -> str:
    case = cases[shape] = SHAPES[shape]()
    session = case.read(case.stored)
    if not session and shape != "nobody":
        raise ValueError(f"Django {django.__version__} does not read its own {shape}")
    value = case.stored if isinstance(case.stored, bytes) else case.stored.encode()
    return json.dumps({"encoding": case.encoding, "value": value.hex(), "session": session}, default=tagged)


def time(case: Case, count: int) -> int:
    read, stored = case.read, case.stored
    start = perf_counter_ns()
    for _ in repeat(None, count):
        read(stored)
    return perf_counter_ns() - start


def main() -> None:
    cases: dict[str, Case] = {}
    for line in sys.stdin:
        match line.split():
            case ["write", shape]:
                print(write(cases, shape), flush=True)
            case ["time", shape, count]:
                print(time(cases[shape], int(count)), flush=True)


if __name__ == "__main__":
    main()
