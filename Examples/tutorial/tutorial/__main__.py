"""Start the site: `python -m tutorial --host 127.0.0.1 --port 8080`."""

from __future__ import annotations

import argparse
import os
import sys

from .environment import Environment, EnvironmentProblem


def main() -> int:
    """Migrate the database, then serve until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m tutorial", description="Django at /, Flask at /backend.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="0 takes any that is free (default: %(default)s)")
    options = parser.parse_args()
    try:
        Environment.load()
    except EnvironmentProblem as problem:
        print(f"tutorial: {problem}", file=sys.stderr)
        return 2

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutorial.frontend.settings")
    # Django reads its settings when it is first imported from.
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    frontend = get_wsgi_application()
    call_command("migrate", verbosity=0)

    import sessiond

    from .backend import create_app
    from .backend.presence import Presence
    from .server import serve

    with sessiond.Client() as client:
        presence = Presence(client)
        try:
            serve(options.host, options.port, frontend, create_app(presence), presence)
        except OSError as error:
            print(f"tutorial: cannot serve on {options.host}:{options.port}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
