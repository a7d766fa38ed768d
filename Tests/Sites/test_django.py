"""The sites alone: that each stores its sessions as it is meant to, which the other tests rest on."""

from __future__ import annotations

import pickle

from variants import DJANGO_CACHE, Variant

#: How each compressor's values begin.
MAGIC = {
    "zlib": b"x\x9c",
    "gzip": b"\x1f\x8b",
    "lzma": b"\xfd7zXZ",
    "lz4": b"\x04\x22\x4d\x18",
    "zstd": b"\x28\xb5\x2f\xfd",
}


def start_of_value(variant: Variant) -> bytes:
    if variant.compressor != "none":
        return MAGIC[variant.compressor]
    if variant.serializer == "pickle":
        if variant.pickle_version == 0:
            return b"(d"
        return b"\x80\x05" if variant.backend == DJANGO_CACHE else b"\x80%c" % pickle.DEFAULT_PROTOCOL
    return {"json": b"{", "msgpack": b"\x84"}[variant.serializer]


def test_a_session_lies_where_and_as_the_variant_says(variant, redis, visitor):
    visitor.log_in().keep(colour="green")
    key = variant.redis_key(visitor.session_key)
    assert redis.command("GET", key).startswith(start_of_value(variant))
    assert visitor.who() == visitor.user_id
    if variant.engine == "cache":
        redis.command("DEL", key)
        assert visitor.who() is None


def test_a_session_keeps_what_its_serializer_can(variant, visitor):
    visitor.log_in().post("/keep-things", serializer=variant.things)
    assert visitor.who() == visitor.user_id


def test_a_password_change_moves_the_session_and_a_logout_takes_it_away(variant, redis, visitor):
    before = visitor.log_in().session_key
    visitor.post("/password", password="another")
    assert visitor.session_key not in (None, before)
    assert redis.command("EXISTS", variant.redis_key(before)) == b"0"
    last = visitor.session_key
    visitor.post("/logout")
    assert visitor.session_key is None
    assert redis.command("EXISTS", variant.redis_key(last)) == b"0"


def test_an_expiry_is_the_keys(variant, redis, visitor):
    visitor.log_in(expires_in=100)
    assert 0 < int(redis.command("TTL", variant.redis_key(visitor.session_key))) <= 100


def test_a_count_is_a_bare_integer(variant, redis, visitor):
    visitor.log_in().post("/overwrite-with-number")
    assert redis.command("GET", variant.redis_key(visitor.session_key)) == b"2"
