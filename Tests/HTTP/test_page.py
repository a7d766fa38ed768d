"""The page at `/`, opened in a real browser: what it shows is what is so, and nothing that it shows can do anything."""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser import Browser, Page
from door import SECRET_KEY, Door
from processes import wait_for
from stored import fingerprint, logged_in, session_value

KEY = "secretsession0123456789"
ALL = ("--http-rights", "identify,list,observe")
#: User ids that want to be more than text.
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>document.title='owned'</script>",
    '"><svg onload=alert(1)>',
    "{{constructor.constructor('alert(1)')()}}",
    "javascript:alert(1)",
    "\u202eresu\u2066",
    "a" * 5000,
    "two\nlines",
]


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open the page of a door; at the end it must have complained of nothing and asked nobody else."""
    pages: list[tuple[Page, Door]] = []

    def start(door: Door, **options) -> Page:
        page = browser.open(f"http://{door.place}/", **options)
        pages.append((page, door))
        page.wait_for("document.getElementById('feed-state').textContent === 'live'")
        return page

    yield start
    for page, door in pages:
        own = f"http://{door.place}/"
        assert [url for url in page.requests if not url.startswith((own, "data:image/svg+xml,"))] == []
        # What is not there for a moment, while the daemon is started again, the browser itself reports.
        complaints = [text for text in page.complaints if "net::ERR_" not in text]
        assert complaints == []
        assert KEY not in page.value("document.documentElement.outerHTML")
        page.close()


@pytest.fixture
def full(open_door) -> Door:
    return open_door(*ALL)


def keep(page: Page, name: str) -> bytes:
    """Write a picture where SESSIOND_TEST_PICTURES says, for people to look at."""
    picture = page.picture()
    if folder := os.environ.get("SESSIOND_TEST_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{name}.png").write_bytes(picture)
    return picture


def users(page: Page) -> list[str]:
    return page.value("[...document.querySelectorAll('#online bdi')].map(element => element.textContent)")


def feed(page: Page) -> list[list[str]]:
    """Return the kind, the user and the reason of every line, the newest first."""
    return page.value(
        "[...document.querySelectorAll('#feed li')].map(row => [row.classList[2],"
        " row.querySelector('bdi')?.textContent ?? '', row.querySelector('.word')?.textContent ?? ''])"
    )


def test_a_login_is_there_without_reloading_and_a_logout_takes_it_away(full, look):
    full.log_in(KEY + "before", 7)
    wait_for(lambda: '"user_id":"7"' in full.ask("/sessions").text, "the first user")
    page = look(full)
    page.wait_for("document.querySelectorAll('#online li').length === 1")
    page.value("window.stays = 1")
    full.log_in(KEY, 42)
    page.wait_for("document.querySelectorAll('#online li').length === 2")
    assert users(page) == ["42", "7"]
    page.wait_for("document.querySelectorAll('#feed li').length === 2")
    assert feed(page) == [["login", "42", "created"], ["login", "7", "created"]]
    assert fingerprint(KEY)[:8] in page.text("#feed")
    assert page.text("#online-count") == "2 users, 2 sessions"
    full.log_in(KEY + "more", 42)
    page.wait_for("document.querySelector('#online-count').textContent === '2 users, 3 sessions'")
    full.log_out(KEY)
    page.wait_for("document.querySelector('#online-count').textContent === '2 users, 2 sessions'")
    full.log_out(KEY + "more")
    page.wait_for("document.querySelectorAll('#online li').length === 1")
    assert users(page) == ["7"]
    page.wait_for("document.querySelectorAll('#feed li').length === 5")
    assert feed(page)[0] == ["logout", "42", "deleted"]
    assert page.value("window.stays") == 1
    page.wait_for("document.title.startsWith('1 online')")


def test_a_list_that_was_there_before_is_shown_with_its_past(full, look):
    for number in range(30):
        full.log_in(f"{KEY}{number}", number % 10)
    full.log_in(f"{KEY}gone", "gone")
    wait_for(lambda: len(full.ask("/history?types=dev.sessiond.login").json["events"]) == 31, "all logins")
    full.log_out(f"{KEY}gone")
    wait_for(lambda: full.ask("/history?types=dev.sessiond.logout").json["events"], "the logout")
    page = look(full)
    page.wait_for("document.querySelectorAll('#online li').length === 10")
    assert page.text("#online-count") == "10 users, 30 sessions"
    assert len(feed(page)) == 32
    assert feed(page)[0] == ["logout", "gone", "deleted"]
    # An hour of minutes: up for logins and down for logouts.
    label = page.value("document.getElementById('bars').getAttribute('aria-label')")
    assert label.startswith("31 logins and 1 logout in the last hour")
    assert page.value("document.querySelectorAll('#bars .in').length") in (1, 2)


@pytest.mark.parametrize("user", HOSTILE, ids=range(len(HOSTILE)))
def test_a_user_id_is_text_whatever_it_holds(full, look, user):
    page = look(full)
    before = page.value("document.querySelectorAll('img, iframe, script').length")
    full.log_in(KEY, user)
    page.wait_for("document.querySelectorAll('#feed li').length === 1")
    page.wait_for("document.querySelectorAll('#online li').length === 1")
    assert users(page) == [user]
    assert feed(page)[0][1] == user
    page.value(f"document.getElementById('search').value = {user[:20]!r}")
    page.value("document.getElementById('search').dispatchEvent(new Event('input'))")
    assert page.value("document.querySelectorAll('img, iframe, script').length") == before
    assert "owned" not in page.value("document.title")
    assert page.value("document.documentElement.scrollWidth <= innerWidth")


def test_a_restart_of_the_daemon_is_survived(open_door, look, folder):
    door = open_door(*ALL)
    place = door.place
    page = look(door)
    door.log_in(KEY, 42)
    page.wait_for("document.querySelectorAll('#online li').length === 1")
    page.value("window.stays = 1")
    assert door.daemon.stop() == 0
    page.wait_for("!document.getElementById('banner').hidden")
    page.wait_for("document.getElementById('link').dataset.state === 'lost'")
    assert "Connection lost, trying again" in page.text("#banner")
    keep(page, "disconnected")
    # Meanwhile somebody goes and another one comes: the daemon finds that, and the page goes on where it was.
    door.log_out(KEY)
    door.log_in(KEY + "new", 43)
    open_door("--http", place, *ALL)
    page.wait_for("document.getElementById('banner').hidden")
    page.wait_for("document.querySelector('#online bdi')?.textContent === '43'")
    page.wait_for("document.getElementById('link').dataset.state === 'live'")
    assert users(page) == ["43"]
    page.wait_for("document.querySelectorAll('#feed .logout, #feed .login').length === 3")
    told = [row[:2] for row in feed(page) if row[0] != "link"]
    assert sorted(told) == [["login", "42"], ["login", "43"], ["logout", "42"]]
    assert told[-1] == ["login", "42"]
    assert page.value("window.stays") == 1


def test_a_lost_position_has_all_read_anew(open_door, look):
    options = (*ALL, "--journal", "memory")
    door = open_door(*options)
    page = look(door)
    door.log_in(KEY, 42)
    page.wait_for("document.querySelectorAll('#online li').length === 1")
    assert door.daemon.stop() == 0
    page.wait_for("!document.getElementById('banner').hidden")
    door.log_out(KEY)
    door.log_in(KEY + "new", 43)
    again = open_door("--http", door.place, *options)
    page.wait_for("document.querySelector('#online bdi')?.textContent === '43'")
    again.log_in(KEY + "newer", 44)
    page.wait_for("document.querySelectorAll('#online li').length === 2")
    assert users(page) == ["44", "43"]


def test_a_link_that_is_lost_is_shown_and_stays_in_its_history(open_door, look, redis):
    door = open_door(*ALL, "--link-timeout", "0.5")
    page = look(door)
    page.wait_for("document.getElementById('link').dataset.state === 'live'")
    assert page.text("#gaps") == "no gap"
    pid = int(re.search(rb"process_id:(\d+)", redis.command("INFO", "server"))[1])
    os.kill(pid, signal.SIGSTOP)
    try:
        page.wait_for("document.getElementById('link').dataset.state === 'lost'")
        page.wait_for("document.querySelector('#feed .link') !== null")
        assert page.value("document.title").startswith("✕ ")
        keep(page, "lost")
    finally:
        os.kill(pid, signal.SIGCONT)
    page.wait_for("document.getElementById('link').dataset.state === 'live'")
    page.wait_for("document.querySelectorAll('#feed .link').length === 2")
    assert page.text("#gaps").startswith("1 gap, ")
    assert page.value("document.querySelectorAll('#gap-list li').length") == 1
    # Whoever comes later sees it, too.
    later = look(door)
    later.wait_for("document.getElementById('gaps').textContent.startsWith('1 gap, ')")


def test_figures_have_charts_and_units(full, look):
    page = look(full)
    full.log_in(KEY, 42)
    for _ in range(50):
        assert full.ask("/auth", f"sessionid={KEY}").status in (204, 401)
    drawn = "[...document.querySelectorAll('.tile .line')].filter(line => line.getAttribute('d').includes('L')).length"
    # There is no hit rate while nobody asks.
    page.wait_for(f"{drawn} >= 7")
    labels = page.value("[...document.querySelectorAll('.chart')].map(chart => chart.getAttribute('aria-label'))")
    assert len(labels) == 8
    by_name = dict(label.split(": ", 1) for label in labels)
    assert by_name["Users online"].startswith("1, highest 1 in ")
    assert " MiB" in by_name["Memory"]
    assert " ms" in by_name["Lag"]
    assert int(re.search(r"highest ([\d.]+)", by_name["Lookups"])[1].split(".")[0]) > 0


def test_what_redis_announces_cannot_freeze_it(full, look):
    page = look(full)
    for number in range(3000):
        full.log_in(f"{KEY}{number}", f"user{number}")
    page.wait_for("document.querySelector('#online-count').textContent === '3,000 users, 3,000 sessions'", 120)
    assert page.value("document.querySelectorAll('#online li').length") == 200
    page.wait_for("document.querySelectorAll('#feed li').length === 200")
    assert page.text("#online-more") == "and 2,800 more users: search to find them"
    page.value("document.getElementById('search').focus()")
    page.press(*"USER1234")
    page.wait_for("document.querySelectorAll('#online li').length === 1")
    assert users(page) == ["user1234"]
    # One that is opened now reads them page by page.
    other = look(full)
    other.wait_for("document.querySelector('#online-count').textContent === '3,000 users, 3,000 sessions'")


def write_at_once(door: Door, count: int) -> None:
    """Log in this many users, all in one go."""
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rwb") as stream:
        connection.connect(str(door.redis.path))
        for number in range(count):
            value = session_value(SECRET_KEY, logged_in(f"user{number}")).encode()  # type: ignore[arg-type]
            words = [b"SETEX", f"django_sessions:{KEY}{number}".encode(), b"600", value]
            stream.write(b"*4\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        stream.flush()
        for _ in range(count):
            assert stream.readline() == b"+OK\r\n"


def test_of_more_sessions_than_it_reads_the_search_finds_every_user(full, look):
    count = 10_500
    write_at_once(full, count)
    wait_for(lambda: full.ask("/status").json["sessions"]["authenticated"] == count, "all sessions", 120)
    wait_for(lambda: full.ask("/status").json["journal"]["backlog"] == 0, "all events", 120)
    listed: set[str] = set()
    after = ""
    for _ in range(10):
        answer = full.ask(f"/sessions?limit=1000{after}").json
        listed |= {session["user_id"] for session in answer["sessions"]}
        after = f"&after={answer['next']}"
    page = look(full)
    page.wait_for("!document.getElementById('partial').hidden")
    page.wait_for("document.querySelector('#online-count').textContent === '10,500 users, 10,500 sessions'")
    assert page.text("#partial").startswith(f"{len(listed):,} users of them are listed here.")
    hidden = next(user for number in range(count) if (user := f"user{number}") not in listed)
    page.value("document.getElementById('search').focus()")
    page.press(*hidden)
    page.wait_for(f"[...document.querySelectorAll('#online bdi')].some(row => row.textContent === '{hidden}')")
    assert any(url.endswith(f"/sessions?user_id={hidden}&limit=1000") for url in page.requests)
    full.log_out(KEY + hidden.removeprefix("user"))
    page.wait_for(f"![...document.querySelectorAll('#online bdi')].some(row => row.textContent === '{hidden}')")
    # Who comes from now on is in the list all the same.
    page.value("document.getElementById('search').value = ''")
    full.log_in(KEY + "newest", "newest")
    page.wait_for("document.querySelector('#online bdi')?.textContent === 'newest'")


def test_the_feed_can_be_held_with_the_keyboard(full, look):
    page = look(full, has_motion=False)
    full.log_in(KEY, 1)
    page.wait_for("document.querySelectorAll('#feed li').length === 1")
    for _ in range(12):
        page.press("Tab")
        if page.value("document.activeElement.id") == "hold":
            break
    assert page.value("document.activeElement.id") == "hold"
    page.press("Enter")
    page.wait_for("document.getElementById('hold').getAttribute('aria-pressed') === 'true'")
    full.log_in(KEY + "2", 2)
    page.wait_for("document.getElementById('hold').textContent === 'Go on (1 new)'")
    assert len(feed(page)) == 1
    page.wait_for("document.querySelectorAll('#online li').length === 2")
    page.press("Enter")
    page.wait_for("document.querySelectorAll('#feed li').length === 2")
    # The newest is read aloud when there is a pause, and nothing moves where that is not liked.
    assert page.value("document.getElementById('log').getAttribute('aria-live')") == "polite"
    assert page.value("document.getAnimations().length") == 0


def test_a_door_without_list_shows_who_came_since(open_door, look):
    door = open_door("--http-rights", "identify,observe")
    door.log_in(KEY, 1)
    wait_for(lambda: door.ask("/history").json["events"], "the login")
    page = look(door)
    page.wait_for("document.querySelectorAll('#online li').length === 1")
    door.log_in(KEY + "2", 2)
    page.wait_for("document.querySelectorAll('#online li').length === 2")
    assert "--http-rights identify,list,observe shows all" in page.text("#partial")
    assert not any(url.endswith("/sessions") for url in page.requests)


def test_a_door_with_observe_alone_shows_the_feed_and_the_link(open_door, look):
    door = open_door("--http-rights", "observe")
    page = look(door)
    page.wait_for("document.getElementById('link').dataset.state === 'live'")
    door.log_in(KEY, 1)
    page.wait_for("document.querySelectorAll('#feed li').length === 1")
    assert page.value("document.getElementById('tiles').hidden")
    assert "--http-rights identify,list,observe" in page.text("#no-figures")
    assert not any("/status" in url or "/sessions" in url for url in page.requests)


def test_without_observe_it_is_refused_in_words(open_door):
    answer = open_door("--http-rights", "identify,list").ask("/")
    assert (answer.status, "--http-rights identify,list,observe" in answer.text) == (403, True)


def test_the_policy_holds_in_a_browser(full, look, browser):
    page = look(full)
    run = "new Promise(done => {{ window.ran = 0; {}; setTimeout(() => done(window.ran), 300); }})"
    for attempt in [
        "const script = document.createElement('script'); script.text = 'window.ran = 1'; document.body.append(script)",
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.ran=1>')",
        "fetch('http://127.0.0.1:1/').catch(() => 0)",
        "document.body.append(Object.assign(document.createElement('img'), { src: '/metrics' }))",
    ]:
        assert page.value(run.format(attempt)) == 0
    assert len(page.complaints) >= 4
    # Each was found out, so the absence of complaints elsewhere says something.
    assert all("Content Security Policy" in text or "ContentSecurityPolicy" in text for text in page.complaints)
    assert page.value("document.cookie + localStorage.length + sessionStorage.length") == "00"
    page.complaints.clear()
    page.requests.clear()


def size(picture: bytes) -> tuple[int, int]:
    return struct.unpack(">II", picture[16:24])


def test_it_is_for_phones_and_for_dark_rooms(full, look):
    for number in range(25):
        full.log_in(f"{KEY}{number}", f"somebody.with.a.long.name.{number}@example.org" if number % 3 else number)
    looks = {
        "light": look(full),
        "dark": look(full, dark=True),
        "phone": look(full, width=360, height=740, is_phone=True, scale=2),
        "phone-dark": look(full, width=320, height=600, is_phone=True, dark=True),
    }
    background = "getComputedStyle(document.body).backgroundColor"
    for name, page in looks.items():
        page.wait_for("document.querySelectorAll('#online li').length === 25")
        page.wait_for("document.querySelectorAll('.tile .line').length === 8")
        # Nothing has to be scrolled sideways.
        assert page.value("document.documentElement.scrollWidth <= innerWidth"), name
        # Nor is the page longer than what is in it.
        end = "document.querySelector('.foot').getBoundingClientRect().bottom + scrollY"
        assert page.value(f"document.documentElement.scrollHeight - ({end})") < 60
        assert size(keep(page, name))[0] >= 320
    light, dark = (looks[name].value(background) for name in ("light", "dark"))
    assert light != dark
    assert sum(map(int, re.findall(r"\d+", light))) > 600 > 200 > sum(map(int, re.findall(r"\d+", dark)))
    assert looks["phone"].value("innerWidth") == 360
