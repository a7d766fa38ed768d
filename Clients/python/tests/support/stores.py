"""Session stores of a project's own, as projects have them."""

from __future__ import annotations

import redis_sessions.session


class ShopStore(redis_sessions.session.SessionStore):
    """Signs with another salt than Django's, since the salt holds the name of the class."""


SessionStore = ShopStore
