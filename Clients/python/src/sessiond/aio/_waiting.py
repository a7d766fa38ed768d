"""Waiting for a future within a deadline of the monotonic clock, without a task and without losing what comes last."""

from __future__ import annotations

import asyncio
import time


async def wait(future: asyncio.Future[bool], deadline: float) -> bool:
    """Wait for a future; False where the deadline came first. Unlike `asyncio.wait_for` it cancels nothing."""
    loop = asyncio.get_running_loop()
    timer = loop.call_later(max(0.0, deadline - time.monotonic()), settle, future, False)
    try:
        return await future
    finally:
        timer.cancel()


def settle(future: asyncio.Future[bool], result: bool) -> None:
    """Give a future its result, unless it has one."""
    if not future.done():
        future.set_result(result)
