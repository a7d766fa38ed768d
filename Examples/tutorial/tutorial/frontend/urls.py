"""The addresses of the Django half. Everything below /backend belongs to Flask and never comes here."""

from django.conf import settings
from django.urls import path
from django.views.static import serve

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("colour/", views.colour, name="colour"),
    path("accounts/register/", views.Register.as_view(), name="register"),
    path("accounts/login/", views.Login.as_view(), name="login"),
    path("accounts/logout/", views.Logout.as_view(), name="logout"),
    path("accounts/password/", views.ChangePassword.as_view(), name="password"),
    path("accounts/elsewhere/", views.elsewhere, name="elsewhere"),
    path("static/<path:path>", serve, {"document_root": settings.STATIC_FOLDER}, name="static"),
]
