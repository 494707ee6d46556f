"""Runs declarative HTTP request files.

The public names are loaded when they are first used, so that `import runner` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.version import __version__

#: Public name → the module that defines it.
_HOMES = {
    "Collection": "runner.language.model",
    "Diagnostic": "runner.diagnostics",
    "Event": "runner.engine.events",
    "Exchange": "runner.engine.exchange",
    "Listener": "runner.engine.events",
    "Outcome": "runner.engine.results",
    "Request": "runner.engine.exchange",
    "Response": "runner.engine.exchange",
    "RunResult": "runner.engine.results",
    "RunnerError": "runner.errors",
    "StepResult": "runner.engine.results",
    "Verdict": "runner.engine.results",
    "check": "runner.api",
    "load": "runner.api",
    "loads": "runner.api",
    "make_plan": "runner.api",
    "run": "runner.api",
    "stream": "runner.api",
}

__all__ = [
    "Collection",
    "Diagnostic",
    "Event",
    "Exchange",
    "Listener",
    "Outcome",
    "Request",
    "Response",
    "RunResult",
    "RunnerError",
    "StepResult",
    "Verdict",
    "__version__",
    "check",
    "load",
    "loads",
    "make_plan",
    "run",
    "stream",
]

if TYPE_CHECKING:
    from runner.api import check, load, loads, make_plan, run, stream
    from runner.diagnostics import Diagnostic
    from runner.engine.events import Event, Listener
    from runner.engine.exchange import Exchange, Request, Response
    from runner.engine.results import Outcome, RunResult, StepResult, Verdict
    from runner.errors import RunnerError
    from runner.language.model import Collection


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'runner' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
