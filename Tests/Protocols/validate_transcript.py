#!/usr/bin/env python3
"""Validates recorded lines of the socket: NDJSON on standard input, {"method": …, "line": …} each.

`method` is the method of the request that was answered, a list of methods where the line answers a batch, or null for
what came unasked and for answers to what was no request; `line` is the answer or notification. Exit 1 where a line does
not satisfy its schema, 2 where the transcript is empty or no transcript.
"""

import sys

from protocols import LineError, check_message, parse


def problem_of(record):
    method = record["method"]
    candidates = method if isinstance(method, list) else [method] if method else []
    try:
        check_message(record["line"], candidates)
    except LineError as problem:
        return str(problem)
    return None


def main():
    count, failures = 0, 0
    for number, text in enumerate(sys.stdin.buffer, 1):
        if not text.strip():
            continue
        try:
            record = parse(text.decode("utf-8"))
            problem = problem_of(record)
        except (ValueError, KeyError, TypeError) as error:
            print(f"line {number} is no record of a transcript: {error!r}", file=sys.stderr)
            return 2
        count += 1
        if problem:
            failures += 1
            print(f"line {number}, {record['method'] or 'unasked'}: {problem}\n    {text.decode().strip()}")
    print(f"{count} lines validated, {failures} failed")
    if count == 0:
        return 2
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
