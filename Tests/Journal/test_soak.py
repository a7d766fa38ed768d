"""A few dozen rounds of the soak; `make soak` runs hundreds."""

from __future__ import annotations

import os
import random

import pytest

from soak import run


@pytest.mark.parametrize("sync", ["normal", "full"])
def test_no_login_or_logout_is_lost_or_doubled_wherever_the_daemon_is_killed(sync):
    binary = os.environ.get("SESSIOND_BINARY")
    if not binary:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    print(run(binary, rounds=15, seed=seed, sync=sync))
