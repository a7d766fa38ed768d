"""Sessions, past events and figures as JSON: what the socket tells, by its schemas."""

from __future__ import annotations

import json

import pytest

import sessiond
from door import Door
from processes import wait_for
from protocols import check
from stored import fingerprint

KEY = "secretsession0123456789"
LOGIN, LOGOUT = "dev.sessiond.login", "dev.sessiond.logout"


@pytest.fixture
def full(open_door) -> Door:
    return open_door("--http-rights", "identify,list,observe")


def log_in_all(door: Door, count: int) -> None:
    for number in range(count):
        door.log_in(f"{KEY}{number}", number % 10)
    wait_for(lambda: door.ask("/status").json["sessions"]["authenticated"] == count, "all of them")


def test_sessions_are_the_sockets_page_by_page(full):
    log_in_all(full, 25)
    seen, after = [], ""
    while True:
        page = full.ask(f"/sessions?limit=10{after}").json
        check(page, "session.list.result.json")
        seen += page["sessions"]
        if "next" not in page:
            break
        assert len(page["sessions"]) >= 10
        after = f"&after={page['next']}"
    assert sorted(one["session"] for one in seen) == sorted(fingerprint(f"{KEY}{number}") for number in range(25))
    with sessiond.Client(str(full.daemon.path)) as client:
        assert sorted(one.session for one in client.sessions()) == sorted(one["session"] for one in seen)
    of_one = full.ask("/sessions?user_id=3").json["sessions"]
    assert {one["user_id"] for one in of_one} == {"3"}
    assert len(of_one) == 3
    assert full.ask("/sessions?user_id=nobody").json["sessions"] == []


def test_history_is_the_sockets_and_a_stream_goes_on_behind_it(full):
    log_in_all(full, 12)
    wait_for(lambda: len(full.ask(f"/history?types={LOGIN}").json["events"]) == 12, "their logins")
    full.log_out(f"{KEY}5")
    wait_for(lambda: full.ask(f"/history?types={LOGOUT}").json["events"], "the logout")
    seen, after = [], ""
    while True:
        page = full.ask(f"/history?types={LOGIN},{LOGOUT}&limit=5{after}").json
        position = page.pop("position")
        check(page, "events.query.result.json")
        seen += page["events"]
        if "next" not in page:
            break
        assert page["next"] == position
        after = f"&after={page['next']}"
    assert [event["type"] for event in seen] == 12 * [LOGIN] + [LOGOUT]
    assert position >= seen[-1]["id"]
    assert full.ask(f"/history?after={position}").json["events"] == []
    assert len(full.ask(f"/history?user_id=3&types={LOGIN}").json["events"]) == 1
    assert len(full.ask(f"/history?session={fingerprint(f'{KEY}5')}&types={LOGIN},{LOGOUT}").json["events"]) == 2
    assert full.ask(f"/history?since={seen[-1]['time']}&types={LOGOUT}").json["events"] == [seen[-1]]
    assert full.ask(f"/history?until={seen[0]['time']}&types={LOGIN}").json["events"] == []
    full.log_out(f"{KEY}1")
    wait_for(lambda: len(full.ask(f"/history?after={position}&types={LOGOUT}").json["events"]) == 1, "what came behind")


def test_a_position_that_is_lost_is_gone(full):
    answer = full.ask("/history?after=" + "0" * 15 + "1-" + "0" * 16)
    assert (answer.status, answer.json["reason"]) == (410, "position_lost")


def test_the_status_is_the_sockets(full):
    log_in_all(full, 3)
    answer = full.ask("/status")
    assert answer.headers["content-type"] == "application/json"
    check(answer.json, "server.status.result.json")
    with sessiond.Client(str(full.daemon.path)) as client:
        assert client.status()["sessions"] == answer.json["sessions"]


@pytest.mark.parametrize("path", ["/", "/status", "/sessions", "/history"])
def test_only_looking_is_answered(full, path):
    head, get = full.ask(path, method="HEAD"), full.ask(path)
    assert (head.status, head.body, get.status) == (200, b"", 200)
    assert get.headers["cache-control"] == "no-store"
    for method in ["POST", "PUT", "DELETE", "OPTIONS"]:
        answer = full.ask(path, method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("rights", "allowed"),
    [("identify", "/status"), ("list", "/sessions"), ("observe", "/ /history"), ("", "")],
)
def test_each_needs_its_right(open_door, rights, allowed):
    door = open_door("--http-rights", rights)
    for path in ["/", "/status", "/sessions", "/history"]:
        answer = door.ask(path)
        assert answer.status == (200 if path in allowed.split() else 403), path
        if answer.status == 403:
            assert "--http-rights " in answer.text
            with pytest.raises(json.JSONDecodeError):
                _ = answer.json
