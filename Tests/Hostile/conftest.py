"""The built daemon, and a folder for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture(scope="session")
def binary() -> str:
    path = os.environ.get("SESSIOND_BINARY")
    if not path:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sd-") as name:
        yield Path(name)
