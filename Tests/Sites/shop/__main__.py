"""Start the site on any free port: `python -m shop`, with settings in JSON in $SHOP_SETTINGS."""

import os
import signal
import threading

from cheroot.wsgi import WSGIServer


def main() -> None:
    """Make the tables, then serve until SIGTERM."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    call_command("migrate", run_syncdb=True, verbosity=0)
    server = WSGIServer(("127.0.0.1", 0), application, numthreads=2, shutdown_timeout=1)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    print(f"serving http://127.0.0.1:{server.bind_addr[1]}", flush=True)
    signal.sigwait({signal.SIGTERM})
    server.stop()
    thread.join()


if __name__ == "__main__":
    main()
