"""Foreign formats: one a file; each knows its own format and the draft that it makes, and no other."""
