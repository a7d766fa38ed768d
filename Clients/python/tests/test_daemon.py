"""The client against a real daemon on a real Redis, with sessions written as Django writes them."""

from __future__ import annotations

import itertools
import secrets
import shutil
from datetime import datetime, timezone

import pytest

import sessiond
from conftest import SECRET_KEY
from processes import DEADLINE_SECONDS, wait_for
from stored import fingerprint, logged_in, session_value
from validated import validate_messages

pytestmark = pytest.mark.daemon

_user_ids = itertools.count(1001)


@pytest.fixture
def user_id():
    """Name a user who has no session of another test's: tests share a daemon."""
    return next(_user_ids)


@pytest.fixture
def client(connect, daemon, monkeypatch):
    validate_messages(monkeypatch)
    with connect(str(daemon.path), timeout=DEADLINE_SECONDS) as client:
        yield client


@pytest.fixture
def write(redis):
    def write(data, seconds=600):
        key = secrets.token_hex(16)
        redis.command("SETEX", f"django_sessions:{key}", seconds, session_value(SECRET_KEY, data))
        return key

    return write


@pytest.mark.parametrize("key", ["nobody", "*", "a b\"c'\n\r\0", "x" * 300, "é" * 100])
def test_an_unknown_key_of_whatever_letters_is_nobody(client, key):
    assert client.identity(key).reason == "unknown"


@pytest.mark.parametrize("key", ["", "x" * 513])
def test_a_key_out_of_range_is_refused(client, key):
    with pytest.raises(sessiond.InvalidParams) as caught:
        client.identity(key)
    assert caught.value.param == "session_key"


def test_a_forged_session_is_invalid_and_logs_nobody_in(client, redis, write):
    key = secrets.token_hex(16)
    redis.command("SETEX", f"django_sessions:{key}", 600, session_value("another secret", logged_in(1)))
    assert client.identity(key).reason == "invalid"


def test_a_session_is_known_listed_and_read(client, write, user_id):
    key = write(logged_in(user_id, basket=[1, 2]))
    who = client.identity(key, confirm=True)
    assert (who.authenticated, who.user_id, who.session) == (True, str(user_id), fingerprint(key))
    assert client.identity(write({"colour": "green"})).reason == "anonymous"
    session = client.get(key)
    assert session.found
    assert session.data["basket"] == [1, 2]
    wait_for(lambda: [item.session for item in client.sessions(user_id)] == [fingerprint(key)], "the list")


def test_events_arrive_resume_and_can_be_read_again(client, redis, write, user_id):
    before = client.sessions(limit=1).position
    with client.events(types=["dev.sessiond.login", "dev.sessiond.logout"], user_id=user_id) as stream:
        key = write(logged_in(user_id))
        login = stream.poll(DEADLINE_SECONDS)
        redis.command("DEL", f"django_sessions:{key}")
        logout = stream.poll(DEADLINE_SECONDS)
    assert (login.type, login.subject) == ("dev.sessiond.login", fingerprint(key))
    assert (logout.type, logout.data["login_id"]) == ("dev.sessiond.logout", login.id)
    assert logout.data["reason"] == "deleted"
    now = datetime.now(timezone.utc)
    assert user_id not in [int(event.data["user_id"]) for event in client.query(open_at=now)]
    history = client.query(before, user_id=user_id, types=["dev.sessiond.login", "dev.sessiond.logout"])
    assert [event.raw for event in history] == [login.raw, logout.raw]
    with client.events(after=login.id, user_id=user_id, types=["dev.sessiond.logout"]) as stream:
        assert stream.poll(DEADLINE_SECONDS).id == logout.id


def test_the_daemon_tells_about_itself(client):
    assert client.status()["link"]["state"] == "live"
    assert "identify" in client.info()["rights"]


def test_a_restart_is_survived_and_the_stream_tells_of_the_gap(daemon, client, write, user_id):
    key = write(logged_in(user_id))
    wait_for(lambda: client.identity(key), "the session")
    with client.events(types=["dev.sessiond.link"]) as stream:
        assert daemon.stop() == 0
        with pytest.raises(sessiond.ConnectionFailed):
            client.identity(key)
        daemon.start()
        assert client.identity(key).user_id == str(user_id)
        for state in ("lost", "live"):
            event = stream.poll(DEADLINE_SECONDS)
            assert (event.type, event.data["state"]) == ("dev.sessiond.link", state)


def test_a_position_of_a_journal_that_is_gone_is_lost(daemon, client):
    stream = client.events()
    assert daemon.stop() == 0
    shutil.rmtree(daemon.path.parent / "state")
    daemon.start()
    with pytest.raises(sessiond.PositionLost):
        stream.poll(DEADLINE_SECONDS)


def test_sessions_are_ended_by_key_by_fingerprint_and_by_user(client, write, user_id):
    keys = [write(logged_in(user_id)) for _ in range(4)]
    wait_for(lambda: len(client.sessions(user_id)) == 4, "the sessions")
    assert client.revoke(keys[0], dry_run=True) == 1
    assert client.revoke(keys[0]) == 1
    assert client.revoke(keys[0]) == 0
    assert client.identity(keys[0]).reason == "unknown"
    assert client.revoke(session=fingerprint(keys[1])) == 1
    assert client.revoke_user(user_id, except_key=keys[2], dry_run=True) == 1
    assert client.revoke_user(user_id, except_session=fingerprint(keys[2])) == 1
    assert [bool(client.identity(key)) for key in keys] == [False, False, True, False]
    assert client.revoke_user(str(user_id)) == 1
    with pytest.raises(sessiond.InvalidParams):
        client.revoke()
