"""Stored values that are nobody's session, among them some that would run a command in whoever unpickled them."""

from __future__ import annotations

import json
import pickle
import secrets
import subprocess
import zlib
from pathlib import Path

import pytest
from django.core.signing import TimestampSigner

import sessiond
from hostile import HOSTILE
from processes import DEADLINE_SECONDS, Daemon, wait_for
from running import LOGIN, LOGOUT, REJECTED, SECRET_KEY, Witness
from stored import fingerprint, logged_in, session_value
from variants import CACHED, SIGNED

pytestmark = pytest.mark.daemon

#: One way to store is enough here, but where a test says otherwise.
PLAIN = pytest.mark.parametrize("variant", CACHED[:1], ids=str, indirect=True, scope="session")


@pytest.fixture
def write(variant, redis):
    """Return a function that stores bytes where a session would lie, and returns the session key."""

    def write(value: bytes) -> str:
        key = secrets.token_hex(16)
        redis.command("SET", variant.redis_key(key), value, "EX", 600)
        return key

    return write


class Verbatim:
    """A serializer for what is serialized already."""

    def dumps(self, value: bytes) -> bytes:
        return value


def decode(binary: str, folder: Path, value: bytes, *options: str) -> dict:
    """Return the line that `sessiond decode` prints, having checked that its exit says the same."""
    result = subprocess.run(
        [binary, "decode", *options], input=value, capture_output=True, timeout=DEADLINE_SECONDS, cwd=folder
    )
    assert result.returncode in (0, 1), result.stderr.decode()
    line = json.loads(result.stdout)
    assert line["ok"] is (result.returncode == 0)
    return line


@PLAIN
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pickle_is_refused_and_runs_nothing(name, tmp_path, client, daemon, witness, write):
    canary, control = tmp_path / "canary", tmp_path / "control"
    # That it is hostile: Python runs it, at the latest when somebody looks at the value.
    repr(pickle.loads(HOSTILE[name](control)))
    assert control.exists()

    key = write(HOSTILE[name](canary))
    assert witness.wait(REJECTED, fingerprint(key)).data["reason"] == "unreadable"
    assert client.identity(key, confirm=True).reason == "unreadable"
    assert not client.get(key, confirm=True).data
    assert client.status()["link"]["state"] == "live"
    assert not canary.exists()
    assert str(canary) not in "\n".join(daemon.lines)


@PLAIN
def test_a_session_that_turns_hostile_is_a_logout_and_then_rejected(redis, variant, visitor, client, witness, tmp_path):
    canary = tmp_path / "canary"
    visitor.log_in()
    witness.wait(LOGIN, visitor.session)
    redis.command("SET", variant.redis_key(visitor.session_key), HOSTILE["reduce"](canary), "KEEPTTL")
    witness.wait(REJECTED, visitor.session)
    assert witness.wait(LOGOUT, visitor.session).data["reason"] == "unreadable"
    assert witness.about(visitor.session) == ["login", "logout", "rejected"]
    assert not client.identity(visitor.session_key).authenticated
    assert not canary.exists()


@pytest.mark.parametrize("variant", SIGNED, ids=str, indirect=True, scope="session")
@pytest.mark.parametrize(("secret", "reason"), [(SECRET_KEY, "unreadable"), ("a secret of others", "invalid")])
def test_a_signature_makes_no_hostile_pickle_harmless(secret, reason, client, witness, write, tmp_path):
    canary = tmp_path / "canary"
    signer = TimestampSigner(key=secret, fallback_keys=[], salt="django.contrib.sessions.SessionStore")
    key = write(signer.sign_object(HOSTILE["reduce"](canary), serializer=Verbatim, compress=True).encode())
    assert witness.wait(REJECTED, fingerprint(key)).data["reason"] == reason
    assert client.identity(key).reason == reason
    assert not canary.exists()


def test_a_count_under_a_sessions_key_is_unreadable(variant, visitor, client, witness):
    visitor.log_in()
    witness.wait(LOGIN, visitor.session)
    visitor.post("/overwrite-with-number")
    witness.wait(REJECTED, visitor.session)
    assert witness.wait(LOGOUT, visitor.session).data["reason"] == "unreadable"
    assert client.identity(visitor.session_key).reason == "unreadable"


