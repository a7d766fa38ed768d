"""Events as server-sent events: told as they happen, resumed without a gap, ended with a reason."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest

from door import Door
from event_source import Stream
from processes import wait_for
from stored import fingerprint

KEY = "secretsession0123456789"
LOGIN, LOGOUT, ONLINE = "dev.sessiond.login", "dev.sessiond.logout", "dev.sessiond.user.online"


@pytest.fixture
def observed(open_door) -> Door:
    return open_door("--http-rights", "identify,observe")


@contextlib.contextmanager
def stream(door: Door, query: str = "", last_event_id: str | None = None) -> Iterator[Stream]:
    with door.wire() as wire:
        more = f"Last-Event-ID: {last_event_id}\r\n" if last_event_id is not None else ""
        wire.send(f"GET /events{query} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode())
        yield Stream(wire)


def test_a_login_and_a_logout_are_told(observed):
    with stream(observed) as events:
        assert events.status == 200
        assert events.headers["content-type"] == "text/event-stream"
        assert events.headers["cache-control"] == "no-store"
        first = events.message()
        # The position is known before anything has happened: whoever loses this connection loses no event.
        assert (first.data, len(first.last_id), events.retry) == (None, 33, 2000)
        observed.log_in(KEY)
        login = events.event()
        assert (login["type"], login["data"]["user_id"], login["subject"]) == (LOGIN, "42", fingerprint(KEY))
        assert events.event()["type"] == ONLINE
        observed.log_out(KEY)
        logout = events.event()
        assert (logout["type"], logout["data"]["login_id"]) == (LOGOUT, login["id"])


def test_it_goes_on_behind_the_last_event_that_was_seen(observed):
    seen: list[str] = []
    with stream(observed) as events:
        events.message()
        before_all = events.last_id
        for number in range(5):
            observed.log_in(f"{KEY}{number}", number)
        for _ in range(10):
            seen.append(events.event()["id"])
    for name, start in [("header", {"last_event_id": seen[3]}), ("query", {"query": f"?after={seen[3]}"})]:
        with stream(observed, **start) as events:
            assert [events.event()["id"] for _ in range(6)] == seen[4:], name
    # The header is newer than the address that a page began with.
    with stream(observed, f"?after={seen[0]}", seen[8]) as events:
        assert events.event()["id"] == seen[9]
    with stream(observed, last_event_id=before_all) as events:
        assert events.event()["id"] == seen[0]
    with stream(observed, "?after=") as events:
        wait_for(lambda: events.event()["id"] == seen[0], "the oldest events, and with them this one")


def test_filters(observed):
    query = f"?types={LOGIN},{LOGOUT}&user_id=7"
    with stream(observed, query) as events, stream(observed, f"?session={fingerprint(KEY)}&types={LOGIN}") as one:
        events.message()
        one.message()
        observed.log_in(KEY + "other", 8)
        observed.log_in(KEY, 7)
        assert events.event()["data"]["user_id"] == "7"
        assert one.event()["subject"] == fingerprint(KEY)
        observed.log_out(KEY + "other")
        observed.log_out(KEY)
        assert events.event()["type"] == LOGOUT


def test_the_journals_older_events_are_read_to_the_end(open_door):
    door = open_door("--http-rights", "identify,observe")
    with stream(door) as events:
        events.message()
        start = events.last_id
        for number in range(700):
            door.log_in(f"{KEY}{number}", number)
        expected = [events.event()["id"] for _ in range(1400)]
    assert door.daemon.stop() == 0
    # A new daemon has none of them in memory.
    again = open_door("--http-rights", "identify,observe")
    with stream(again, last_event_id=start) as events:
        assert [events.event()["id"] for _ in range(1400)] == expected


def test_a_lost_position_ends_the_stream_with_a_reason(observed):
    unknown = "0" * 15 + "1-" + "0" * 16
    with stream(observed, f"?after={unknown}") as events:
        while (message := events.message()).data is None:
            pass
        assert message.event == "closed"
        assert json.loads(message.data)["reason"] == "position_lost"
        newest = message.last_id
        with pytest.raises(EOFError):
            events.message()
    # A browser comes back to the same address with the last id, and so hears what happens from then on.
    observed.log_in(KEY)
    with stream(observed, f"?after={unknown}", last_event_id=newest) as events:
        assert events.event()["type"] == LOGIN


def test_a_position_whose_events_were_erased_ends_the_stream(open_door):
    door = open_door("--http-rights", "identify,observe", "--journal-max-events", "1000")
    with stream(door) as events:
        events.message()
        start = events.last_id
    number = 0

    def is_lost() -> bool:
        nonlocal number
        for _ in range(300):
            number += 1
            door.log_in(f"{KEY}{number}", number)
        with stream(door, last_event_id=start) as events:
            while (message := events.message()).data is None:
                pass
        return message.event == "closed" and json.loads(message.data)["oldest"] > start

    wait_for(is_lost, "the oldest events to be erased", 120)


@pytest.mark.parametrize(
    "query", ["?after=nonsense", "?types=nonsense", "?session=x", "?nonsense=1", "?after=%ff", "?user_id=1&user_id=2"]
)
def test_what_cannot_be_asked_for(observed, query):
    answer = observed.ask(f"/events{query}")
    assert answer.status == 400
    assert "nonsense" not in answer.text


def test_a_client_that_goes_is_forgotten(observed):
    with stream(observed) as events, stream(observed):
        events.message()
        wait_for(lambda: observed.metrics()["sessiond_http_streams"] == 2, "two streams")
    wait_for(lambda: observed.metrics()["sessiond_http_streams"] == 0, "no stream")


def test_streams_leave_room_for_questions(open_door):
    door = open_door("--http-rights", "identify,observe", "--max-http-connections", "8")
    with stream(door) as first, stream(door) as second:
        assert (first.status, second.status) == (200, 200)
        assert door.ask("/events").status == 503
        assert door.ask("/auth").status == 401


def test_a_client_that_does_not_read_costs_little_and_is_closed(open_door):
    door = open_door("--http-rights", "identify,observe", "--unread-timeout", "0.5", "--journal", "memory")
    with door.connect() as deaf:
        deaf.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for(lambda: door.metrics()["sessiond_http_streams"] == 1, "the stream")
        number = 0

        def is_closed() -> bool:
            nonlocal number
            for _ in range(500):
                number += 1
                door.log_in(f"{KEY}{number}", number)
            return door.metrics()["sessiond_http_streams"] == 0

        wait_for(is_closed, "the client to be closed", 120)
    assert door.metrics()['sessiond_http_connections_closed_total{cause="slow"}'] == 1


def test_a_stop_ends_the_streams(observed):
    with stream(observed) as events:
        events.message()
        assert observed.daemon.stop() == 0
        with pytest.raises((AssertionError, EOFError, ConnectionError)):
            events.message()
