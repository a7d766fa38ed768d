"""Every limit is an option: in the file, in the environment and as a flag, the later ones before the earlier."""

from __future__ import annotations

import pytest

from clients import Line

#: Option, a value that is not the default, and what `server.info` tells then.
OPTIONS = [
    ("max-connections", "123", "connections_max", 123),
    ("max-connections-per-uid", "45", "connections_per_uid_max", 45),
    ("max-request-size", "8", "request_bytes_max", 8192),
    ("max-json-depth", "9", "json_depth_max", 9),
    ("max-batch", "10", "batch_count_max", 10),
    ("max-requests-in-flight", "11", "requests_in_flight_max", 11),
    ("max-requests-in-flight-per-uid", "1234", "requests_in_flight_per_uid_max", 1234),
    ("max-subscriptions", "12", "subscriptions_per_connection_max", 12),
    ("max-subscriptions-per-uid", "1235", "subscriptions_per_uid_max", 1235),
    ("max-unread-output", "64", "unread_bytes_max", 65536),
    ("max-unread-output-per-uid", "32768", "unread_bytes_per_uid_max", 33554432),
    ("unread-timeout", "13", "unread_seconds_max", 13),
    ("line-timeout", "1.5", "unfinished_line_seconds_max", 1.5),
    ("idle-timeout", "14", "idle_seconds_max", 14),
]
#: Options that no answer tells; that they are read is shown by the tests that reach them.
UNTOLD = [("max-waiting-lookups", "1000"), ("max-misses", "1001"), ("max-misses-per-uid", "1002")]


def limits(daemon):
    with Line(daemon.path) as line:
        return line.call("server.info")["result"]["limits"]


def test_as_flags(serve):
    told = limits(serve(*(f"--{option}={value}" for option, value, *_ in OPTIONS), *(f"--{o}={v}" for o, v in UNTOLD)))
    assert {name: told[name] for _, _, name, _ in OPTIONS} == {name: value for _, _, name, value in OPTIONS}


def test_in_the_file(serve, folder):
    file = folder / "sessiond.yaml"
    pairs = [(option, value) for option, value, *_ in OPTIONS] + UNTOLD
    file.write_text("".join(f"{option}: {value}\n" for option, value in pairs))
    told = limits(serve("--config", str(file), "--max-batch", "77"))
    expected = {name: value for _, _, name, value in OPTIONS} | {"batch_count_max": 77}
    assert {name: told[name] for name in expected} == expected


def test_in_the_environment(serve):
    variables = {f"SESSIOND_{option.upper().replace('-', '_')}": value for option, value, *_ in OPTIONS}
    told = limits(serve(environment=variables))
    assert {name: told[name] for _, _, name, _ in OPTIONS} == {name: value for _, _, name, value in OPTIONS}


@pytest.mark.parametrize("option", ["unread-timeout", "line-timeout", "idle-timeout"])
def test_zero_is_no_bound(serve, option):
    [name] = [name for other, _, name, _ in OPTIONS if other == option]
    assert limits(serve(f"--{option}=0"))[name] is None


@pytest.mark.parametrize("option", ["max-misses", "max-misses-per-uid"])
def test_zero_is_no_bound_of_misses(serve, option):
    # The other one has its default, which so few do not reach.
    daemon = serve(f"--{option}=0")
    with Line(daemon.path) as line:
        for number in range(200):
            answer = line.call("session.identity", session_key=f"invented{number}")
            assert answer["result"]["reason"] == "unknown"
        assert line.status()["cache"]["misses_refused"] == 0
