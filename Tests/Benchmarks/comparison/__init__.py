"""`make bench`: sessiond beside Redis and beside programs in C, in pairs of the same run."""
