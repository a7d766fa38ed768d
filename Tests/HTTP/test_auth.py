"""Who may pass, and who somebody is."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from django.http import parse_cookie

from door import SECRET_KEY
from processes import DEADLINE_SECONDS, wait_for
from stored import fingerprint, logged_in, session_value

KEY = "secretsession0123456789"
BACKEND = "django.contrib.auth.backends.ModelBackend"
VECTORS = json.loads((Path(__file__).parents[2] / "Protocols/vectors/http/cookies.json").read_text())


def test_somebody_who_is_logged_in_passes_and_nobody_else(door):
    assert door.ask("/auth").status == 401
    assert door.ask("/auth", "sessionid=unknownsession").status == 401
    door.log_in(KEY)
    answer = door.ask("/auth", f"csrftoken=x; sessionid={KEY}")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["x-session-user-id"] == "42"
    assert answer.headers["x-session-backend"] == BACKEND
    assert answer.headers["x-session-fingerprint"] == fingerprint(KEY)
    assert answer.headers["x-session-expires-at"].endswith("Z")
    assert answer.headers["cache-control"] == "no-store"
    assert "content-length" not in answer.headers
    door.log_out(KEY)
    door.wait_for(401, "/auth", f"sessionid={KEY}")


def test_a_session_with_nobody_logged_in_does_not_pass(door):
    door.redis.command("SETEX", f"django_sessions:{KEY}", 600, session_value(SECRET_KEY, {"basket": [1]}))
    answer = door.ask("/auth", f"sessionid={KEY}")
    assert answer.status == 401
    assert "www-authenticate" in answer.headers
    assert door.ask("/identity", f"sessionid={KEY}").json == {"authenticated": False, "reason": "anonymous"}


def test_a_forged_session_does_not_pass(door):
    door.redis.command("SETEX", f"django_sessions:{KEY}", 600, session_value("another secret", logged_in(1)))
    assert door.ask("/auth", f"sessionid={KEY}").status == 401
    assert door.ask("/identity", f"sessionid={KEY}").json == {"authenticated": False, "reason": "invalid"}


def told_by_socket(path: Path, key: str) -> object:
    """Return the result of `session.identity`, as it stands on the wire."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "session.identity", "params": {"session_key": key}}
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rwb") as lines:
        connection.settimeout(DEADLINE_SECONDS)
        connection.connect(str(path))
        lines.write(json.dumps(request).encode() + b"\n")
        lines.flush()
        return json.loads(lines.readline())["result"]


def test_an_identity_is_what_the_socket_tells(door):
    door.log_in(KEY, "é 1")
    answer = door.ask("/identity", f"sessionid={KEY}")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert told_by_socket(door.daemon.path, KEY) == answer.json
    assert told_by_socket(door.daemon.path, "nobody") == door.ask("/identity", "sessionid=nobody").json
    assert door.ask("/identity").json == {"authenticated": False, "reason": "unknown"}


@pytest.mark.parametrize("user", ["é 1", "a\r\nX-Admin: yes", "100%", "😀"], ids=ascii)
def test_whatever_a_users_id_holds_stays_in_its_header(door, user):
    door.log_in(KEY, user)
    answer = door.ask("/auth", f"sessionid={KEY}")
    assert answer.status == 204
    assert answer.headers["x-session-user-id"] == quote(user, safe="!\"#$&'()*+,/:;<=>?@[\\]^`{|}")
    assert unquote(answer.headers["x-session-user-id"]) == user
    assert "x-admin" not in answer.headers


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_a_proxy_may_ask_with_the_visitors_method(door, method):
    door.log_in(KEY)
    assert door.ask("/auth", f"sessionid={KEY}", method=method).status == 204
    assert door.ask("/auth", method=method).status == 401
    other = door.ask("/identity", method=method)
    assert other.status == (200 if method == "HEAD" else 405)
    assert other.body == b"" or method != "HEAD"


