"""What Protocols/journal.md promises to auditors, with the tools that they have."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from commands import sessiond
from stored import fingerprint

ROOT = Path(__file__).parents[2]


def questions() -> list[str]:
    return re.findall(r"```sql\n(.*?)```", (ROOT / "Protocols" / "journal.md").read_text(), re.DOTALL)


def sqlite3(path: Path, sql: str) -> list[list[str]]:
    run = subprocess.run(["sqlite3", "-readonly", path, sql], capture_output=True, text=True, check=True, timeout=30)
    return [line.split("|") for line in run.stdout.splitlines()]


def moment(*, before: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) - before).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def test_who_was_logged_in_at_a_time(journal):
    question = questions()[0]
    logins = dict(sqlite3(journal, "SELECT user_id, login FROM logins"))
    at_login_of_42 = sqlite3(journal, re.sub(r"2026-12-07T14:05:00.000Z", logins["42"], question))
    assert {row[0] for row in at_login_of_42} == {"7", "42"}
    now = sqlite3(journal, question.replace("2026-12-07T14:05:00.000Z", moment()))
    assert [row[:2] for row in now] == [["7", fingerprint("stays")]]
    before = sqlite3(journal, question.replace("2026-12-07T14:05:00.000Z", moment(before=timedelta(days=1))))
    assert before == []


def test_which_sessions_a_user_had(journal):
    question = questions()[1].replace("2026-12-01T00:00:00.000Z", moment(before=timedelta(days=7)))
    [row] = sqlite3(journal, question)
    assert row[0] == fingerprint("goes")
    assert row[1] < row[2]


def test_who_was_logged_out_and_why(journal):
    question = questions()[2].replace("2026-12-07T00:00:00.000Z", moment(before=timedelta(hours=1)))
    rows = sqlite3(journal, question.replace("2026-12-08T00:00:00.000Z", moment(before=timedelta(hours=-1))))
    assert {(row[1], row[3]) for row in rows} == {("42", "deleted"), ("9", "expired")}


def test_when_nobody_could_see(journal):
    assert sqlite3(journal, questions()[3]) == []


def test_the_commands_of_the_page_run(binary, folder, journal):
    text = (ROOT / "Protocols" / "journal.md").read_text()
    block = re.search(r"```sh\n(sessiond keygen.*?)```", text, re.DOTALL).group(1)
    for line in block.splitlines():
        run = sessiond(binary, folder, *line.split()[1:])
        assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("holds: ")


def test_twenty_lines_of_another_language_verify_an_export(binary, folder, journal):
    script = ROOT / "Examples" / "verify" / "verify_export.py"
    assert len([line for line in script.read_text().splitlines() if line.strip()]) <= 24
    assert sessiond(binary, folder, "keygen", "key").returncode == 0
    assert sessiond(binary, folder, "events", "--export", "out.ndjson", "--key", "key").returncode == 0

    def verify(path: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, script, path, folder / "key.pub"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert " events hold, signed at " in verify(folder / "out.ndjson").stdout
    lines = (folder / "out.ndjson").read_text().splitlines(keepends=True)
    for changed in (
        [*lines[:1], lines[1].replace('"7"', '"8"'), *lines[2:]],
        [*lines[:2], *lines[3:]],
        [*lines[:-3], *lines[-2:]],
        [*lines[:-2], lines[-2].replace('"events":', '"events":1'), lines[-1]],
    ):
        assert changed != lines
        (folder / "changed.ndjson").write_text("".join(changed))
        assert verify(folder / "changed.ndjson").returncode != 0


def test_openssl_reads_the_keys(binary, folder, journal):
    assert sessiond(binary, folder, "keygen", "ours").returncode == 0
    for options in (["-in", "ours"], ["-pubin", "-in", "ours.pub"]):
        run = subprocess.run(
            ["openssl", "pkey", "-noout", "-text", *options], capture_output=True, text=True, cwd=folder
        )
        assert run.stdout.startswith("ED25519"), run.stderr
    assert (folder / "ours").stat().st_mode & 0o777 == 0o600
    again = sessiond(binary, folder, "keygen", "ours")
    assert again.returncode == 2
    assert "not overwritten" in again.stderr
