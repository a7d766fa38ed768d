"""Options come from where those of `serve` come from, and what is wrong with them is a finding."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess

from checking import SECRET_KEY
from protocols import ROOT


def test_the_file_the_environment_and_credentials_are_read(site, redis):
    site.fill(redis, 2)
    configuration = site.folder / "sessiond.yaml"
    configuration.write_text(f"redis-url: {redis.url}\nkey-pattern: 'nothing:{{session_key}}'\n")
    credentials = site.folder / "credentials"
    credentials.mkdir()
    (credentials / "secret-key").write_text(SECRET_KEY + "\n")
    report = site.check(
        None,
        key=False,
        environment={
            "SESSIOND_CONFIG": str(configuration),
            "SESSIOND_KEY_PATTERN": "django_sessions:{session_key}",
            "CREDENTIALS_DIRECTORY": str(credentials),
        },
    )
    assert report.errors == set()
    assert "2 of 2 values verify" in report.findings["values.verified"]["what"]
    assert report.document["redis"] == redis.url
    assert report.document["key_pattern"] == "django_sessions:{session_key}"


def test_the_configuration_of_a_service_is_examined_without_a_service_manager(site, redis):
    configuration = site.folder / "sessiond.yaml"
    configuration.write_text("sockets:\n  - name: nginx\n    may: [identify]\n")
    report = site.check(redis.url, "--config", str(configuration))
    assert report.errors == set()


def test_nothing_is_made_on_the_way(site, redis):
    home = site.folder / "home"
    home.mkdir()
    environment = {"XDG_RUNTIME_DIR": str(home), "XDG_STATE_HOME": str(home), "RUNTIME_DIRECTORY": str(home / "run")}
    done = site.run(
        "--redis-url", redis.url, "--secret-key-file", str(site.key_file), "--json", environment=environment
    )
    assert done.returncode == 0
    assert list(home.iterdir()) == []


def test_bad_options_are_findings(site, redis):
    bad = {
        "--key-pattern": "no placeholder",
        "--redis-url": "http://example",
        "--link-timeout": "soon",
        "--config": str(site.folder / "nothing.yaml"),
        "--http": "everywhere",
        "--redis-ca-file": "/nothing",
    }
    for option, value in bad.items():
        report = site.check(None if option == "--redis-url" else redis.url, option, value)
        assert report.status == 1, option
        assert report.errors == {"configuration.wrong"}
        assert report.document["redis"] is None
        assert report.document["examined"] is False


def test_a_url_with_a_password_is_not_repeated(site, redis):
    site.secrets.add("hunter2")
    for url in (f"unix://sessiond:hunter2@{redis.path}", "redis://:hunter2@[::1", "redis://hunter2@x:y/z"):
        site.check(url)


def test_files_with_secrets_that_others_may_read(site, redis):
    redis.command("CONFIG", "SET", "requirepass", "hunter2")
    site.secrets.add("hunter2")
    url = site.folder / "redis-url"
    url.write_text(f"unix://:hunter2@{redis.path}\n")
    url.chmod(0o644)
    report = site.check(None, "--redis-url-file", str(url))
    assert "the password of Redis" in report.findings["configuration.doubtful"]["what"]
    url.chmod(0o600)
    assert site.check(None, "--redis-url-file", str(url)).warnings == set()
    site.key_file.chmod(0o604)
    assert "mode 0604" in site.check(None, "--redis-url-file", str(url)).findings["configuration.doubtful"]["what"]


def test_json_is_asked_for_in_the_environment_as_well(site, redis):
    done = site.run("--redis-url", redis.url, "--no-verify", environment={"SESSIOND_JSON": "true"})
    assert json.loads(done.stdout)["examined"] is True


def test_colour_is_for_terminals_that_want_it(site, redis):
    words = [site.binary, "check", "--redis-url", redis.url, "--no-verify", "--socket", str(site.socket)]
    for variables, is_coloured in [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ]:
        leader, follower = pty.openpty()
        environ = {"PATH": os.environ["PATH"], **variables}
        subprocess.run(words, stdout=follower, stderr=subprocess.PIPE, env=environ, check=True, timeout=60)
        os.close(follower)
        printed = b""
        try:
            while piece := os.read(leader, 65_536):
                printed += piece
        except OSError:
            pass
        os.close(leader)
        assert (b"\x1b[32mok " in printed) is is_coloured
    assert "\x1b" not in site.run(*words[2:]).stdout


def test_the_text_holds_what_the_json_holds(site, redis):
    site.fill(redis, 3, seconds=None)
    report = site.check(redis.url)
    done = site.run("--redis-url", redis.url, "--socket", str(site.socket), "--secret-key-file", str(site.key_file))
    assert done.returncode == report.status
    assert done.stderr == ""
    expected = []
    for finding in report.document["findings"]:
        expected.append(f"{finding['level']:8} {finding['subject']}: {finding['what']}")
        expected += [f"{'':9}{finding['why']}"] if finding["why"] else []
        expected += [f"{'':13}{line}" for line in finding["mend"]]
    assert done.stdout.splitlines()[:-1] == expected
    assert done.stdout.splitlines()[-1] == "1 warning, 3 notes"


def test_every_name_of_a_finding_is_in_the_schema_and_in_the_documentation(site):
    schema = json.loads((ROOT / "schemas/check.report.json").read_text())
    names = schema["properties"]["findings"]["items"]["properties"]["id"]["enum"]
    source = (ROOT.parent / "Sources/Doctor/FindingID.swift").read_text()
    assert names == re.findall(r'case \w+ = "([^"]+)"', source)
    page = (ROOT.parent / "Sources/Daemon/Documentation.docc/Check.md").read_text()
    assert [name for name in names if f"`{name}`" not in page] == []
