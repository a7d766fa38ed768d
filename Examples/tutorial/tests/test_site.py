"""The site over HTTP, with nobody behind the socket and with a stand-in there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from fake import logout
from running import ROOT, Person, Stream

from processes import DEADLINE_SECONDS, wait_for
from tour import Surprise
from tutorial.backend.presence import VIEWER_COUNT_MAX


def open_url(site, path, **headers):
    return urllib.request.urlopen(urllib.request.Request(site.url.rstrip("/") + path, headers=headers), timeout=30)


def test_without_sessiond_django_works_and_flask_answers_503(site):
    person = Person(site).register().log_in()
    assert f"logged in as {person.name}" in person.get("/")[1]
    with pytest.raises(urllib.error.HTTPError) as caught:
        open_url(site, "/backend/", Cookie=f"sessionid={person.session_key}")
    with caught.value as answer:
        assert answer.code == 503
        assert answer.headers["Retry-After"] == "1"
        page = answer.read().decode()
    assert person.session_key not in page
    with pytest.raises(urllib.error.HTTPError) as caught:
        open_url(site, "/backend/api/whoami", Cookie=f"sessionid={person.session_key}")
    with caught.value as answer:
        assert json.load(answer)["error"] == "Service Unavailable"
    assert person.session_key not in site.log.read_text()


def test_the_tour_fails_without_sessiond(site):
    result = subprocess.run([sys.executable, "tour.py", site.url], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "503" in result.stderr


@pytest.mark.parametrize("path", ["/nowhere", "/backendx/", "/backend/nowhere", "/static/../frontend/settings.py"])
def test_there_is_nothing_elsewhere(site, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        open_url(site, path)
    with caught.value as answer:
        assert answer.code in (400, 404)


def test_a_form_without_a_token_is_refused(site):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(site.url + "accounts/login/", data=b"username=a&password=b", timeout=30)
    with caught.value as answer:
        assert answer.code == 403


def test_bad_input_to_the_forms_is_shown_and_breaks_nothing(site):
    person = Person(site).register()
    where, page = person.post("/accounts/login/", username=person.name, password="wrong")
    assert (where, "errorlist" in page) == ("/accounts/login/", True)
    for seconds in (-1, 0, "soon", 10**9):
        where, page = person.post(
            "/accounts/login/", username=person.name, password=person.password, expires_in=seconds
        )
        assert (where, "errorlist" in page) == ("/accounts/login/", True)
    where, page = Person(site).post("/accounts/register/", username=person.name, password1="x", password2="y")
    assert (where, "errorlist" in page) == ("/accounts/register/", True)


def test_a_login_never_leads_to_another_site(site):
    person = Person(site).register()
    where, _ = person.post("/accounts/login/?next=//evil.example/", username=person.name, password=person.password)
    assert where == "/"


def test_the_pages_are_self_contained_and_say_so(site):
    with open_url(site, "/") as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    for path in ("/static/style.css", "/static/online.js", "/static/icon.svg"):
        with open_url(site, path) as answer:
            assert answer.status == 200


def test_a_signal_ends_the_site_cleanly(site):
    assert site.stop(signal.SIGINT) == 0
    assert "Traceback" not in site.log.read_text()


def test_the_whole_tour(site, fake):
    result = subprocess.run([sys.executable, "tour.py", site.url], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.stderr == ""
    assert result.returncode == 0
    assert "logged in as ada: Flask greets user 1" in result.stdout.splitlines()
    assert len(result.stdout.splitlines()) == 4
    again = subprocess.run([sys.executable, "tour.py", site.url], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "Flask greets user 2" in again.stdout


def test_a_password_change_keeps_flask_knowing_the_user(site, fake):
    person = Person(site).register().log_in()
    user_id, session = person.user_id, person.session
    person.change_password()
    assert person.session != session
    assert person.user_id == user_id


def test_a_login_from_an_anonymous_session_keeps_its_colour(site, fake):
    person = Person(site).register()
    person.choose_colour("violet")
    anonymous = person.session
    assert person.user_id is None
    person.log_in()
    assert person.session != anonymous
    assert "colour-violet" in person.get("/")[1]
    assert person.user_id is not None


def test_the_stream_needs_a_login(site, fake):
    with open_url(site, "/backend/online/events") as answer:
        assert answer.url.endswith("/accounts/login/?next=/backend/online/events")


def test_the_stream_begins_with_the_state_and_ends_with_the_session(site, fake):
    person = Person(site).register().log_in()
    fake.sessions[person.session] = person.user_id
    fake.server.hang_up()
    wait_for(lambda: fake.subscriber_count, "the subscription")
    assert "Who is online" in person.get("/backend/online")[1]
    stream = Stream(person)
    heard = stream.until(lambda name, data: name == "online")
    assert [name for name, _ in heard] == ["hello", "online"]
    fake.publish(logout(1, person.session, "1"))
    assert [name for name, _ in stream.messages()] == ["session", "online", "bye"]
    stream.close()


def test_more_streams_than_there_is_room_for_get_503_and_pages_still_come(site, fake):
    person = Person(site).register().log_in()
    wait_for(lambda: fake.subscriber_count, "the subscription")
    streams = [Stream(person) for _ in range(VIEWER_COUNT_MAX)]
    with pytest.raises(urllib.error.HTTPError) as caught:
        Stream(person)
    with caught.value as answer:
        assert (answer.code, answer.headers["Retry-After"]) == (503, "10")
    assert person.user_id is not None
    # A stream that was left is noticed at the next write, and makes room.
    streams.pop().close()

    def room():
        fake.publish(logout(1, "somebody", "7"))
        try:
            streams.append(Stream(person))
        except urllib.error.HTTPError as error:
            error.close()
            return False
        return True

    wait_for(room, "room for a stream")
    # And the site ends cleanly with streams open.
    assert site.stop() == 0
    for stream in streams:
        list(stream.messages())
        stream.close()
    assert "Traceback" not in site.log.read_text()


def test_a_head_of_the_stream_takes_no_room(site, fake):
    person = Person(site).register().log_in()
    for _ in range(VIEWER_COUNT_MAX + 1):
        request = urllib.request.Request(
            site.url + "backend/online/events", method="HEAD", headers={"Cookie": f"sessionid={person.session_key}"}
        )
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
            assert answer.status == 200


def test_the_tours_errors_are_words():
    from tour import Browser

    with pytest.raises(Surprise, match="no answer"):
        Browser("http://127.0.0.1:9").get("/")
