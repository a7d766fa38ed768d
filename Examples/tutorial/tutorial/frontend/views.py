"""Registration, login, logout, password change, and a page that writes to the session of whoever is not logged in."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import FormView

import sessiond

from .forms import ColourForm, LoginForm


@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Say who Django thinks you are."""
    chosen = request.session.get("colour")
    form = ColourForm(initial={"colour": chosen})
    shown = {"form": form, "colour": chosen, "changed": "changed" in request.GET, "ended": request.GET.get("ended")}
    return render(request, "home.html", shown)


@require_POST
def colour(request: HttpRequest) -> HttpResponse:
    """Keep a colour in the session: before a login this makes an anonymous session, which the login then takes over."""
    form = ColourForm(request.POST)
    if form.is_valid():
        request.session["colour"] = form.cleaned_data["colour"]
    return redirect("home")


@require_POST
@login_required
def elsewhere(request: HttpRequest) -> HttpResponse:
    """End all other sessions of whoever asks, by way of sessiond."""
    with sessiond.Client() as client:
        ended = client.revoke_user(request.user.pk, except_key=request.session.session_key)
    return redirect(f"/?ended={ended}")


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Register(FormView):
    """Make a user. It does not log them in, so that each login is a step of its own."""

    form_class = UserCreationForm
    template_name = "form.html"
    extra_context = {"title": "Register", "button": "Register"}

    def form_valid(self, form: UserCreationForm) -> HttpResponse:
        """Save the user and go on to the login page."""
        form.save()
        return redirect("/accounts/login/?registered=1")


class Login(LoginView):
    """Log somebody in; over somebody else's session this is a change of user."""

    authentication_form = LoginForm
    template_name = "login.html"

    def form_valid(self, form: LoginForm) -> HttpResponse:
        """Log in, and let the session end when the user asked for it."""
        response = super().form_valid(form)
        seconds = form.cleaned_data.get("expires_in")
        if seconds:
            self.request.session.set_expiry(seconds)
        return response


class Logout(LogoutView):
    """Log out by POST. GET shows a button, since Flask's pages can link here but have no CSRF token of Django's."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the button."""
        return render(request, "form.html", {"title": "Log out", "button": "Log out"})


class ChangePassword(PasswordChangeView):
    """Change the password. Django moves the session to a new key and keeps this browser logged in."""

    template_name = "form.html"
    success_url = "/?changed=1"
    extra_context = {"title": "Change password", "button": "Change password"}
