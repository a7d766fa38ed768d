"""The clients of a process, made by Django's settings."""

from __future__ import annotations

import functools
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from .. import aio
from .._client import Client


@functools.cache
def client() -> Client:
    """Return the process's client, which all its threads share."""
    socket_path, timeout, pool_size = _arguments()
    return Client(socket_path, timeout, pool_size=pool_size)


@functools.cache
def aclient() -> aio.Client:
    """Return the client of the process's event loop."""
    socket_path, timeout, pool_size = _arguments()
    return aio.Client(socket_path, timeout, pool_size=pool_size)


def _arguments() -> tuple[Any, Any, Any]:
    return (
        getattr(settings, "SESSIOND_SOCKET", None),
        getattr(settings, "SESSIOND_TIMEOUT", 2.0),
        getattr(settings, "SESSIOND_POOL_SIZE", 8),
    )


def _forget(*, setting: str, **_: Any) -> None:
    """Let tests that override settings have clients of their own."""
    if setting.startswith("SESSIOND_"):
        if client.cache_info().currsize:
            client().close()
        client.cache_clear()
        aclient.cache_clear()


setting_changed.connect(_forget)
