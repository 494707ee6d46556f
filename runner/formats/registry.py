"""Which foreign formats there are; their modules are imported when they are used. It knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from runner.diagnostics import did_you_mean
from runner.errors import UsageError

GROUP = "runner.formats"

#: Format → what it is, for `import --help`. Its module has the same name, or that of `_MODULES`, and a function `load`.
IMPORTS: Mapping[str, str] = {
    "curl": "curl commands, one or many",
    "postman": "Postman collections, v2.0 and v2.1",
    "openapi": "OpenAPI documents, 2.0, 3.0 and 3.1",
    "har": "HAR files, a browser's export",
    "bruno": "Bruno folders (.bru) and OpenCollection YAML",
    "http": ".http files of VS Code and JetBrains",
    "insomnia": "Insomnia exports",
    "hurl": "Hurl files",
}

#: Formats whose module has another name: by what it does.
_MODULES: Mapping[tuple[str, str], str] = {("http", "load"): "http_files", ("openapi", "dump"): "openapi_export"}

#: Format → what it is, for `export --help`. Its module has a function `dump`.
EXPORTS: Mapping[str, str] = {
    "curl": "a shell script of curl commands",
    "postman": "a Postman collection, v2.1",
    "openapi": "the skeleton of an OpenAPI document",
    "python": "a Python script with httpx",
}


def function(format_name: str, wanted: str) -> Callable[..., Any]:
    """The function `load` or `dump` of a format, built in or a plugin's.

    Raises:
        UsageError: nobody knows the format, or it cannot do that.
    """
    table = IMPORTS if wanted == "load" else EXPORTS
    own = _MODULES.get((format_name, wanted), format_name)
    module: Any = import_module(f"runner.formats.{own}") if format_name in table else _plugin(format_name)
    found = getattr(module, wanted, None)
    if found is None:
        verb = "imported" if wanted == "load" else "exported"
        misspelt = format_name not in IMPORTS and format_name not in EXPORTS
        hint = (did_you_mean(format_name, table) if misspelt else "") or f"known: {', '.join(table)}"
        raise UsageError(f"the format '{format_name}' cannot be {verb}: {hint}")
    chosen: Callable[..., Any] = found
    return chosen


def _plugin(name: str) -> Any:
    """The module of an entry point of this name; None where there is none. Looking takes 30 ms."""
    from importlib.metadata import entry_points

    found = next(iter(entry_points(group=GROUP, name=name)), None)
    return found.load() if found else None
