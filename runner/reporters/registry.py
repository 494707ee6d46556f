"""Which formats of reports there are; their modules are imported when they are used. It knows none of them.

A reporter is made by a callable that is given the text stream it writes to, and is a Listener. With an attribute
`streams` that is true it is shown on standard output as it comes; else there, and in a file always, it is worth
something only as a whole. With `followed` its file is read while it grows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TextIO

from runner.diagnostics import did_you_mean
from runner.engine.events import Listener
from runner.errors import UsageError

GROUP = "runner.reporters"
CONSOLE = "console"

#: Format → its module and what `run --help` says of it. The module has a class `Reporter`.
FORMATS: Mapping[str, tuple[str, str]] = {
    "json": ("json_report", "the whole run as one JSON document"),
    "ndjson": ("ndjson", "events as they happen, a JSON object a line"),
    "junit": ("junit", "JUnit XML for GitLab, Jenkins and others"),
    "tap": ("tap", "the Test Anything Protocol, version 14"),
    "github": ("github", "annotations, log and job summary of GitHub Actions"),
    "markdown": ("markdown", "a summary for people"),
    "har": ("har", "every exchange, as browsers export them"),
    "curl": ("curl", "a shell script that sends the same requests"),
}

Factory = Callable[[TextIO], Listener]


def factory(name: str) -> Factory:
    """What makes a reporter, built in or a plugin's.

    Raises:
        UsageError: nobody knows the format, or its plugin cannot be imported.
    """
    known = FORMATS.get(name)
    if known is not None:
        built_in: Factory = import_module(f"runner.reporters.{known[0]}").Reporter
        return built_in
    return _plugin(name)


def as_it_comes(make: Factory, is_file: bool) -> bool:
    """Whether what it writes is to be there at once, in a file or on standard output."""
    return bool(getattr(make, "followed" if is_file else "streams", False))


def _plugin(name: str) -> Factory:
    """What an entry point of this name gives. Looking for it takes 30 ms."""
    from importlib.metadata import entry_points

    found = entry_points(group=GROUP)
    entry = next((entry for entry in found if entry.name == name), None)
    if entry is None:
        names = [CONSOLE, *FORMATS, *found.names]
        hint = did_you_mean(name, names) or f"known: {', '.join(names)}"
        raise UsageError(f"--report: unknown format '{name}': {hint}")
    try:
        loaded: Any = entry.load()
    except Exception as error:
        raise UsageError(f"--report {name}: its plugin cannot be imported: {type(error).__name__}: {error}") from error
    if not callable(loaded):
        raise UsageError(f"--report {name}: its plugin '{entry.value}' is no callable that takes a stream")
    plugin: Factory = loaded
    return plugin
