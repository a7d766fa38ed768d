"""The application, for the sake of its management command."""

from django.apps import AppConfig


class SessiondConfig(AppConfig):
    """Has no models; its label is not `django`, as its name would make it."""

    name = "sessiond.django"
    label = "sessiond"
    verbose_name = "sessiond"
