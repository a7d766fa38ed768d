"""Real logins over HTTP, and what sessiond and Flask make of each."""

from __future__ import annotations

import secrets
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from conftest import SECRET_KEY
from running import ROOT, Person, Site, Stream, Witness

import sessiond
from processes import DEADLINE_SECONDS, Daemon, PrivateRedis, wait_for
from stored import fingerprint, logged_in, session_value
from validated import validate_messages

pytestmark = pytest.mark.daemon

LOGIN, LOGOUT = "dev.sessiond.login", "dev.sessiond.logout"
ONLINE, OFFLINE = "dev.sessiond.user.online", "dev.sessiond.user.offline"


@pytest.fixture
def client(daemon, monkeypatch):
    validate_messages(monkeypatch)
    with sessiond.Client(str(daemon.path), timeout=DEADLINE_SECONDS) as client:
        yield client


@pytest.fixture
def witness(client):
    with client.events() as stream:
        yield Witness(stream)


@pytest.fixture
def person(live_site):
    return Person(live_site).register()


@pytest.fixture
def nothing_more(redis, witness):
    """Return a function that returns all events of a user after a marker has come through the same stream."""

    def nothing_more(user_id):
        key, marker = secrets.token_hex(16), secrets.randbelow(10**6) + 10**6
        redis.command("SETEX", f"django_sessions:{key}", 600, session_value(SECRET_KEY, logged_in(marker)))
        witness.wait(lambda event: event.type == LOGIN and event.data["user_id"] == str(marker))
        redis.command("DEL", f"django_sessions:{key}")
        witness.wait(lambda event: event.type == OFFLINE and event.data["user_id"] == str(marker))
        return [event for event in witness.heard if event.data.get("user_id") == user_id]

    return nothing_more


def of(kind, session):
    return lambda event: event.type == kind and event.subject == session


def offline(user_id):
    return lambda event: event.type == OFFLINE and event.data["user_id"] == user_id


def kinds(events):
    return [event.type.removeprefix("dev.sessiond.") for event in events]


