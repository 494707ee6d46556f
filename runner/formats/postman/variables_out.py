"""Variables, secrets and environments of a request file → those of a Postman collection.

Secrets have no value there. What Postman keeps otherwise (a list, null, how a number is written) is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from runner.engine.credentials import holds_credential
from runner.formats.draft import Comment, Data, Disabled, Unique, safe_stem
from runner.formats.postman import pieces
from runner.formats.postman.spelling import Lose, Spelling
from runner.formats.postman.usage import used
from runner.formats.postman.variables import AS_JSON, env_name, is_harmless, snake
from runner.language import template
from runner.language.values import SpelledFloat

Json = dict[str, Any]
#: Keys of a request that hold words for people.
_WORDS = ("name", "description", "skip", "tags")
#: Keys of a request in which a variable is put into text.
_AS_TEXT = ("url", "query", "headers", "cookies", "form", "multipart", "text")
#: Whole numbers beyond it are rounded by JavaScript.
_EXACT = 2**53
_WHOLE_ENV = re.compile(r"\{\{\s*env\.(\w+)\s*\}\}", re.ASCII)
OUTSIDE = "secrets are not written to a file"


class VariablesOut:
    """Writes variables. `looked_into` are names of which parts are asked for, `awaited` those that need a value."""

    def __init__(self, spelling: Spelling, looked_into: Container[str], awaited: Container[str], lose: Lose) -> None:
        self.spelling = spelling
        self.lose = lose
        self._looked_into = looked_into
        self._awaited = awaited

    def all(self, variables: Data, secrets: Data) -> Iterator[Json]:
        """The variables of the collection; of secrets the name alone, and of what a text asks of the environment."""
        for name, value in variables.items():
            if isinstance(name, Disabled):
                yield from ({**self._variable(key, given), "disabled": True} for key, given in name.value.items())
            elif not isinstance(name, Comment) and value is not None:
                yield self._variable(name, value)
            elif isinstance(name, str) and name in self._awaited:
                self.lose(f"the null of '{name}'", "Postman has no null, and leaves {{" + name + "}} as it is")
        for name, value in secrets.items():
            if not isinstance(name, Comment):
                yield self.secret(name, value)
        for name in self.spelling.asked:
            if name not in variables:
                yield {"key": name, "value": "", "description": f"The runner reads it from {{{{env.{name}}}}}"}

    def _variable(self, name: str, value: Any) -> Json:
        whole = _WHOLE_ENV.fullmatch(value) if isinstance(value, str) else None
        if whole is not None:
            return {"key": name, "value": "", "description": f"The runner reads it from {{{{env.{whole[1]}}}}}"}
        if isinstance(value, (bool, int, float)):
            self._tell_of_number(name, value)
            return {"key": name, "value": value}
        if _is_credential(name, value):
            self.lose(f"the value of '{name}'", OUTSIDE, "set it in Postman")
            return {"key": name, "value": "", "type": "secret"}
        if isinstance(value, (dict, list)):
            if name in self._looked_into:
                self.lose(
                    f"what is looked at in '{name}'", "a list or object is a text in Postman", "use JSON.parse there"
                )
            return {"key": name, "value": self.spelling.json(value, indent=None), "description": AS_JSON}
        text = self._text(value)
        if "{{$" in text:
            self.lose(f"the one value of '{name}'", "Postman makes a new one wherever it is used", "set it by a script")
        return {"key": name, "value": text}

    def _tell_of_number(self, name: str, value: Any) -> None:
        is_rounded = isinstance(value, SpelledFloat) or (type(value) is int and abs(value) > _EXACT)
        if is_rounded and str(value) != _of_javascript(value):
            why = "Postman keeps a number, not how it is written"
            self.lose(f"the spelling of '{name}', {value}", why, "put it in quotes")

    def _text(self, value: Any) -> str:
        return "" if value is None else self.spelling.text(value)

    def secret(self, name: str, value: Any) -> Json:
        """A secret: what it is called, and where the runner has it from."""
        found: Json = {"key": name, "value": "", "type": "secret"}
        whole = _WHOLE_ENV.fullmatch(value) if isinstance(value, str) else None
        if whole is None:
            self.lose(f"the value of the secret '{name}'", OUTSIDE, "set it in Postman")
        elif whole[1] != env_name(name):
            found["description"] = f"The runner reads it from {{{{env.{whole[1]}}}}}"
        return found

    def environments(self, given_all: Mapping[str, Data]) -> Iterator[tuple[str, str]]:
        """Each environment as a file: its name and text."""
        stems = Unique()
        for name, given in given_all.items():
            values = []
            for key, value, disabled in pieces.entries(given):
                entry = {**self._variable(key, value), "enabled": not disabled} if value is not None else {"key": key}
                values.append(entry)
            text = json.dumps({"name": name, "values": values, "_postman_variable_scope": "environment"}, indent=2)
            yield f"{stems(safe_stem(name))}.postman_environment.json", text + "\n"


def _of_javascript(value: Any) -> str:
    """A number as JavaScript makes text of it."""
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e21 else repr(number)


def looked_into(value: Any) -> Iterator[str]:
    """Names of variables that more is asked of than their value: in expressions, and in placeholders beside others."""
    if isinstance(value, str) and "{{" in value:
        for placeholder in template.placeholders(value):
            if placeholder.query.tree.root["type"] != "field":
                yield from (name.text for name in (*placeholder.query.names, *placeholder.query.variables))
    elif isinstance(value, Mapping):
        expressions = {key: value[key] for key in ("assert", "capture", "when") if key in value}
        yield from used(expressions).expressions
        yield from used({key: value[key] for key in _AS_TEXT if key in value}).texts
        for name, item in value.items():
            if name not in expressions and name not in _WORDS:
                yield from looked_into(item)
    elif isinstance(value, list):
        for item in value:
            yield from looked_into(item)


def _is_credential(name: str, value: Any) -> bool:
    """Whether a variable is a literal credential."""
    literal = isinstance(value, str) and "{{" not in value and not is_harmless(value)
    return literal and holds_credential(snake(name), value)
