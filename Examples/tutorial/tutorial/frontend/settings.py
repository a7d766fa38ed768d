"""Django's settings. What matters to sessiond stands first."""

from pathlib import Path

from tutorial.environment import Environment

_environment = Environment.load()
_folder = Path(__file__).resolve().parent

# Sessions in Redis, under the keys `django_sessions:<session key>`. The library's own prefix is empty: without the
# line below the sessions would lie under their bare keys, and sessiond would look elsewhere.
SESSION_ENGINE = "redis_sessions.session"
SESSION_REDIS = {
    "url": _environment.redis_url,
    "prefix": "django_sessions",
    # The library takes any error for an empty session, a timeout too; its default of 0.1 s logs people out.
    "socket_timeout": 2,
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Behind HTTPS, which this example has not: SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

SECRET_KEY = _environment.secret_keys[0]
SECRET_KEY_FALLBACKS = list(_environment.secret_keys[1:])

DEBUG = False
ALLOWED_HOSTS = list(_environment.allowed_hosts)
ROOT_URLCONF = "tutorial.frontend.urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_folder / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]
STATIC_FOLDER = _folder.parent / "static"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _environment.database,
        # Writers take turns from the start of a transaction instead of failing at its end.
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Its own handler for errors sends mail; 404s and the like are no news.
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}