def test_the_tour(live_site):
    result = subprocess.run(
        [sys.executable, "tour.py", live_site.url, "--name", f"ada-{secrets.token_hex(3)}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "Flask greets user" in result.stdout


def test_a_login_is_known_to_flask_at_once_and_a_logout_too(person, client, witness, nothing_more):
    assert person.user_id is None
    person.log_in()
    user_id = person.user_id
    assert user_id is not None
    session = person.session
    who = client.identity(person.session_key)
    assert (who.user_id, who.session, who.backend) == (
        user_id,
        session,
        "django.contrib.auth.backends.ModelBackend",
    )
    login = witness.wait(of(LOGIN, session))
    assert login.data["cause"] == "created"
    wait_for(lambda: [item.session for item in client.sessions(user_id)] == [session], "the list")

    old_key = person.session_key
    person.log_out()
    assert person.user_id is None
    assert client.identity(old_key).reason == "unknown"
    logout = witness.wait(of(LOGOUT, session))
    assert (logout.data["reason"], logout.data["user_id"]) == ("deleted", user_id)
    assert logout.data["login_id"] == login.id
    witness.wait(offline(user_id))
    assert sorted(kinds(nothing_more(user_id))) == ["login", "logout", "user.offline", "user.online"]
    assert len(client.sessions(user_id)) == 0


def test_a_login_from_an_anonymous_session_is_one_login(person, client, witness, nothing_more):
    person.choose_colour("violet")
    anonymous, anonymous_key = person.session, person.session_key
    assert client.identity(anonymous_key).reason == "anonymous"
    assert person.user_id is None
    person.log_in()
    assert person.session != anonymous
    user_id = person.user_id
    login = witness.wait(of(LOGIN, person.session))
    assert login.data["cause"] == "upgraded"
    assert client.identity(anonymous_key).reason == "unknown"
    assert client.get(person.session_key).data["colour"] == "violet"
    assert sorted(kinds(nothing_more(user_id))) == ["login", "user.online"]
    assert [event for event in witness.heard if event.subject == anonymous] == []


def test_a_password_change_is_a_rotation_and_nobody_leaves(person, witness, nothing_more):
    person.log_in()
    user_id, before = person.user_id, person.session
    first = witness.wait(of(LOGIN, before))
    person.change_password()
    after = person.session
    assert after != before
    assert person.user_id == user_id
    login, logout = witness.wait(of(LOGIN, after)), witness.wait(of(LOGOUT, before))
    assert (login.data["cause"], login.data["previous_session"]) == ("rotated", before)
    assert (logout.data["reason"], logout.data["login_id"]) == ("rotated", first.id)
    assert login.id < logout.id
    assert sorted(kinds(nothing_more(user_id))) == ["login", "login", "logout", "user.online"]


def test_a_password_change_elsewhere_is_hinted_at_and_django_ends_the_session(live_site, person, client, witness):
    elsewhere = Person(live_site, person.name)
    elsewhere.password = person.password
    person.log_in()
    witness.wait(of(LOGIN, person.session))
    elsewhere.log_in()
    witness.wait(of(LOGIN, elsewhere.session))
    assert not client.identity(person.session_key).superseded
    elsewhere.change_password()
    witness.wait(of(LOGIN, elsewhere.session))
    assert client.identity(person.session_key).superseded
    session = person.session
    person.get("/")
    assert witness.wait(of(LOGOUT, session)).data["reason"] == "deleted"
    assert person.user_id is None


def test_a_change_of_user_is_a_logout_and_a_login(live_site, person, witness, nothing_more):
    other = Person(live_site).register()
    person.log_in()
    ada, before = person.user_id, person.session
    first = witness.wait(of(LOGIN, before))
    where, _ = person.post("/accounts/login/", username=other.name, password=other.password)
    assert where == "/"
    bob = person.user_id
    assert bob not in (None, ada)
    logout = witness.wait(of(LOGOUT, before))
    assert (logout.data["user_id"], logout.data["login_id"]) == (ada, first.id)
    login = next((event for event in witness.heard if of(LOGIN, person.session)(event)), None)
    login = login or witness.wait(of(LOGIN, person.session))
    assert login.data["user_id"] == bob
    assert sorted(kinds(nothing_more(ada))) == ["login", "logout", "user.offline", "user.online"]
    assert sorted(kinds(nothing_more(bob))) == ["login", "user.online"]


def test_an_expiry_is_a_logout_that_names_its_user(person, client, witness, nothing_more):
    person.log_in(expires_in=2)
    key, session = person.session_key, person.session
    login = witness.wait(of(LOGIN, session))
    logout = witness.wait(of(LOGOUT, session))
    assert (logout.data["reason"], logout.data["login_id"]) == ("expired", login.id)
    user_id = logout.data["user_id"]
    assert client.identity(key).reason == "unknown"
    assert person.user_id is None
    witness.wait(offline(user_id))
    assert sorted(kinds(nothing_more(user_id))) == ["login", "logout", "user.offline", "user.online"]


def test_a_user_with_two_browsers_is_offline_only_after_both(live_site, person, witness, nothing_more):
    second = Person(live_site, person.name)
    second.password = person.password
    person.log_in()
    second.log_in()
    user_id, last = person.user_id, second.session
    person.log_out()
    assert second.user_id == user_id
    assert "user.offline" not in kinds(nothing_more(user_id))
    second.log_out()
    witness.wait(of(LOGOUT, last))
    witness.wait(offline(user_id))
    assert kinds(nothing_more(user_id)).count("user.online") == 1


def test_the_history_tells_the_same_as_the_stream(person, client, witness):
    before = witness.stream.position
    person.log_in()
    user_id, session = person.user_id, person.session
    person.log_out()
    witness.wait(of(LOGOUT, session))
    witness.wait(offline(user_id))
    heard = [event.raw for event in witness.heard if event.data.get("user_id") == user_id]
    assert [event.raw for event in client.query(before, user_id=user_id)] == heard


def test_the_page_that_shows_who_is_online_lives_and_ends_with_the_session(live_site, person):
    person.log_in()
    user_id = person.user_id
    stream = Stream(person)
    # Whether it comes with the first state or with the login's event.
    stream.until(lambda name, data: name == "online" and f'"user_id":"{user_id}"' in data)
    visitor = Person(live_site).register().log_in()
    stream.until(lambda name, data: name == "session" and visitor.session in data)
    person.log_out()
    assert [name for name, _ in stream.messages()][-1] == "bye"
    stream.close()


def test_no_session_key_is_ever_logged(live_site, person, daemon):
    person.log_in()
    key = person.session_key
    assert person.user_id is not None
    person.log_out()
    assert person.user_id is None
    assert key not in "\n".join(daemon.lines)
    assert key not in live_site.log.read_text()


def test_without_redis_or_without_the_daemon_flask_answers_503_and_then_it_heals(binary, folder):
    (folder / "secret_key").write_text(SECRET_KEY + "\n")
    redis = PrivateRedis(folder)
    redis.start()
    daemon = Daemon(binary, folder, redis.url, folder / "secret_key")
    site = Site(folder, redis.url, folder / "secret_key", daemon.path)
    try:
        daemon.start()
        site.start()
        person = Person(site).register().log_in()
        key = person.session_key

        def flask_answers(cookie=key):
            request = urllib.request.Request(site.url + "backend/api/whoami", headers={"Cookie": f"sessionid={cookie}"})
            try:
                with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
                    return 302 if "/accounts/login/" in answer.url else 200
            except urllib.error.HTTPError as error:
                with error:
                    return error.code if error.headers["Retry-After"] else "no Retry-After"

        assert flask_answers() == 200
        assert flask_answers("unknown-unknown") == 302
        daemon.kill()
        assert flask_answers() == 503
        daemon.start()
        assert flask_answers() == 200
        redis.stop()
        wait_for(lambda: flask_answers() == 503, "sessiond to notice that Redis is gone")
        assert flask_answers("unknown-unknown") == 503
        # Redis kept nothing: when it is back, nobody is logged in any more, and that is told.
        redis.start()
        wait_for(lambda: flask_answers() == 302, "sessiond to find Redis again")
        person.log_in()
        assert flask_answers(person.session_key) == 200
        assert person.session == fingerprint(person.session_key)
    finally:
        site.stop()
        daemon.kill()
        redis.stop()


@pytest.mark.parametrize(("path", "page"), [("/accounts/elsewhere/", "/"), ("/backend/log-out-elsewhere", "/backend/")])
def test_log_me_out_everywhere_else(live_site, client, person, path, page):
    """One line in Django, one in Flask: the browser that asks stays logged in, the others are out at once."""
    others = []
    for _ in range(2):
        other = Person(live_site, person.name)
        other.password = person.password
        others.append(other.log_in())
    person.log_in()
    somebody = Person(live_site).register().log_in()
    wait_for(lambda: len(client.sessions(person.user_id)) == 3, "the three sessions")
    _, shown = person.post(path, page=page)
    assert "Sessions that were ended elsewhere: 2." in shown
    assert person.user_id is not None
    assert somebody.user_id is not None
    assert [other.user_id for other in others] == [None, None]
    reasons = {event.data["reason"] for event in client.query(types=[LOGOUT], user_id=person.user_id)}
    assert reasons == {"revoked"}
