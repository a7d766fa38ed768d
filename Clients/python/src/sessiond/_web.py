"""What the integrations of web frameworks share. It knows no framework."""

from __future__ import annotations

import math
from typing import Optional

from ._errors import SessiondError
from ._model import Identity

#: What sessiond takes for a session key at most; nobody has a longer one.
SESSION_KEY_BYTES_MAX = 512
#: Where there is no cookie that could be a session's, nobody is asked.
NOBODY = Identity(False, reason="unknown")
#: What is told to a visitor of whom it is not known who it is.
CANNOT_TELL = "It cannot be told just now whether you are logged in. Please try again in a moment."


def usable_session_key(cookie: Optional[str]) -> Optional[str]:
    """Return a cookie's value where it can be a session key, else None."""
    if not cookie or len(cookie.encode("utf-8", "surrogatepass")) > SESSION_KEY_BYTES_MAX:
        return None
    return cookie


def retry_after(error: SessiondError) -> int:
    """Return the whole seconds of a Retry-After header, at least 1."""
    return max(1, math.ceil(error.retry_after or 1))
