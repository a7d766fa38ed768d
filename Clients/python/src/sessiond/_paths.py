"""Where the daemon's socket lies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Optional


def candidates(environ: Optional[Mapping[str, str]] = None) -> list[str]:
    """List the places where the socket may be, the likeliest first.

    `SESSIOND_SOCKET` alone decides where it is set. Otherwise the order is the daemon's own: `$RUNTIME_DIRECTORY`,
    `/run/sessiond`, `$XDG_RUNTIME_DIR/sessiond`.
    """
    environ = os.environ if environ is None else environ
    named = environ.get("SESSIOND_SOCKET")
    if named:
        return [named]
    # systemd separates several runtime directories by colons.
    folders = [folder for folder in environ.get("RUNTIME_DIRECTORY", "").split(":") if folder]
    paths = [os.path.join(folder, "sessiond.sock") for folder in folders]
    paths.append("/run/sessiond/sessiond.sock")
    user_folder = environ.get("XDG_RUNTIME_DIR")
    if user_folder:
        paths.append(os.path.join(user_folder, "sessiond", "sessiond.sock"))
    return paths


def find_socket(environ: Optional[Mapping[str, str]] = None) -> str:
    """Return the first candidate that exists, or the first candidate: the error of connecting to it says what to do.

    A service's own `$RUNTIME_DIRECTORY` is usually not the daemon's, hence the look.
    """
    paths = candidates(environ)
    return next((path for path in paths if os.path.exists(path)), paths[0])
