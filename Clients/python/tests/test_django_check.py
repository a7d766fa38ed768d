"""`manage.py sessiond_check` of real projects, with a real daemon on a real Redis."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import sessiond
from conftest import SECRET_KEY
from processes import DEADLINE_SECONDS, Daemon, wait_for
from stored import logged_in, session_value

pytest.importorskip("redis_sessions")

pytestmark = pytest.mark.daemon

MANAGE = """
import json, sys
import django
from django.conf import settings
from django.core.management import call_command, execute_from_command_line
settings.configure(**json.loads(sys.argv.pop(1)))
django.setup()
if settings.SESSION_ENGINE.endswith("cached_db"):
    call_command("migrate", verbosity=0)
execute_from_command_line(sys.argv)
"""
CACHES = {
    "RedisCache": {"BACKEND": "django.core.cache.backends.redis.RedisCache"},
    "django-redis": {"BACKEND": "django_redis.cache.RedisCache", "KEY_PREFIX": "shop", "VERSION": 3},
}


def project(redis, **more):
    """Return the settings of a project whose sessions lie where sessiond looks by default."""
    return {
        "SECRET_KEY": SECRET_KEY,
        "INSTALLED_APPS": ["django.contrib.sessions", "sessiond.django"],
        "SESSION_ENGINE": "redis_sessions.session",
        "SESSION_REDIS": {"url": redis.url, "prefix": "django_sessions", "socket_timeout": DEADLINE_SECONDS},
        "SESSIOND_TIMEOUT": DEADLINE_SECONDS,
        **more,
    }


def cached(redis, cache, engine="cache", **more):
    """Return the settings of a project with its sessions in a cache."""
    return project(
        redis,
        SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}",
        CACHES={"default": {**CACHES[cache], "LOCATION": redis.url}},
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(redis.folder / "site.sqlite3")}},
        **more,
    )


def check(settings, socket_path, *options):
    """Run the command; return its exit status and all that it printed."""
    settings = {"SESSIOND_SOCKET": str(socket_path), **settings}
    done = subprocess.run(
        [sys.executable, "-c", MANAGE, json.dumps(settings), "sessiond_check", "--no-color", *options],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=4 * DEADLINE_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def reported(settings, socket_path, *options):
    """Return the report in JSON."""
    status, text = check(settings, socket_path, "--json", *options)
    report, end = json.JSONDecoder().raw_decode(text)
    assert status == (0 if report["ok"] else 1), text
    assert report["ok"] or "do not agree" in text[end:]
    return report


def found(settings, socket_path, *options):
    """Return the findings by their subjects, each as its level and its text."""
    report = reported(settings, socket_path, *options)
    return {item["subject"]: (item["level"], f"{item['what']}: {item['todo']}") for item in report["findings"]}


def event_count(daemon):
    with sessiond.Client(str(daemon.path), timeout=DEADLINE_SECONDS) as client:
        return client.status()["journal"]["events"]


def keys(redis):
    return redis.command("DBSIZE")


def test_where_all_agrees_it_says_so_leaves_no_session_and_causes_no_event(redis, daemon):
    before, events = keys(redis), event_count(daemon)
    status, text = check(project(redis), daemon.path)
    assert status == 0, text
    assert "sessiond reads what Django writes" in text
    assert "sessions are kept in Redis as django_sessions:{session_key}" in text
    assert "error" not in text
    assert (keys(redis), event_count(daemon)) == (before, events)


def test_another_secret_key_is_found_and_neither_is_printed(redis, daemon):
    other = "quite another secret"
    status, text = check(project(redis, SECRET_KEY=other), daemon.path)
    assert status == 1
    assert "no key of its own fits" in text
    assert "--secret-key-file" in text
    assert other not in text
    assert SECRET_KEY not in text


def test_another_prefix_is_found_with_the_option_that_mends_it(redis, daemon):
    other = {"url": redis.url, "prefix": "it's", "socket_timeout": DEADLINE_SECONDS}
    level, text = found(project(redis, SESSION_REDIS=other), daemon.path)["a session"]
    assert level == "error"
    assert shlex.quote("it's:{session_key}") in text


def test_another_database_is_found(redis, daemon):
    other = {"url": f"unix://{redis.path}?db=3", "prefix": "django_sessions", "socket_timeout": DEADLINE_SECONDS}
    findings = found(project(redis, SESSION_REDIS=other), daemon.path)
    assert findings["database"][0] == findings["a session"][0] == "error"
    assert "?db=3" in findings["database"][1]


def own_store(redis):
    return project(redis, SESSION_ENGINE="stores")


PROJECTS = {
    "prefix": lambda redis: project(
        redis, SESSION_REDIS={"url": redis.url, "prefix": "a shop", "socket_timeout": DEADLINE_SECONDS}
    ),
    "no prefix": lambda redis: project(redis, SESSION_REDIS={"url": redis.url, "socket_timeout": DEADLINE_SECONDS}),
    "store of one's own": own_store,
    "RedisCache": lambda redis: cached(redis, "RedisCache"),
    "django-redis": lambda redis: cached(redis, "django-redis"),
    "cached_db": lambda redis: cached(redis, "RedisCache", "cached_db"),
}


@pytest.fixture
def start(redis):
    """Start a further daemon on the same Redis, with options."""
    daemons = []

    with TemporaryDirectory(prefix="sd-") as name:

        def start(*options):
            folder = Path(name) / str(len(daemons))
            folder.mkdir()
            process = Daemon(os.environ["SESSIOND_BINARY"], folder, redis.url, redis.folder / "secret_key", *options)
            process.start()
            daemons.append(process)
            return process

        yield start
        for process in daemons:
            assert process.stop() == 0


@pytest.mark.parametrize("name", PROJECTS)
def test_a_daemon_with_the_options_that_it_names_agrees(redis, daemon, start, name):
    if name == "django-redis":
        pytest.importorskip("django_redis")
    settings = PROJECTS[name](redis)
    report = reported(settings, daemon.path)
    options = report["options"]
    assert options
    assert report["findings"][-1]["level"] == "error"
    findings = found(settings, start(*shlex.split(options)).path)
    assert findings["a session"][0] == "ok", findings


def test_another_encoding_is_found(redis, daemon, start):
    settings = cached(redis, "RedisCache")
    process = start("--key-pattern", ":1:django.contrib.sessions.cache{session_key}")
    level, text = found(settings, process.path)["a session"]
    assert level == "error"
    assert "--encoding cache" in text


@pytest.mark.parametrize("engine", ["db", "file", "signed_cookies"])
def test_an_engine_that_keeps_nothing_in_redis_is_found_without_a_daemon(redis, folder, engine):
    settings = project(redis, SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}")
    level, text = found(settings, folder / "none.sock")["SESSION_ENGINE"]
    assert level == "error"
    assert "sessiond sees none" in text


def test_without_a_daemon_it_says_what_to_do_and_writes_nothing(redis, daemon, folder):
    before = redis.command("INFO", "commandstats").count(b"setex")
    findings = found(project(redis), folder / "none.sock")
    assert findings["daemon"][0] == "error"
    assert "is sessiond running" in findings["daemon"][1]
    assert "a session" not in findings
    assert redis.command("INFO", "commandstats").count(b"setex") == before


def test_a_redis_that_django_does_not_reach_is_djangos_matter(daemon, redis, folder):
    nowhere = {"url": f"unix://:its-password@{folder}/none.sock", "prefix": "django_sessions"}
    status, text = check(project(redis, SESSION_REDIS=nowhere), daemon.path)
    assert status == 1
    assert "Django itself cannot write a session: ConnectionError" in text
    assert "its-password" not in text


def test_read_only_writes_nothing_and_says_what_is_not_known(redis, daemon):
    def written():
        return [line for line in redis.command("INFO", "commandstats").split() if line.startswith(b"cmdstat_setex:")]

    before = written()
    findings = found(project(redis, SECRET_KEY="another"), daemon.path, "--read-only")
    assert findings["a session"][0] == "note"
    assert written() == before


def test_a_fallback_that_sessiond_lacks_is_found_and_one_too_many_is_noted(redis, daemon, start):
    missing = found(project(redis, SECRET_KEY_FALLBACKS=["an older secret"]), daemon.path)["SECRET_KEY_FALLBACKS"]
    assert missing[0] == "warning"
    assert "an older secret" not in missing[1]
    file = redis.folder / "two_keys"
    file.write_text(f"{SECRET_KEY}\nan older secret\n")
    process = start("--secret-key-file", str(file))
    assert found(project(redis), process.path)["SECRET_KEY_FALLBACKS"][0] == "note"
    agreed = found(project(redis, SECRET_KEY_FALLBACKS=["an older secret"]), process.path)
    assert "SECRET_KEY_FALLBACKS" not in agreed
    assert agreed["a session"][0] == "ok"


def test_another_cookie_is_noted_and_sessions_of_a_strange_secret_are_warned_of(redis, daemon):
    redis.command("SETEX", "django_sessions:strange", 600, session_value("a strange secret", logged_in(1)))
    with sessiond.Client(str(daemon.path), timeout=DEADLINE_SECONDS) as client:
        wait_for(lambda: client.status()["sessions"]["invalid"] == 1, "the session to be seen")
    findings = found(project(redis, SESSION_COOKIE_NAME="sid"), daemon.path)
    assert findings["SESSION_COOKIE_NAME"][0] == "note"
    assert findings["SECRET_KEY"][0] == "warning"
    assert "1 stored sessions" in findings["SECRET_KEY"][1]
    redis.command("DEL", "django_sessions:strange")
