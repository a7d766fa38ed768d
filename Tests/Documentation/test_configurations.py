"""Every configuration of the documentation is read by the program that it is for."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from blocks import CATALOGUE, ROOT, Block, blocks, blocks_of
from processes import Daemon, PrivateRedis

#: Configurations of others, where a page shows one that is no configuration of sessiond.
PATH = f"{os.environ['PATH']}:/usr/sbin"


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        yield Path(name)


def certificate(folder: Path) -> None:
    """Make what a configuration with TLS names."""
    for name in ("redis", "redis-ca"):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
                *("-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "1", "-subj", "/CN=redis.example"),
            ],
            cwd=folder,
            check=True,
            capture_output=True,
        )


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_a_daemon_starts_with_it(block: Block, binary: str, folder: Path, request: pytest.FixtureRequest):
    """It becomes ready, with this user and group in the place of those that a page names."""
    redis = PrivateRedis(folder)
    redis.start()
    request.addfinalizer(redis.stop)
    text = re.sub(
        r"(user|group): (flask|audit|www-data)",
        lambda match: f"{match[1]}: {os.getuid() if match[1] == 'user' else os.getgid()}",
        block.text,
    )
    text = text.replace("/etc/sessiond/", f"{folder}/").replace("/srv/sessiond/", f"{folder}/")
    text = re.sub(r"redis://localhost:6379/(\d)", rf"unix://{redis.path}?db=\1", text)
    options: list[str] = []
    if "redis-ca-file" in text:
        certificate(folder)
        # The key is a credential beside it, as the page says. Nobody speaks TLS here: what is read is enough.
        options = ["--redis-key-file", str(folder / "redis.key"), "--redis-url", "rediss://127.0.0.1:1"]
    key_file = folder / "secret-key"
    key_file.write_text("a secret of this test\n")
    (folder / "sessiond.yaml").write_text(text)
    url = None if options or "redis-url:" in text else redis.url
    daemon = Daemon(binary, folder, url, key_file, "--config", str(folder / "sessiond.yaml"), *options)
    if "name: nginx" in text or options:
        refused_for(
            daemon, "has passed no socket of the name nginx" if "name: nginx" in text else "no Redis at 127.0.0.1:1"
        )
        return
    daemon.start()
    assert daemon.stop() == 0


def refused_for(daemon: Daemon, words: str) -> None:
    """See that a daemon has read its configuration, and comes no further for one reason only."""
    process = subprocess.Popen(daemon.command, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if words in line:
                return
        raise AssertionError(f"it did not say {words!r}")
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_wrong_configuration_is_found_out(binary, folder):
    key_file = folder / "secret-key"
    key_file.write_text("a secret of this test\n")
    (folder / "sessiond.yaml").write_text("socket-right: identify\n")
    daemon = Daemon(binary, folder, "redis://127.0.0.1:1", key_file, "--config", str(folder / "sessiond.yaml"))
    with pytest.raises(AssertionError, match="there is no option socket-right"):
        daemon.start()


@pytest.mark.parametrize("block", blocks("nginx"), ids=str)
def test_nginx_reads_it(block: Block, folder: Path):
    program = shutil.which("nginx", path=PATH)
    assert program, "nginx is not installed: apt-get install nginx-light"
    kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    paths = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    upstream = "upstream members { server 127.0.0.1:8001; }"
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{upstream}\n"
        f"server {{\nlisten unix:{folder}/nginx.sock;\n{block.text}}}\n}}\n"
    )
    command = [program, "-t", "-e", "stderr", "-c", str(folder / "nginx.conf")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, f"{block.place}: {result.stderr}"


def caddy(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("caddy")
    assert program, "caddy is not installed: apt-get install caddy"
    (folder / "Caddyfile").write_text(text)
    command = [program, "validate", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    environ = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environ)


@pytest.mark.parametrize(
    "text", [block.text for block in blocks("caddy")] + [(ROOT / "Examples/http/Caddyfile").read_text()]
)
def test_caddy_reads_it(text: str, folder: Path):
    result = caddy(folder, text)
    assert result.returncode == 0, result.stderr
    assert caddy(folder, text.replace("forward_auth", "forward_order")).returncode != 0


@pytest.mark.parametrize("words", [("config", "prometheus.yaml"), ("rules", "alerts.yaml")])
def test_prometheus_reads_the_examples(words):
    program = shutil.which("promtool")
    assert program, "promtool is not installed: apt-get install prometheus"
    command = [program, "check", words[0], str(ROOT / "Examples/http" / words[1])]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("block", blocks("redis"), ids=str)
def test_redis_takes_it(block: Block, folder: Path, request: pytest.FixtureRequest):
    """One that is no command is a piece of redis.conf; that of TLS is started by test_readme.py."""
    redis = PrivateRedis(folder)
    redis.start()
    request.addfinalizer(redis.stop)
    for line in block.text.splitlines():
        words = line.split()
        if words[0] == "ACL":
            redis.command(*words)
        elif not words[0].startswith(("tls-", "port")):
            redis.command("CONFIG", "SET", *words)


SETTINGS = """
from django.conf import settings

values = {}
exec(compile(open("page.py").read(), "page", "exec"), values)
values = {name: value for name, value in values.items() if name.isupper()}
settings.configure(SECRET_KEY="a secret of this test", **values)

import django

django.setup()

from sessiond.django._storage import session_store, storage_of

storage = storage_of(session_store())
print(storage.encoding, storage.key_pattern, storage.database)
"""


def pairs() -> list[tuple[Block, Block]]:
    """Return the settings of Django that its page shows, each with the configuration that stands below."""
    all_blocks = blocks_of(CATALOGUE / "Django.md")
    found = [
        (above, below)
        for above, below in zip(all_blocks, all_blocks[1:], strict=False)
        if above.language == "python" and "SESSION_ENGINE" in above.text
    ]
    assert len(found) >= 5
    return found


@pytest.mark.parametrize(("settings", "configuration"), pairs(), ids=lambda block: f"line {block.line}")
def test_the_settings_need_what_stands_below_them(settings: Block, configuration: Block, tmp_path: Path):
    """As `manage.py sessiond_check` finds it out, with the real packages."""
    assert configuration.language == "yaml"
    (tmp_path / "page.py").write_text(settings.text)
    result = subprocess.run(
        [sys.executable, "-c", SETTINGS], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    encoding, pattern, database = result.stdout.split()
    said = dict(line.split(": ", 1) for line in configuration.text.splitlines())
    assert said.get("encoding", "signed") == encoding
    assert said["key-pattern"].strip('"') == pattern
    assert said.get("redis-url", "redis://localhost:6379/0").rpartition("/")[2] == database
