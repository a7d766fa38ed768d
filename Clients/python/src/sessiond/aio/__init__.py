"""The client for asyncio: the names, answers and errors of `sessiond.Client`, to be awaited.

>>> from sessiond import aio
>>> async with aio.Client() as client:
...     who = await client.identity(session_key)
...     if who:
...         print("user", who.user_id)
"""

from ._client import Client
from ._events import EventStream

__all__ = ["Client", "EventStream"]
