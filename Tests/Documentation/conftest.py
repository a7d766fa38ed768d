"""What several modules of tests need."""

import os

import pytest


@pytest.fixture(scope="session")
def binary() -> str:
    path = os.environ.get("SESSIOND_BINARY")
    if not path:
        pytest.skip("SESSIOND_BINARY names no daemon to try what the pages say")
    return path
