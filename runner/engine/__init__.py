"""Floor 2: what a run is, without I/O: plans, flows that yield wishes, verdicts, results, events."""
