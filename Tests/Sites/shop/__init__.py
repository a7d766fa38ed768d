"""A site of Django's whose every step is one request, with sessions wherever its settings put them."""
