"""Runs `sessiond check`, and reads what it says."""

from __future__ import annotations

import json
import os
import random
import string
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import PrivateRedis
from protocols import check as validate
from stored import logged_in, session_value

SECRET_KEY = "the secret key of a site that is examined"
OLD_KEY = "the secret key that it had before"
#: Whom nothing belongs to.
ANNA, STAFF = 60_001, 61_001


@dataclass
class Report:
    """What a check came to."""

    status: int
    document: dict[str, Any]

    @property
    def findings(self) -> dict[str, dict[str, Any]]:
        """The findings by their names; where several have one, the gravest."""
        ranks = ["ok", "note", "warning", "error"]
        found: dict[str, dict[str, Any]] = {}
        for finding in sorted(self.document["findings"], key=lambda finding: ranks.index(finding["level"])):
            found[finding["id"]] = finding
        return found

    def level(self, name: str) -> str | None:
        finding = self.findings.get(name)
        return finding["level"] if finding else None

    @property
    def errors(self) -> set[str]:
        return {name for name, finding in self.findings.items() if finding["level"] == "error"}

    @property
    def warnings(self) -> set[str]:
        return {name for name, finding in self.findings.items() if finding["level"] == "warning"}


class Site:
    """A folder with a key file, in which checks are made."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.binary, self.folder = binary, folder
        self.socket = folder / "sessiond.sock"
        self.key_file = folder / "secret_key"
        self.keys(SECRET_KEY)
        #: All that was printed.
        self.printed = ""
        #: What must never be printed.
        self.secrets = {SECRET_KEY, OLD_KEY}

    def keys(self, *keys: str) -> None:
        """Put these into the key file."""
        self.key_file.write_text("\n".join(keys) + "\n")
        self.key_file.chmod(0o600)

    def check(self, url: str | None, *options: str, key: bool = True, **process: Any) -> Report:
        """Check with these options after the usual ones."""
        words = [*(("--redis-url", url) if url else ()), "--socket", str(self.socket)]
        if key:
            words += ["--secret-key-file", str(self.key_file)]
        done = self.run(*words, *options, "--json", **process)
        document = json.loads(done.stdout)
        validate(document, "check.report.json")
        assert done.stderr == ""
        return Report(done.returncode, document)

    def run(self, *words: str, environment: dict[str, str] | None = None, **process: Any) -> Any:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SESSIOND_")}
        done = subprocess.run(
            [self.binary, "check", *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd="/",
            env=environ | (environment or {}),
            **process,
        )
        self.printed += done.stdout + done.stderr
        return done

    def fill(
        self,
        redis: PrivateRedis,
        count: int,
        prefix: str = "django_sessions:",
        key: str = SECRET_KEY,
        seconds: int | None = 600,
    ) -> list[str]:
        """Have so many users log in, and return their session keys."""
        keys = [session_key() for _ in range(count)]
        for number, session in enumerate(keys):
            value = session_value(key, logged_in(number + 1))
            self.secrets |= {session, value}
            expiry = ("EX", seconds) if seconds else ()
            redis.command("SET", prefix + session, value, *expiry)
        return keys


def session_key() -> str:
    """Return what Django would choose."""
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=32))


def mend(line: str) -> str:
    """Do what a finding says, as somebody who pastes it into a shell."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line], capture_output=True, text=True, timeout=60, check=True
    ).stdout
