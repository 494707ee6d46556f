"""The embedded server of `runner demo`: a token endpoint and a Graph-like API on loopback, and its collection.

It is a stand-in for the real services, not a part of the engine: it imports nothing of this package but its own
modules, and the standard library alone.
"""

from __future__ import annotations

from pathlib import Path

from runner.demo.server import DemoServer

#: The collection that `runner demo` runs; the same bytes as `requests/graph.yaml` in the repository.
GRAPH_FILE = Path(__file__).with_name("graph.yaml")

__all__ = ["GRAPH_FILE", "DemoServer"]
