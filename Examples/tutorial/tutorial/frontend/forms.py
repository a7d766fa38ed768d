"""Django's own forms, with a field of ours each where the tutorial needs one."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm

COLOURS = ["red", "green", "blue", "violet"]


class LoginForm(AuthenticationForm):
    """Name and password, and for how long to stay logged in."""

    expires_in = forms.IntegerField(
        label="Log me out after this many seconds",
        required=False,
        min_value=1,
        max_value=1_209_600,
        help_text="Empty: two weeks, as Django does by default. A small number lets you watch a session expire.",
    )


class ColourForm(forms.Form):
    """A favourite colour, which is kept in the session."""

    colour = forms.ChoiceField(choices=[(colour, colour) for colour in COLOURS])
