"""What the site takes from environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class EnvironmentProblem(Exception):
    """A variable is missing or names something unusable; the message says what to do."""


@dataclass(frozen=True)
class Environment:
    """The site's settings that differ from one machine to the next."""

    redis_url: str
    database: str
    allowed_hosts: tuple[str, ...]
    #: Django's SECRET_KEY, then its SECRET_KEY_FALLBACKS: the same file serves `sessiond serve --secret-key-file`.
    secret_keys: tuple[str, ...] = field(repr=False)

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Environment:
        """Read the variables, or raise EnvironmentProblem."""
        hosts = environ.get("EXAMPLE_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
        return cls(
            redis_url=environ.get("EXAMPLE_REDIS_URL") or "redis://127.0.0.1:6379/0",
            database=environ.get("EXAMPLE_DATABASE") or "tutorial.sqlite3",
            allowed_hosts=tuple(host.strip() for host in hosts.split(",") if host.strip()),
            secret_keys=_secret_keys(environ.get("EXAMPLE_SECRET_KEY_FILE", "")),
        )


def _secret_keys(name: str) -> tuple[str, ...]:
    if not name:
        raise EnvironmentProblem(
            "EXAMPLE_SECRET_KEY_FILE is not set: name a file whose first line is Django's SECRET_KEY. To make one: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(50))' > secret_key"
        )
    try:
        lines = Path(name).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentProblem(f"EXAMPLE_SECRET_KEY_FILE: cannot read {name}: {error}") from None
    keys = tuple(line.rstrip("\r") for line in lines if line.rstrip("\r"))
    if not keys or not lines[0].rstrip("\r"):
        raise EnvironmentProblem(f"EXAMPLE_SECRET_KEY_FILE: the first line of {name} is empty")
    return keys
