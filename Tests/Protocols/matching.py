"""Compares a message with what a vector expects; the matchers are described in `Protocols/vectors/README.md`."""

import re

MATCHERS = {"$any", "$match", "$type", "$absent", "$n", "$save", "$unordered", "$contains"}
TYPES = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


class Absent:
    def __repr__(self):
        return "nothing"


ABSENT = Absent()


def mismatch(expected, actual, saved, number=None, path="$"):
    """The first difference in words, or None. Fills `saved` on the way; `number` is what `$n` stands for."""
    if is_matcher(expected):
        return _matcher(expected, actual, saved, number, path)
    if isinstance(expected, dict):
        return _object(expected, actual, saved, number, path)
    if isinstance(expected, list):
        return _array(expected, actual, saved, number, path)
    if type(expected) is not type(actual) or expected != actual:
        return f"{path}: expected {expected!r}, got {actual!r}"
    return None


def is_matcher(expected):
    return isinstance(expected, dict) and bool(expected) and expected.keys() <= MATCHERS


def substitute(value, saved):
    """The message to be sent: `{"$use": name}` becomes what an earlier answer had there."""
    if isinstance(value, dict):
        if value.keys() == {"$use"}:
            return saved[value["$use"]]
        return {name: substitute(member, saved) for name, member in value.items()}
    if isinstance(value, list):
        return [substitute(element, saved) for element in value]
    return value


def _matcher(expected, actual, saved, number, path):
    if "$absent" in expected:
        return None if actual is ABSENT else f"{path}: expected nothing, got {actual!r}"
    if actual is ABSENT:
        return f"{path}: is missing"
    if "$type" in expected and not TYPES[expected["$type"]](actual):
        return f"{path}: expected a value of type {expected['$type']}, got {actual!r}"
    if "$match" in expected and not (isinstance(actual, str) and re.fullmatch(expected["$match"], actual)):
        return f"{path}: expected text like {expected['$match']!r}, got {actual!r}"
    if "$n" in expected:
        return mismatch(number, actual, saved, number, path)
    if "$unordered" in expected or "$contains" in expected:
        return _set(expected, actual, saved, number, path)
    if "$save" in expected:
        saved[expected["$save"]] = actual
    return None


def _object(expected, actual, saved, number, path):
    if not isinstance(actual, dict):
        return f"{path}: expected an object, got {actual!r}"
    names = [name for name in expected if name != "$more"]
    for name in names:
        problem = mismatch(expected[name], actual.get(name, ABSENT), saved, number, f"{path}.{name}")
        if problem:
            return problem
    extra = actual.keys() - set(names)
    if extra and not expected.get("$more"):
        return f"{path}: has members that were not expected: {sorted(extra)}"
    return None


def _array(expected, actual, saved, number, path):
    if not isinstance(actual, list):
        return f"{path}: expected an array, got {actual!r}"
    if len(expected) != len(actual):
        return f"{path}: expected {len(expected)} elements, got {len(actual)}: {actual!r}"
    problems = (
        mismatch(want, have, saved, number, f"{path}[{place}]")
        for place, (want, have) in enumerate(zip(expected, actual, strict=True))
    )
    return next((problem for problem in problems if problem), None)


def _set(expected, actual, saved, number, path):
    """Every element that is wanted must be there, each another one; `$unordered` allows none beside them."""
    wanted = expected.get("$unordered", expected.get("$contains"))
    if not isinstance(actual, list):
        return f"{path}: expected an array, got {actual!r}"
    rest = list(actual)
    for want in wanted:
        found = next((have for have in rest if mismatch(want, have, {}, number) is None), ABSENT)
        if found is ABSENT:
            return f"{path}: nothing like {want!r} among {rest!r}"
        mismatch(want, found, saved, number, path)
        rest.remove(found)
    if rest and "$unordered" in expected:
        return f"{path}: has elements that were not expected: {rest!r}"
    return None
