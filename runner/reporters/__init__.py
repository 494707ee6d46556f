"""Floor 4: one output a file; listeners of events."""
