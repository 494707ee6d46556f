"""The heart: how a collection is run, as a generator without I/O. It yields wishes and events, and returns a result.

    Send(request)        → Exchange | TransportError
    Authorize(grant)     → Authorized
    Wait(seconds)        → None
    any other event      → None

Drivers (`runtime.execute`) grant the wishes with real sockets; tests grant them by hand.

    session ◀── scopes ◀── turns ◀── request ◀── collection
"""

from __future__ import annotations

from runner.engine.flow.collection import run_collection, scopes, slim
from runner.engine.flow.request import origin, path_of, run_step, send
from runner.engine.flow.session import FAIL_FAST, INTERRUPTED, Authorize, Authorized, Effect, Session

__all__ = [
    "FAIL_FAST",
    "INTERRUPTED",
    "Authorize",
    "Authorized",
    "Effect",
    "Session",
    "origin",
    "path_of",
    "run_collection",
    "run_step",
    "scopes",
    "send",
    "slim",
]
