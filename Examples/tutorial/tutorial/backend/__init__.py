"""The Flask half: it has no users and no database, and asks sessiond who somebody is."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from sessiond.flask import log_out_elsewhere, login_required

from .presence import Presence


def create_app(presence: Presence, socket_path: str | None = None) -> Flask:
    """Make the application; `socket_path` is sessiond's socket, by default where its client looks."""
    app = Flask(__name__)
    app.config.update(SESSIOND_SOCKET=socket_path, SESSIOND_LOGIN_URL="/accounts/login/")

    @app.get("/")
    @login_required
    def whoami() -> str:
        """Say who sessiond says you are."""
        return render_template("whoami.html")

    @app.get("/api/whoami")
    @login_required
    def api_whoami() -> Response:
        """Say the same as JSON."""
        who = g.identity
        return jsonify(
            user_id=g.user_id,
            backend=who.backend,
            session=who.session,
            expires_at=who.expires_at.isoformat() if who.expires_at else None,
        )

    @app.post("/log-out-elsewhere")
    @login_required
    def elsewhere() -> str:
        """End all your other sessions. Django's cookie is SameSite=Lax: no other site's form brings it along."""
        return render_template("whoami.html", ended=log_out_elsewhere())

    @app.get("/online")
    @login_required
    def online() -> str:
        """Show who is online, then what happens."""
        return render_template("online.html", state=presence.state())

    @app.get("/online/events")
    @login_required
    def online_events() -> Response:
        """Stream what happens, as server-sent events."""
        headers = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        if request.method == "HEAD":
            return Response(headers=headers)
        viewer = presence.join(g.identity.session)
        if viewer is None:
            # Each stream occupies a thread of the server: the pages need some too.
            raise ServiceUnavailable("As many people are watching as this server can serve.", retry_after=10)
        response = Response(viewer.messages(), headers=headers)
        # Not in the generator's `finally`: one that was never begun does not run it.
        response.call_on_close(lambda: presence.leave(viewer))
        return response

    @app.errorhandler(HTTPException)
    def trouble(error: HTTPException) -> Any:
        """Show an error as a page, or as JSON to programs."""
        response = error.get_response()
        if request.path.startswith("/api/"):
            response.data, response.mimetype = (
                jsonify(error=error.name, description=error.description).data,
                "application/json",
            )
        elif response.status_code >= 400:
            response.data, response.mimetype = render_template("trouble.html", error=error), "text/html"
        return response

    @app.after_request
    def keep_private(response: Response) -> Response:
        """Keep pages for one person out of every cache."""
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app
