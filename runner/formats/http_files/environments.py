"""Environments of a .http file: JetBrains' `http-client.env.json`, VS Code's settings, files that are named with -e."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from posixpath import join
from typing import Any

from runner.formats.draft import Choices, Data, Foreign, ForeignFault
from runner.formats.foreign_yaml import mapping
from runner.formats.http_files.context import Context
from runner.formats.json_text import without_comments
from runner.formats.texts import literals

_PUBLIC = ("http-client.env.json", "rest-client.env.json")
_PRIVATE = ("http-client.private.env.json", "rest-client.private.env.json")
_SETTINGS = ".vscode/settings.json"
_KEY = "rest-client.environmentVariables"
_SHARED = "$shared"
#: Keys of JetBrains' environments that are no variables.
_NO_VARIABLES = frozenset({"Security", "SSLConfiguration"})
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


def collect(foreign: Foreign, folder: str, choices: Choices, context: Context) -> tuple[Data, dict[str, Data]]:
    """The variables that all environments share, and each environment's.

    Raises:
        ForeignFault: a file of them is no JSON.
    """
    shared: Data = {}
    found: dict[str, Data] = {}
    for name, data in _files(foreign, folder):
        private = name.rpartition("/")[2] in _PRIVATE
        for environment, variables in data.items():
            target = shared if environment == _SHARED else found.setdefault(environment, {})
            _put(mapping(variables), target, name, environment, private, context)
    for stem, text in choices.environments:
        _named(stem, text, found, context)
    return shared, found


def _files(foreign: Foreign, folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in (*_PUBLIC, *_PRIVATE):
        text = _text(foreign, join(folder, name))
        if text:
            yield name, mapping(_json(text, name))
    settings = _text(foreign, join(folder, _SETTINGS)) or _text(foreign, _SETTINGS)
    if settings:
        yield _SETTINGS, mapping(mapping(_json(settings, _SETTINGS)).get(_KEY))


def _text(foreign: Foreign, path: str) -> str:
    try:
        return foreign.read(path)
    except ValueError:
        return ""  # it is not there, as in most folders


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(_TRAILING_COMMA.sub("", without_comments(text)))
    except (ValueError, RecursionError) as error:
        raise ForeignFault(f"{name} is no JSON: {error}") from None


def _put(
    variables: dict[str, Any], target: Data, file: str, environment: str, private: bool, context: Context
) -> None:  # fmt: skip
    for name, value in variables.items():
        if name in _NO_VARIABLES:
            why = "it is no variable; how requests sign in is written with `auth`"
            context.imported.lose(file, f"'{name}' of the environment '{environment}'", why, "write an `auth` block")
            continue
        ours = context.names(name)
        if private:
            context.private.add(ours)
        target[ours] = _value(value, context)


def _value(value: Any, context: Context) -> Any:
    return context.text(value, 0) if isinstance(value, str) else literals(value)


def _named(stem: str, text: str, found: dict[str, Data], context: Context) -> None:
    """A file of the command line: environments by name, the variables of one, or lines `NAME=value`."""
    if text.lstrip().startswith("{"):
        data = mapping(_json(text, stem))
        nested = data and all(isinstance(value, dict) for value in data.values())
        for name, variables in data.items() if nested else [(stem, data)]:
            _put(mapping(variables), found.setdefault(name, {}), stem, name, False, context)
        return
    target = found.setdefault(stem, {})
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not line.lstrip().startswith("#"):
            target[context.names(name.strip())] = _value(value.strip().strip("'\""), context)
