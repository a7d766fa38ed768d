"""The Django half: people, passwords and sessions."""
