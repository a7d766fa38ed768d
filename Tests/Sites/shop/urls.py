"""The addresses of the site: a path for each step."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.who),
    path("register", views.register),
    path("login", views.log_in),
    path("logout", views.log_out),
    path("password", views.change_password),
    path("keep", views.keep),
    path("keep-things", views.keep_things),
    path("overwrite-with-number", views.overwrite_with_number),
]
