"""Figures for Prometheus, and the rules and the dashboard that use them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

KEY = "secretsession0123456789"
EXAMPLES = Path(__file__).parents[2] / "Examples/http"
HERE = Path(__file__).parent
PROMTOOL = shutil.which("promtool") or "promtool"
#: What Prometheus itself adds.
OF_PROMETHEUS = {"up"}


def promtool(*arguments: str, given: str = "") -> str:
    done = subprocess.run([PROMTOOL, *arguments], input=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def names(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:sessiond_\w+|up)\b", re.sub(r'"[^"]*"', '""', expression)))


@pytest.fixture
def known(open_door) -> set[str]:
    """Return the names of all metrics that a daemon with everything has."""
    door = open_door("--publish-stream", "events")
    door.log_in(KEY)
    door.wait_for(204, "/auth", f"sessionid={KEY}")
    return {name.partition("{")[0] for name in door.metrics()} | OF_PROMETHEUS


def test_promtool_has_nothing_to_say(open_door):
    door = open_door("--publish-stream", "events")
    door.log_in(KEY)
    door.ask("/auth", f"sessionid={KEY}")
    door.ask("/nothing")
    answer = door.ask("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert promtool("check", "metrics", given=answer.text) == ""


def test_figures_are_those_of_what_happened(door):
    door.wait_for(200, "/readyz")
    before = door.metrics()
    door.log_in(KEY)
    door.wait_for(204, "/auth", f"sessionid={KEY}")
    door.log_in(KEY + "2", 43)
    door.wait_for(204, "/auth", f"sessionid={KEY}2")
    for _ in range(10):
        assert door.ask("/auth", f"sessionid={KEY}").status == 204
    assert door.ask("/auth", "sessionid=nobody").status == 401
    assert door.ask("/nothing").status == 404
    after = door.metrics()
    assert after['sessiond_sessions{kind="authenticated"}'] == 2
    assert after["sessiond_users"] == 2
    assert after["sessiond_events_total"] - before["sessiond_events_total"] == 4
    assert after['sessiond_lookups_total{result="hit"}'] >= 10
    assert after['sessiond_lookups_total{result="miss"}'] >= 1
    assert after['sessiond_http_requests_total{route="auth",code="204"}'] >= 12
    assert after['sessiond_http_requests_total{route="none",code="404"}'] == 1
    assert after['sessiond_link_state{state="live"}'] == 1
    assert "sessiond_link_proven" in after
    assert after["sessiond_memory_resident_bytes"] > 1_000_000
    assert after["sessiond_stale_found_total"] == 0


def test_figures_name_nobody(door):
    door.log_in(KEY, 4711)
    door.wait_for(204, "/auth", f"sessionid={KEY}")
    text = door.ask("/metrics").text
    assert "4711" not in text
    assert KEY not in text


def test_the_rules_are_rules_and_fire_when_they_should():
    assert "SUCCESS" in promtool("check", "rules", str(EXAMPLES / "alerts.yaml"))
    assert "SUCCESS" in promtool("test", "rules", str(HERE / "alerts_test.yaml"))
    assert "SUCCESS" in promtool("check", "config", str(EXAMPLES / "prometheus.yaml"))


def test_every_rule_is_tested_and_uses_what_there_is(known):
    rules = re.findall(r"- alert: (\w+)\n +expr: (.+)", (EXAMPLES / "alerts.yaml").read_text())
    tests = (HERE / "alerts_test.yaml").read_text()
    fired = re.findall(r"alertname: (\w+)\n +eval_time: \w+\n +exp_alerts:", tests)
    assert {alert for alert, _ in rules} == set(fired)
    assert set(re.findall(r"{alertname: (\w+),", tests)) == set(fired)
    for alert, expression in rules:
        assert names(expression)
        assert names(expression) <= known, alert


def test_the_dashboard_shows_what_there_is(known):
    dashboard = json.loads((EXAMPLES / "grafana-dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(expressions) > 10
    for expression in expressions:
        assert names(expression)
        assert names(expression) <= known, expression
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)
