"""The built daemon, and a folder for each test."""

pytest_plugins = ["daemon_fixtures"]
