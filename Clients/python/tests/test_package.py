"""What the package promises of itself: no dependencies, Python 3.9."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "src"
#: What only works where a framework is installed.
INTEGRATIONS = {"flask", "fastapi", "django"}


def test_nothing_but_the_standard_library_is_needed():
    modules = sorted(
        path.relative_to(SOURCES).with_suffix("").as_posix().replace("/", ".")
        for path in (SOURCES / "sessiond").rglob("*.py")
        if not INTEGRATIONS & set(path.relative_to(SOURCES / "sessiond").with_suffix("").parts)
    )
    assert "sessiond.aio._client" in modules
    code = f"import sys; sys.path.insert(0, {str(SOURCES)!r}); import {', '.join(modules)}"
    # Without site-packages, the environment and the current folder.
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


def test_a_client_that_blocks_does_not_pay_for_asyncio():
    code = f"import sys; sys.path.insert(0, {str(SOURCES)!r}); import sessiond; assert 'asyncio' not in sys.modules"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


def test_python_3_9_suffices():
    pytest.importorskip("vermin")
    command = [sys.executable, "-c", "import vermin; vermin.main()", "--target=3.9-", "--no-tips", "--violations"]
    done = subprocess.run([*command, str(SOURCES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