@PLAIN
@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"1",
        b"-17",
        b"\0",
        b"{",
        pickle.dumps([1]),
        pickle.dumps("text"),
        pickle.dumps(None),
        pickle.dumps(logged_in(1))[:-1],
        pickle.dumps(logged_in(1))[:40],
        zlib.compress(pickle.dumps(logged_in(1)))[:-10],
        zlib.compress(b"no session"),
        zlib.compress(b"\0" * 100_000_000),
        b"\x80\x04" + b"]" * 1_000_000 + b"0" * 999_999 + b".",
        b"[" * 100_000,
        b"\x81" * 100_000,
        session_value(SECRET_KEY, logged_in(1)).encode(),
    ],
    ids=lambda value: f"{value[:8]!r}, {len(value)} bytes",
)
def test_what_is_no_cached_session_is_unreadable(value, client, witness, write):
    key = write(value)
    assert witness.wait(REJECTED, fingerprint(key)).data["reason"] == "unreadable"
    assert client.identity(key).reason == "unreadable"


def test_a_cached_value_taken_for_a_signed_one_names_the_cure(variant, redis, binary, folder, visitor):
    visitor.log_in().keep(text="so that it is worth compressing" * 9)
    value = redis.command("GET", variant.redis_key(visitor.session_key))
    refused = decode(binary, folder, value, "--secret-key-file", str(folder / "secret_key"))
    assert (refused["ok"], refused["reason"]) == (False, "unreadable")
    assert "--encoding cache" in refused["why"]

    line = decode(binary, folder, value, *variant.decoder_options)
    assert (line["ok"], line["user_id"], line["layout"]) == (True, visitor.user_id, "cache")
    assert (line["serializer"], line["compression"]) == (variant.serializer, variant.compressor)
    assert (line["key"], line["signed_at"]) == (None, None)


@pytest.fixture
def signed_daemon(variant, redis, binary, folder):
    """A daemon that was not told that the sessions are a cache's."""
    daemon = Daemon(binary, folder, redis.url, folder / "secret_key", "--key-pattern", variant.key_pattern)
    yield daemon
    daemon.kill()


@PLAIN
def test_a_daemon_for_signed_sessions_believes_no_cached_one(visitor, signed_daemon):
    visitor.log_in()
    signed_daemon.start()
    with sessiond.Client(str(signed_daemon.path), timeout=DEADLINE_SECONDS) as client, client.events() as stream:
        assert client.identity(visitor.session_key).reason == "unreadable"
        visitor.keep(colour="green")
        Witness(stream).wait(REJECTED, visitor.session)
        assert visitor.session not in [item.session for item in client.sessions(limit=1000)]


@PLAIN
def test_a_daemon_for_signed_sessions_says_what_to_try(visitor, signed_daemon, redis):
    # It names the fault of one value only: no other test's is to be there.
    redis.command("FLUSHALL")
    visitor.log_in()
    signed_daemon.start()
    assert signed_daemon.stop() == 0
    wait_for(lambda: "stopped" in signed_daemon.lines[-1], "the last line of the log")
    assert "--encoding cache" in "\n".join(signed_daemon.lines)


@PLAIN
def test_a_signed_value_taken_for_a_cached_one_names_the_cure(variant, binary, folder):
    line = decode(binary, folder, session_value(SECRET_KEY, logged_in(1)).encode(), *variant.decoder_options)
    assert (line["ok"], line["reason"]) == (False, "unreadable")
    assert "--encoding signed" in line["why"]


@pytest.mark.parametrize(("option", "name"), [("--serializer", "json"), ("--compressor", "zlib")])
def test_what_another_serializer_or_compressor_wrote_is_not_guessed_at(option, name, binary, folder):
    value = pickle.dumps(logged_in(1))
    line = decode(binary, folder, value, "--encoding", "cache", option, name)
    if option == "--serializer":
        assert (line["ok"], line["reason"]) == (False, "unreadable")
    else:
        # django-redis leaves short values uncompressed and takes them as they are.
        assert line["ok"]
