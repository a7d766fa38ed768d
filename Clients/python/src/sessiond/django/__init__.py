"""Django sites that ask sessiond: a middleware, and the command `sessiond_check`.

    INSTALLED_APPS = [..., "sessiond.django"]  # for `manage.py sessiond_check`
    MIDDLEWARE = [..., "sessiond.django.middleware"]

    def index(request):
        return HttpResponse(f"Hello, user {request.sessiond.user_id}")

The middleware is for sites that do not keep the sessions themselves, such as a second Django project next to the one
where people log in. A site that does can ask sessiond for other things, such as `client().revoke_user(...)`.

Settings, none of which has to be there:

- `SESSIOND_SOCKET`: path of the daemon's socket; by default where `sessiond.Client` looks.
- `SESSIOND_TIMEOUT`: seconds for a question, 2.0.
- `SESSIOND_POOL_SIZE`: how many questions may be under way in a process, 8.
- `SESSIOND_COOKIE_NAME`: the SESSION_COOKIE_NAME of the project where people log in; by default this one's.
"""

from ._clients import aclient, client
from ._middleware import middleware

__all__ = ["aclient", "client", "middleware"]
