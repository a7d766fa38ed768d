"""Both clients against a real daemon on a real Redis: restarts, resuming, many at once, errors."""

from __future__ import annotations

import secrets
import shutil

import pytest

from conftest import SECRET_KEY
from drivers import wait_for_answer
from processes import Daemon, wait_for
from stored import fingerprint, logged_in, session_value

TYPES = ["dev.sessiond.login", "dev.sessiond.logout"]


@pytest.fixture
def write(redis):
    def write(data, seconds=600):
        key = secrets.token_hex(16)
        redis.command("SETEX", f"django_sessions:{key}", seconds, session_value(SECRET_KEY, data))
        return key

    return write


def test_a_restart_is_survived_and_nothing_is_lost_or_told_twice(daemon, redis, drive, write):
    driver = drive(daemon.path)
    subscription = driver.call("events.subscribe", {"types": TYPES})["subscription"]
    keys = [write(logged_in(1))]
    assert driver.event(subscription)["subject"] == fingerprint(keys[0])
    for end in (daemon.stop, daemon.kill):
        end()
        assert driver.failure("session.identity", {"session_key": keys[0]})["kind"] == "ConnectionFailed"
        keys += [write(logged_in(len(keys) + 1)) for _ in range(3)]
        daemon.start()
        keys.append(write(logged_in(len(keys) + 1)))
        # The connection that was lost is opened again by itself.
        who = wait_for_answer(
            driver, "session.identity", {"session_key": keys[-1]}, lambda who: who["authenticated"], "the last login"
        )
        assert who["user_id"] == str(len(keys))
        assert {driver.event(subscription)["subject"] for _ in range(4)} == {fingerprint(key) for key in keys[-4:]}
    for key in keys:
        redis.command("DEL", f"django_sessions:{key}")
    assert {driver.event(subscription)["subject"] for _ in keys} == {fingerprint(key) for key in keys}
    wait_for(lambda: driver.call("session.list")["sessions"] == [], "the list to be empty")
    assert driver.event_now(subscription) is None


def test_an_idle_connection_that_a_restart_closed_costs_no_error(daemon, drive, write):
    driver = drive(daemon.path)
    key = write(logged_in(5))
    wait_for_answer(driver, "session.identity", {"session_key": key}, lambda who: who["authenticated"], "the login")
    assert daemon.stop() == 0
    daemon.start()
    assert driver.call("session.identity", {"session_key": key})["user_id"] == "5"


def test_many_requests_share_one_connection(daemon, drive, write):
    keys = [write(logged_in(number)) for number in range(50)]
    driver = drive(daemon.path)
    wait_for_answer(driver, "session.list", None, lambda page: len(page["sessions"]) == 50, "the logins")
    asked = [(number, driver.ask("session.identity", {"session_key": keys[number % 50]})) for number in range(2_000)]
    for number, request in asked:
        assert driver.answer(request)["result"]["user_id"] == str(number % 50)
    assert driver.call("server.status")["clients"]["connections"] == 1


def test_a_followed_session_is_followed_past_a_new_key_and_a_restart(daemon, redis, drive, write):
    driver = drive(daemon.path)
    old = write(logged_in(7, basket=[1, 2, 3]))
    wait_for_answer(driver, "events.query", {"session": fingerprint(old)}, lambda page: page["events"], "the login")
    subscriptions = [
        driver.call("events.subscribe", {"types": TYPES, **session})["subscription"]
        for session in ({"session_key": old}, {"session": fingerprint(old)})
    ]
    new = write(logged_in(7, basket=[1, 2, 3]))
    redis.command("DEL", f"django_sessions:{old}")
    for subscription in subscriptions:
        login, logout = driver.event(subscription), driver.event(subscription)
        assert (login["data"]["cause"], login["data"]["previous_session"]) == ("rotated", fingerprint(old))
        assert (logout["subject"], logout["data"]["reason"]) == (fingerprint(old), "rotated")
    assert daemon.stop() == 0
    daemon.start()
    redis.command("DEL", f"django_sessions:{new}")
    for subscription in subscriptions:
        logout = driver.event(subscription)
        assert (logout["type"], logout["subject"]) == ("dev.sessiond.logout", fingerprint(new))
        assert driver.event_now(subscription) is None


def test_a_position_of_a_journal_that_is_gone_is_lost(daemon, drive):
    driver = drive(daemon.path)
    subscription = driver.call("events.subscribe")["subscription"]
    assert daemon.stop() == 0
    shutil.rmtree(daemon.path.parent / "state")
    daemon.start()
    assert driver.event(subscription)["error"]["code"] == -32003


def test_redis_that_is_away_is_unavailable_and_never_nobody(daemon, redis, drive, write):
    driver = drive(daemon.path)
    key = write(logged_in(8))
    wait_for_answer(driver, "session.identity", {"session_key": key}, lambda who: who["authenticated"], "the login")
    redis.stop()
    error = driver.failure("session.identity", {"session_key": "nobody-has-this-key"})
    assert error["code"] == -32001
    assert error["data"]["cause"]
    assert "nobody-has-this-key" not in driver.errors


def test_sessions_are_ended_by_key_by_fingerprint_and_by_user(daemon, drive, write):
    driver = drive(daemon.path)
    keys = [write(logged_in(9)) for _ in range(4)]
    wait_for_answer(driver, "user.sessions", {"user_id": "9"}, lambda page: len(page["sessions"]) == 4, "the sessions")
    assert driver.call("session.revoke", {"session_key": keys[0]}) == {"revoked": 1}
    assert driver.call("session.revoke", {"session": fingerprint(keys[1])}) == {"revoked": 1}
    assert driver.call("user.revoke", {"user_id": "9", "except": fingerprint(keys[2])}) == {"revoked": 1}
    whos = [driver.call("session.identity", {"session_key": key})["authenticated"] for key in keys]
    assert whos == [False, False, True, False]


def test_one_connection_too_many_says_overloaded(binary, folder, redis, drive):
    (folder / "secret_key").write_text(SECRET_KEY + "\n")
    daemon = Daemon(binary, folder, redis.url, folder / "secret_key", "--max-connections", "1")
    daemon.start()
    first, second = drive(daemon.path), drive(daemon.path)
    assert first.call("server.info")["name"] == "sessiond"
    error = second.failure("server.info")
    assert error.get("code") == -32004 or error.get("kind") == "ConnectionFailed", error
    assert first.call("server.info")["name"] == "sessiond"
    assert daemon.stop() == 0
