"""The benchmark of the client for Python runs from end to end. Nothing is said about its figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import python_client

pytest_plugins = ["daemon_fixtures"]


def test_all_contestants_are_measured(binary: str, folder: Path) -> None:
    script = Path(__file__).parent / "python_client.py"
    sizes = ["--sessions", "20", "--rounds", "3", "--count", "5", "--json", str(folder / "figures.json")]
    command = [sys.executable, str(script), "--sessiond", binary, *sizes]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    places = json.loads((folder / "figures.json").read_text())["contestants"]
    assert set(places) == {"one core", "any core"}
    for place, contestants in places.items():
        assert f"| on {place} |" in done.stdout
        assert set(contestants) >= {
            "sessiond, identity",
            "redis-py, GET",
            "sessiond.aio, identity",
            "redis.asyncio, GET",
        }
        for name, line in contestants.items():
            assert done.stdout.count(f"| {name} |") == 2
            assert set(line) == {"microseconds", "processor_microseconds", "times_sessiond"}


def test_contestants_are_asked_about_the_same_sessions_in_every_turn() -> None:
    asked: dict[str, list[list[str]]] = {"a": [], "b": []}
    contestants = {name: keys.append for name, keys in asked.items()}
    taken = python_client.take_turns(contestants, ["1-x", "2-x", "3-x"], rounds=4, count=6)
    assert asked["a"] == asked["b"]
    assert [len(keys) for keys in asked["a"]] == [3, 6, 6, 6, 6]
    assert [len(rounds) for rounds in taken.values()] == [4, 4]


def test_a_wrong_answer_ends_the_run() -> None:
    def wrong(keys: list[str]) -> None:
        raise python_client.WrongAnswerError

    with pytest.raises(python_client.WrongAnswerError):
        python_client.take_turns({"wrong": wrong}, ["1-x"], rounds=1, count=1)
