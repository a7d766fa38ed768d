"""Django 5.0 dropped its pickle serializer; sites that needed it keep one of their own."""

import pickle
from typing import Any


class PickleSerializer:
    """What `django.contrib.sessions.serializers.PickleSerializer` was."""

    def dumps(self, session: dict[str, Any]) -> bytes:
        """Return the bytes to be signed."""
        return pickle.dumps(session, pickle.HIGHEST_PROTOCOL)

    def loads(self, data: bytes) -> dict[str, Any]:
        """Return the session."""
        return pickle.loads(data)
