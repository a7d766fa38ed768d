"""Who is online, against a stand-in: bounded, and never showing more than a viewer may see."""

from __future__ import annotations

import contextlib

import pytest
from fake import FakeSessiond, event, login, logout

import sessiond
from processes import wait_for
from tutorial.backend import presence as module
from tutorial.backend.presence import Presence, Viewer


@pytest.fixture
def fake(folder):
    server = FakeSessiond(folder / "sessiond.sock", "no secret")
    yield server
    server.close()


@pytest.fixture
def presence(folder, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.05)
    with sessiond.Client(str(folder / "sessiond.sock")) as client:
        presence = Presence(client)
        yield presence
        presence.close()


def online(presence):
    return {user["user_id"]: user["sessions"] for user in presence.state()["users"]}


def names(viewer):
    return [message.split("\n")[0].removeprefix("event: ") for message in viewer.messages()]


def test_without_sessiond_the_trouble_is_said_and_it_heals(presence, folder):
    presence.start()
    wait_for(lambda: "is sessiond running" in (presence.state()["trouble"] or ""), "the trouble to be said")
    with contextlib.closing(FakeSessiond(folder / "sessiond.sock", "no secret")) as fake:
        fake.sessions["a"] = "1"
        wait_for(lambda: online(presence) == {"1": 1}, "the list")
        assert presence.state()["trouble"] is None
        presence.close()


def test_without_the_right_to_list_the_right_is_named(presence, fake):
    fake.refusal = (-32002, {"right": "list"})
    presence.start()
    wait_for(lambda: "'list'" in (presence.state()["trouble"] or ""), "the trouble to be said")


def test_no_more_viewers_than_there_is_room_for(presence):
    viewers = [presence.join("a") for _ in range(module.VIEWER_COUNT_MAX)]
    assert None not in viewers
    assert presence.join("a") is None
    presence.leave(viewers[0])
    presence.leave(viewers[0])
    assert presence.join("a") is not None
    assert presence.join("a") is None


def test_a_viewer_who_does_not_keep_up_is_sent_away_and_costs_no_memory():
    viewer = Viewer("a")
    for _ in range(3 * module.MESSAGE_COUNT_MAX):
        viewer.send("event: x\n\n")
    assert viewer._messages.qsize() <= module.MESSAGE_COUNT_MAX
    assert len(names(viewer)) < module.MESSAGE_COUNT_MAX


def test_a_stream_does_not_last_for_ever(monkeypatch):
    monkeypatch.setattr(module, "STREAM_SECONDS_MAX", 0.0)
    assert names(Viewer("a")) == []


def test_a_quiet_stream_is_written_to_so_that_a_gone_browser_is_noticed(monkeypatch):
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.01)
    messages = Viewer("a").messages()
    assert next(messages).startswith(":")


def test_events_change_the_list(presence, fake):
    fake.sessions["a"] = "1"
    presence.start()
    wait_for(lambda: fake.subscriber_count, "the subscription")
    fake.publish(login(1, "b", "2"), login(2, "c", "2"), logout(3, "a", "1"))
    wait_for(lambda: online(presence) == {"2": 2}, "the events")
    fake.publish(event(4, "dev.sessiond.link", None, state="lost"))
    wait_for(lambda: presence.state()["trouble"], "the lost link")
    fake.publish(event(5, "dev.sessiond.link", None, state="live"))
    wait_for(lambda: not presence.state()["trouble"], "the link")


def test_whoever_logs_out_sees_no_more_and_whoever_changes_the_password_goes_on(presence, fake):
    fake.sessions.update(a="1", b="2")
    presence.start()
    wait_for(lambda: fake.subscriber_count, "the subscription")
    leaver, rotating = presence.join("a"), presence.join("b")
    fake.publish(
        logout(1, "a", "1"),
        login(2, "b2", "2", previous_session="b"),
        logout(3, "b", "2"),
        login(4, "c", "3"),
        logout(5, "b2", "2"),
        login(6, "d", "4"),
    )
    assert names(leaver) == ["hello", "online", "session", "online", "bye"]
    # Its own logout is the fifth event: the third ended a key that it had left.
    assert names(rotating) == ["hello", "online", *["session", "online"] * 5, "bye"]
    assert rotating.session == "b2"


def test_a_lost_position_has_the_list_asked_for_again_and_departed_viewers_sent_away(presence, fake):
    fake.sessions["a"] = "1"
    presence.start()
    wait_for(lambda: fake.subscriber_count, "the subscription")
    viewer = presence.join("a")
    fake.sessions.clear()
    fake.sessions["b"] = "2"
    with fake._lock:
        peer = fake._subscribers[0]
        error = {"code": -32003, "message": "position_lost", "data": {"oldest": None}}
        peer.send({"jsonrpc": "2.0", "method": "events.closed", "params": {"subscription": 1, "error": error}})
    assert names(viewer)[-1] == "bye"
    assert online(presence) == {"2": 1}


def test_closing_ends_every_stream(presence, fake):
    fake.sessions["a"] = "1"
    presence.start()
    wait_for(lambda: fake.subscriber_count, "the subscription")
    viewer = presence.join("a")
    presence.close()
    assert "bye" not in names(viewer)
    assert presence.join("a") is None
