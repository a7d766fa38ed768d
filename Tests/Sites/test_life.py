"""The life of sessions as sessiond sees it, for every way to store them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from processes import wait_for
from running import CHANGED, LOGIN, LOGOUT, Visitor, Witness
from shop.things import THINGS
from stored import fingerprint
from variants import CACHED, SIGNED

pytestmark = [
    pytest.mark.daemon,
    pytest.mark.parametrize("variant", [*CACHED, *SIGNED], ids=str, indirect=True, scope="session"),
]

BACKEND = "django.contrib.auth.backends.ModelBackend"


def as_text(value):
    return json.dumps(value, sort_keys=True)


def test_a_login_is_known_and_a_logout_too(leaver, visitor, client, witness):
    visitor.log_in()
    key = visitor.session_key
    login = witness.wait(LOGIN, visitor.session)
    assert (login.data["user_id"], login.data["backend"], login.data["cause"]) == (visitor.user_id, BACKEND, "created")
    who = client.identity(key)
    assert (who.user_id, who.backend, who.session) == (visitor.user_id, BACKEND, visitor.session)
    assert who.expires_at > datetime.now(UTC)
    wait_for(lambda: [item.session for item in client.sessions(visitor.user_id)] == [visitor.session], "the list")

    visitor.post("/logout")
    logout = witness.wait(LOGOUT, fingerprint(key))
    assert (logout.data["reason"], logout.data["login_id"]) == ("deleted", login.id)
    assert client.identity(key).reason == "unknown"
    # In between, nothing that was stored was refused.
    assert witness.about(fingerprint(key)) == ["login", "logout"]


def test_the_session_is_read_as_it_was_written(variant, visitor, client, witness):
    visitor.log_in().post("/keep-things", serializer=variant.things)
    # Whatever the cache has seen by then, this asks Redis.
    session = client.get(visitor.session_key, confirm=True)
    assert session.found
    assert session.identity.user_id == visitor.user_id
    expected = {thing.name: thing.json for thing in THINGS[variant.things]}
    things = session.data["things"]
    assert sorted(things) == sorted(expected)
    # As text, in which 1, 1.0 and true are three things.
    assert {name: value for name, value in things.items() if as_text(value) != as_text(expected[name])} == {}


def test_a_change_is_seen_and_told_without_its_values(visitor, client, witness):
    visitor.log_in()
    witness.wait(LOGIN, visitor.session)
    with client.events(types=[CHANGED], session_key=visitor.session_key) as stream:
        changes = Witness(stream)
        visitor.keep(basket=["book"])
        assert changes.wait(CHANGED, visitor.session).data["keys"] == ["basket"]
    assert client.get(visitor.session_key).data["basket"] == ["book"]


def test_a_stranger_is_anonymous_and_becomes_somebody_with_what_they_had(visitor, client, witness):
    visitor.keep(colour="violet")
    anonymous = visitor.session_key
    assert client.identity(anonymous).reason == "anonymous"
    assert client.get(anonymous).data["colour"] == "violet"
    visitor.log_in()
    assert visitor.session_key != anonymous
    assert witness.wait(LOGIN, visitor.session).data["cause"] == "upgraded"
    assert client.identity(anonymous).reason == "unknown"
    assert client.get(visitor.session_key).data["colour"] == "violet"
    assert witness.about(fingerprint(anonymous), visitor.session) == ["login"]


def test_a_password_change_is_a_rotation(visitor, client, witness):
    before = visitor.log_in().session
    first = witness.wait(LOGIN, before)
    visitor.post("/password", password="another")
    login, logout = witness.wait(LOGIN, visitor.session), witness.wait(LOGOUT, before)
    assert (login.data["cause"], login.data["previous_session"]) == ("rotated", before)
    assert (logout.data["reason"], logout.data["login_id"]) == ("rotated", first.id)
    assert login.id < logout.id
    assert client.identity(visitor.session_key).user_id == visitor.user_id


def test_a_password_change_elsewhere_is_hinted_at(site, visitor, client, witness):
    elsewhere = Visitor(site, account=visitor).log_in()
    left = elsewhere.session
    visitor.log_in()
    witness.wait(LOGIN, visitor.session)
    assert not client.identity(elsewhere.session_key).superseded
    visitor.post("/password", password="another")
    witness.wait(LOGIN, visitor.session)
    assert client.identity(elsewhere.session_key).superseded
    # Django takes the session away at the next visit.
    assert elsewhere.who() is None
    assert witness.wait(LOGOUT, left).data["reason"] == "deleted"


def test_another_login_in_the_same_browser_is_a_logout_and_a_login(site, visitor, witness):
    before = visitor.log_in().session
    witness.wait(LOGIN, before)
    other = Visitor(site)
    other.session_key = visitor.session_key
    other.log_in()
    assert witness.wait(LOGOUT, before).data["user_id"] == visitor.user_id
    assert witness.wait(LOGIN, other.session).data["user_id"] == other.user_id


def test_what_a_cache_has_lost_and_the_database_not_is_there_again(variant, redis, visitor, client, witness):
    visitor.log_in()
    login = witness.wait(LOGIN, visitor.session)
    redis.command("DEL", variant.redis_key(visitor.session_key))
    assert witness.wait(LOGOUT, visitor.session).data["login_id"] == login.id
    assert client.identity(visitor.session_key).reason == "unknown"
    key = visitor.session_key
    assert visitor.who() == (visitor.user_id if variant.engine == "cached_db" else None)
    if variant.engine == "cached_db":
        wait_for(lambda: client.identity(key).user_id == visitor.user_id, "the session to be back")


def test_a_session_that_expires_is_a_logout(leaver, client):
    with client.events(after="") as stream:
        witness = Witness(stream)
        login, logout = witness.wait(LOGIN, leaver.session), witness.wait(LOGOUT, leaver.session)
    assert (logout.data["reason"], logout.data["login_id"]) == ("expired", login.id)
    assert logout.data["user_id"] == leaver.user_id
    assert client.identity(leaver.session_key).reason == "unknown"


def test_no_session_key_is_logged(visitor, client, daemon):
    visitor.log_in()
    key = visitor.session_key
    assert client.identity(key, confirm=True).authenticated
    visitor.post("/logout")
    assert client.identity(key, confirm=True).reason == "unknown"
    assert key not in "\n".join(daemon.lines)
