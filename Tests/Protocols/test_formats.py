"""The vectors of the formats for audit tools are what the schemas of those tools want."""

import copy

import pytest
from audit_formats import OCSF_VERSION, ecs_problems, ocsf_problems
from protocols import ROOT, check, parse

VECTORS = [parse(line) for line in (ROOT / "vectors" / "formats.ndjson").read_text().splitlines()]
LOGIN = VECTORS[0]
REJECTED = next(vector for vector in VECTORS if vector["event"]["type"] == "dev.sessiond.rejected")
GONE = object()


def changed(document, path, value):
    """A copy of a document with one member changed, added or removed."""
    whole = copy.deepcopy(document)
    *parents, name = path.split("/")
    part = whole
    for parent in parents:
        part = part[parent]
    if value is GONE:
        del part[name]
    else:
        part[name] = value
    return whole


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("@timestamp", GONE),
        ("@timestamp", "2026-12-07 09:30"),
        ("ecs", {}),
        ("session", {"id": "a custom field beside those of the schema"}),
        ("event/category", ["sessions"]),
        ("event/type", ["creation"]),
        ("event/type", GONE),
        ("event/outcome", "ok"),
        ("event/id", 4),
        ("user/uid", "42"),
        ("related", GONE),
    ],
)
def test_an_ecs_document_that_is_none_is_noticed(path, value):
    assert ecs_problems(changed(LOGIN["ecs"], path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("user", GONE),
        ("service", GONE),
        ("metadata", GONE),
        ("metadata/product", {"name": "sessiond"}),
        ("severity_id", GONE),
        ("activity_id", 7),
        ("type_uid", 300202),
        ("category_uid", 4),
        ("time", "2026-12-07T09:30:00Z"),
        ("session/expires", 1),
        ("source", "an attribute that the class has not"),
    ],
)
def test_an_ocsf_event_that_is_none_is_noticed(path, value):
    assert ocsf_problems(changed(LOGIN["ocsf"], path, value))


def test_a_base_event_has_no_user():
    assert ocsf_problems(changed(REJECTED["ocsf"], "user", {"uid": "42"}))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_vector_is_an_event_and_what_the_schemas_want(vector):
    check(vector["event"], "event.json")
    assert ecs_problems(vector["ecs"]) == []
    assert ocsf_problems(vector["ocsf"]) == []
    assert vector["ocsf"]["metadata"]["version"] == OCSF_VERSION
    assert "\n" not in vector["text"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_nothing_of_an_events_data_gets_lost(vector):
    for document in (vector["ecs"], vector["ocsf"]):
        words = list(leaves(document))
        for name, value in vector["event"]["data"].items():
            if name == "expires_at":
                assert ("expiration_time" in words or value in words) == (value is not None)
            else:
                assert all(leaf in words for leaf in leaves(value) if leaf is not None), name


def leaves(value):
    """All names and values in a document."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for element in value:
            yield from leaves(element)
    else:
        yield value
