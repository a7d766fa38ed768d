"""Some seconds of it; `make endurance` goes on for half an hour."""

from __future__ import annotations

import os
import random

import pytest

from endurance import endure


def test_random_clients_faults_and_reloads_leave_everything_right():
    binary = os.environ.get("SESSIOND_BINARY")
    if not binary:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    print(endure(binary, seconds=15, seed=seed))
