"""A site of two halves: Django logs people in, Flask asks sessiond who they are."""
