"""The embedded server of `runner demo`: a token endpoint and a Graph-like API on loopback.

It stands in for the real services and is no part of the engine: it imports its own modules and the standard
library, nothing else.
"""

from __future__ import annotations

from pathlib import Path

from runner.demo.server import DemoServer

#: The collection that `runner demo` runs; the same bytes as `requests/graph.yaml` in the repository.
GRAPH_FILE = Path(__file__).with_name("graph.yaml")

__all__ = ["GRAPH_FILE", "DemoServer"]
