"""The documentation holds: what it shows is run, and its links lead somewhere."""

import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import sessiond
from processes import Daemon, PrivateRedis

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
DJANGO_PAGE = (ROOT / "Sources/Daemon/Documentation.docc/Django.md").read_text()
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "Protocols").glob("*.md")),
    *sorted((ROOT / "Examples").glob("*/README.md")),
    *sorted((ROOT / "Clients").glob("*/README.md")),
    *sorted((ROOT / "Sources/Daemon/Documentation.docc").glob("*.md")),
]


def blocks(language: str, containing: str, page: str = README) -> str:
    """Return the one fenced block of a language that contains a text."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    found = [text for name, text in fenced if name == language and containing in text]
    assert len(found) == 1, f"{len(found)} {language} blocks contain {containing!r}"
    return found[0]


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def redis(folder):
    server = PrivateRedis(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def daemon(binary, folder, redis):
    key_file = folder / "secret_key"
    key_file.write_text("a secret of this test\n")
    daemon = Daemon(binary, folder, f"unix://{redis.path}?db=0", key_file)
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture
def strict_redis(folder):
    """Run a Redis with the user that suffices, which no other daemon configures."""
    subfolder = folder / f"strict{len(list(folder.iterdir()))}"
    subfolder.mkdir()
    server = PrivateRedis(subfolder)
    server.start()
    server.command(*blocks("redis", "ACL SETUSER", DJANGO_PAGE).split())
    yield server
    server.stop()


def run(script: str, daemon: Daemon, *command: str) -> str:
    environ = {**os.environ, "SESSIOND_SOCKET": str(daemon.path)}
    result = subprocess.run(
        [*command, script.replace("/tmp/sessiond.sock", str(daemon.path))],
        capture_output=True,
        text=True,
        timeout=60,
        env=environ,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_socat_lines(daemon):
    answers = run(blocks("sh", "socat"), daemon, "bash", "-ec").splitlines()
    assert len(answers) == 3
    assert answers[0] + "\n" == blocks("json", "unknown")
    assert '"sessions":[]' in answers[1]
    assert '"state":"live"' in answers[2]


@pytest.mark.parametrize("containing", ["import json, os, socket", "import sessiond\n"])
def test_the_python_snippets(daemon, containing):
    assert "unknown" in run(blocks("python", containing), daemon, sys.executable, "-c")


def test_every_command_shown_exists(binary):
    for line in blocks("sh", "# the daemon").splitlines():
        command = line.split()[1]
        result = subprocess.run([binary, command, "--help"], capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, command


def test_the_acl_user_suffices(binary, folder, strict_redis):
    redis = strict_redis
    key_file = folder / "secret_key_acl"
    key_file.write_text("a secret of this test\n")
    redis.command("CONFIG", "SET", "notify-keyspace-events", "")
    for words, source in [
        ([], "tracking"),
        (["+config|get"], "tracking"),
        (["+config|get", "+config|set"], "keyspace"),
    ]:
        redis.command("ACL", "SETUSER", "sessiond", *words)
        subfolder = folder / f"acl{len(list(folder.iterdir()))}"
        subfolder.mkdir()
        daemon = Daemon(binary, subfolder, f"unix://sessiond:password@{redis.path}?db=0", key_file)
        daemon.start()
        with sessiond.Client(str(daemon.path)) as client:
            assert client.status()["link"]["invalidation"] == source
        assert daemon.stop() == 0


def test_the_acl_user_can_end_sessions_with_what_more_it_needs(binary, folder, strict_redis):
    redis = strict_redis
    key_file = folder / "secret_key_revoke"
    key_file.write_text("a secret of this test\n")
    subfolder = folder / "revoke"
    subfolder.mkdir()
    daemon = Daemon(binary, subfolder, f"unix://sessiond:password@{redis.path}?db=0", key_file)
    daemon.start()
    redis.command("SETEX", "django_sessions:somebody", 600, "a value")
    with sessiond.Client(str(daemon.path)) as client:
        with pytest.raises(sessiond.Unavailable, match="DEL"):
            client.revoke("somebody")
        redis.command("ACL", "SETUSER", "sessiond", *re.search(r"`(%W~[^`]*)` and `(\+del)`", DJANGO_PAGE).groups())
        assert client.revoke("somebody") == 1
    assert daemon.stop() == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target
    for article in re.findall(r"<doc:(\w+)>", page.read_text()):
        assert (page.parent / f"{article}.md").exists(), article


TLS_PAGE = (ROOT / "Sources/Daemon/Documentation.docc/TLS.md").read_text()


def test_every_error_of_tls_that_is_explained_is_told():
    folder = ROOT / "Sources/RedisTransport"
    source = (folder / "TLS/TLSFailure.swift").read_text() + (folder / "RedisFailure.swift").read_text()
    errors = TLS_PAGE.split("## What each error means")[1]
    told = re.sub(r"\\\n\s*", "", source)
    told = re.sub(r"\\\([^\n]*?\)\)?", "…", told)
    quoted = re.findall(r"`([^`]+)`", "".join(re.findall(r"^\| (`.*?) \|", errors, re.MULTILINE)))
    assert len(quoted) > 10
    for words in quoted:
        assert words in told, words


def test_the_commands_of_the_page_lead_to_a_daemon_that_is_ready(binary, folder):
    """The certificates are made, Redis is configured and the daemon started as the page says, with other paths."""
    home = folder / "tls"
    home.mkdir()
    recipe = blocks("sh", "openssl req", TLS_PAGE)
    subprocess.run(["bash", "-euc", recipe], cwd=home, check=True, capture_output=True, timeout=60)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configuration = blocks("redis", "tls-port", TLS_PAGE).replace("6380", str(port)).replace("/etc/redis", str(home))
    (home / "redis.conf").write_text(f"{configuration}bind 127.0.0.1\nsave ''\ndir {home}\n")
    server = subprocess.Popen(["redis-server", str(home / "redis.conf")], stdout=subprocess.DEVNULL)
    (home / "redis-url").write_text(f"rediss://127.0.0.1:{port}\n")
    key_file = home / "secret_key"
    key_file.write_text("a secret of this test\n")
    words = blocks("sh", "sessiond serve", TLS_PAGE).replace("\\\n", " ").replace("/etc/sessiond", str(home)).split()
    assert words[:2] == ["sessiond", "serve"]
    # Its certificate is for the page's name and address, and this one is another.
    daemon = Daemon(binary, home, None, key_file, *words[2:], "--redis-server-name", "redis.example")
    try:
        daemon.start()
        assert daemon.stop() == 0
    finally:
        server.terminate()
        server.wait()
