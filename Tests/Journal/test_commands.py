"""`sessiond events` and `sessiond journal`, as a person types them."""

from __future__ import annotations

import json

import pytest

from commands import sessiond
from stored import fingerprint


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--since", "yesterday"], "since"),
        (["--until", "25:00"], "until"),
        (["--type", "logins"], "type"),
        (["--limit", "0"], "--limit must be at least 1"),
        (["--format", "xml"], "format"),
        (["--export", "file"], "--export needs --key"),
        (["--key", "file"], "--key needs --export"),
        (["--export", "file", "--key", "key", "--user", "42"], "nobody could verify it"),
    ],
)
def test_bad_options_are_refused_with_what_is_wrong(binary, folder, words, problem):
    run = sessiond(binary, folder, "events", *words)
    assert run.returncode == 64
    assert problem in run.stderr


def lines(binary, folder, *words):
    run = sessiond(binary, folder, "events", *words)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_events_are_filtered(binary, folder, journal):
    every = lines(binary, folder)
    assert any("logout" in line and "user 9, expired" in line for line in every)
    assert len(lines(binary, folder, "--limit", "3")) == 3
    assert len(lines(binary, folder, "--user", "42")) == 4
    assert len(lines(binary, folder, "--session", fingerprint("goes"))) == 2
    assert len(lines(binary, folder, "--type", "login", "--type", "dev.sessiond.logout")) == 5
    assert lines(binary, folder, "--since", "1h") == every
    assert lines(binary, folder, "--until", "1h") == []
    assert lines(binary, folder, "--since", "2026-01-01") == every
    assert lines(binary, folder, "--since", "2026-01-01 14:05", "--until", "2100-01-01T00:00:00Z") == every
    [line] = lines(binary, folder, "--open-at", "0s")
    assert "user 7" in line


def test_events_go_on_behind_a_position(binary, folder, journal):
    every = [json.loads(line) for line in lines(binary, folder, "--json")]
    behind = [json.loads(line) for line in lines(binary, folder, "--json", "--after", every[1]["id"])]
    assert behind == every[2:]
    run = sessiond(binary, folder, "events", "--after", "0" * 16 + "-" + "0" * 16)
    assert run.returncode == 2
    assert f"the oldest event held is {every[0]['id']}" in run.stderr


def test_a_copy_holds_and_nothing_is_overwritten(binary, folder, journal):
    run = sessiond(binary, folder, "journal", "backup", "copy.sqlite")
    assert run.returncode == 0, run.stderr
    assert "verified" in run.stderr
    again = sessiond(binary, folder, "journal", "backup", "copy.sqlite")
    assert again.returncode == 2
    assert "give another name" in again.stderr
    assert sessiond(binary, folder, "verify", "copy.sqlite").returncode == 0


def test_a_damaged_copy_is_named(binary, folder, journal):
    assert sessiond(binary, folder, "journal", "backup", "damaged.sqlite").returncode == 0
    damaged = folder / "damaged.sqlite"
    damaged.write_bytes(damaged.read_bytes().replace(b'"user_id":"42"', b'"user_id":"43"', 1))
    run = sessiond(binary, folder, "verify", str(damaged))
    assert run.returncode == 1
    assert run.stdout.startswith("broken at ")


def test_whoever_is_logged_in_is_not_forgotten_and_the_others_are(binary, folder, journal):
    run = sessiond(binary, folder, "journal", "forget", "7")
    assert run.returncode == 2
    assert "log the user out first" in run.stderr
    assert sessiond(binary, folder, "journal", "forget", "9").stdout == "4 events erased\n"
    assert lines(binary, folder, "--user", "9") == []
    assert len(lines(binary, folder, "--type", "erased")) == 4
    [told] = lines(binary, folder, "--type", "forgotten")
    assert "4 events erased, by uid" in told
    assert sessiond(binary, folder, "verify").returncode == 0
    assert b'"user_id":"9"' not in journal.read_bytes()


def test_without_a_journal_it_says_where_it_looked(binary, folder):
    run = sessiond(binary, folder, "verify", "--state-directory", str(folder / "nothing"))
    assert run.returncode == 2
    assert f"no journal in {folder / 'nothing'}" in run.stderr
