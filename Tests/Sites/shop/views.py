"""A view for each thing that a site does with sessions. They take form fields and answer in JSON."""

import json

from django.contrib.auth import authenticate, get_user_model, login, logout, update_session_auth_hash
from django.core.cache import cache
from django.http import HttpRequest, JsonResponse

from .things import THINGS


def who(request: HttpRequest) -> JsonResponse:
    """Say who Django thinks you are."""
    return _answer(request)


def register(request: HttpRequest) -> JsonResponse:
    """Make a user, without logging them in."""
    user = get_user_model().objects.create_user(request.POST["name"], password=request.POST["password"])
    return JsonResponse({"user_id": str(user.pk)})


def log_in(request: HttpRequest) -> JsonResponse:
    """Log a user in, for `expires_in` seconds where that is given."""
    user = authenticate(request, username=request.POST["name"], password=request.POST["password"])
    login(request, user)
    if "expires_in" in request.POST:
        request.session.set_expiry(int(request.POST["expires_in"]))
    return _answer(request)


def log_out(request: HttpRequest) -> JsonResponse:
    """Log out."""
    logout(request)
    return _answer(request)


def change_password(request: HttpRequest) -> JsonResponse:
    """Change the password and stay logged in here, as Django's own view does."""
    request.user.set_password(request.POST["password"])
    request.user.save()
    update_session_auth_hash(request, request.user)
    return _answer(request)


def keep(request: HttpRequest) -> JsonResponse:
    """Write JSON values to the session."""
    request.session.update({name: json.loads(value) for name, value in request.POST.items()})
    return _answer(request)


def keep_things(request: HttpRequest) -> JsonResponse:
    """Write what a serializer can keep to the session."""
    request.session["things"] = {thing.name: thing.value for thing in THINGS[request.POST["serializer"]]}
    return _answer(request)


def overwrite_with_number(request: HttpRequest) -> JsonResponse:
    """Count under the session's own key in the cache, which leaves a bare integer there."""
    cache.set(request.session.cache_key, 1)
    return JsonResponse({"count": cache.incr(request.session.cache_key)})


def _answer(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"user_id": None if request.user.pk is None else str(request.user.pk)})