def test_envoy_is_answered_200_whatever_path_it_asks_for(door):
    door.log_in(KEY)
    for path in ["/envoy", "/envoy/members/1?next=/x&a=%20"]:
        answer = door.ask(path, f"sessionid={KEY}", headers={"Content-Length": "0"})
        assert (answer.status, answer.headers["x-session-user-id"]) == (200, "42")
        assert door.ask(path).status == 401


def test_the_cookie_can_have_another_name(open_door):
    door = open_door("--http-cookie", "__Host-shop")
    door.log_in(KEY)
    assert door.ask("/auth", f"__Host-shop={KEY}").status == 204
    assert door.ask("/auth", f"sessionid={KEY}").status == 401


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_the_vectors_are_what_django_makes_of_them(vector):
    joined = "; ".join(vector["headers"])
    assert parse_cookie(joined).get("sessionid") == vector["value"]


def test_django_and_the_door_take_the_same_cookie(door):
    """For each vector there is a session under the key that Django would take, so the door must find it."""
    for number, vector in enumerate(VECTORS):
        key = parse_cookie("; ".join(vector["headers"])).get("sessionid")
        if key:
            door.log_in(key, number)
        answer = door.ask("/auth", *vector["headers"])
        assert answer.status == (204 if key else 401), vector["name"]
        if key:
            assert answer.headers["x-session-fingerprint"] == fingerprint(key), vector["name"]


def test_a_key_that_is_no_key_is_nobodys(door):
    assert door.ask("/auth", "sessionid=" + "x" * 513).status == 401
    with door.wire() as wire:
        wire.send(b"GET /identity HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=\xff\xfe\r\n\r\n")
        assert wire.answer().json == {"authenticated": False, "reason": "unknown"}


def test_many_requests_of_one_connection_are_answered_in_their_order(door):
    for number in range(20):
        door.log_in(f"{KEY}{number}", number)
    request = "GET /identity HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={}\r\n\r\n"
    with door.wire() as wire:
        # At once: the odd ones are nobody's, and have to be asked for in Redis.
        wire.send(
            "".join(request.format(f"{KEY}{number}" if number % 2 else "nobody") for number in range(20)).encode()
        )
        for number in range(20):
            assert wire.answer().json.get("user_id") == (str(number) if number % 2 else None)
        # Byte by byte.
        for byte in request.format(f"{KEY}7").encode():
            wire.send(bytes([byte]))
        assert wire.answer().json["user_id"] == "7"


def test_while_redis_is_away_nobody_is_sent_to_the_login(open_door):
    door = open_door("--link-timeout", "0.3", "--max-staleness", "0.2")
    door.log_in(KEY)
    door.wait_for(204, "/auth", f"sessionid={KEY}")
    door.wait_for(200, "/readyz")
    door.redis.stop()
    for path in ["/auth", "/identity", "/envoy"]:
        answer = door.wait_for(503, path, f"sessionid={KEY}")
        assert int(answer.headers["retry-after"]) >= 1
    wait_for(lambda: door.ask("/readyz").json["state"] != "live", "the loss to be noticed")
    answer = door.ask("/readyz")
    assert answer.status == 503
    assert not answer.json["ready"]
    assert "Redis" in answer.json["why"]
    assert door.ask("/healthz").status == 200
    assert door.metrics()['sessiond_link_state{state="live"}'] == 0
    door.redis.start()
    door.log_in(KEY)
    door.wait_for(204, "/auth", f"sessionid={KEY}")
    door.wait_for(200, "/readyz")


def test_beyond_the_rate_of_invented_keys_the_answer_is_not_401(open_door):
    door = open_door("--max-misses-per-uid", "5")
    door.log_in(KEY)
    statuses = [door.ask("/auth", f"sessionid=invented{number}").status for number in range(60)]
    assert set(statuses) == {401, 503}
    assert door.ask("/auth", f"sessionid={KEY}").status == 204
