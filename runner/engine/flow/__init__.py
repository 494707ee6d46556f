"""The heart: how a collection is run, as a generator without I/O. It yields wishes and events, and returns a result.

    Send(request)        → Exchange | TransportError
    Authorize(grant)     → Authorized
    Wait(seconds)        → None
    Together(flows)      → None, as soon as the first flow that is not told has ended
    any other event      → None

Drivers (`runtime.execute`) grant the wishes with real sockets; tests grant them by hand.

    session ◀── scopes · gathering ◀── turns ◀── request ◀── together ◀── collection
"""

from __future__ import annotations

from runner.engine.flow.collection import run_collection, scopes
from runner.engine.flow.request import path_of, run_step, slim
from runner.engine.flow.session import FAIL_FAST, INTERRUPTED, Effect, Session

__all__ = [
    "FAIL_FAST",
    "INTERRUPTED",
    "Effect",
    "Session",
    "path_of",
    "run_collection",
    "run_step",
    "scopes",
    "slim",
]
