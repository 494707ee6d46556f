"""A little GraphQL over the directory: queries with arguments, variables and aliases; no fragments, no mutations.

    document ──_Reader──▶ operations ──_answer──▶ {"data": …, "errors": […]}

It is there to be asked, and is no implementation of GraphQL. What it answers is listed in the head of `server`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.demo.messages import Call, Reply, Route, json_reply
from runner.demo.people import Directory, Record

_TOKEN = re.compile(r'(?:[\s,\ufeff]|#[^\n]*)*("(?:\\.|[^"\\])*"|-?[0-9]+|\$?\w+|[{}()\[\]:!=])')
#: Field of a user → the property of the directory that it shows.
_USER = {
    "id": "id", "name": "displayName", "mail": "mail", "title": "jobTitle", "department": "department",
    "office": "officeLocation",
}  # fmt: skip


class _Refused(Exception):
    """The document cannot be answered; the text says why."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    alias: str
    arguments: Mapping[str, Any]
    fields: Sequence[_Field]


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str


class GraphQL:
    """The route."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self) -> list[Route]:
        return [Route("POST", "/graphql", self._serve)]

    def _serve(self, call: Call) -> Reply:
        """200 whatever is in it, as most servers do."""
        try:
            asked = json.loads(call.body)
            operations = _Reader(asked["query"]).operations()
        except (ValueError, KeyError, TypeError):
            return json_reply({"errors": [{"message": "this wants JSON with a text 'query'"}]}, 400)
        except _Refused as refused:
            return json_reply({"errors": [{"message": str(refused)}]})
        name = str(asked.get("operationName") or next(iter(operations), ""))
        if name not in operations:
            return json_reply({"errors": [{"message": f"Unknown operation named '{name}'."}]})
        variables = asked.get("variables")
        return json_reply(self._answer(operations[name], variables if isinstance(variables, dict) else {}))

    def _answer(self, fields: Sequence[_Field], variables: Mapping[str, Any]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        errors: list[dict[str, Any]] = []
        for field in fields:
            try:
                data[field.alias] = self._field(field, _resolved(field.arguments, variables))
            except _Refused as refused:
                data[field.alias] = None
                errors.append({"message": str(refused), "path": [field.alias]})
        return {"data": data, "errors": errors} if errors else {"data": data}

    def _field(self, field: _Field, given: Mapping[str, Any]) -> Any:
        if field.name == "users":
            first = given.get("first")
            if not (first is None or isinstance(first, int)):
                raise _Refused(f"Int cannot represent non-integer value: {json.dumps(first)}")
            return [_user(record, field.fields) for record in self._directory.users()[:first]]
        if field.name == "user":
            record = self._directory.user(str(given.get("id")))
            if record is None:
                raise _Refused(f"there is no user '{given.get('id')}'")
            return _user(record, field.fields)
        raise _Refused(f"Cannot query field '{field.name}' on type 'Query'.")


def _resolved(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    return {k: variables.get(v.name) if isinstance(v, _Variable) else v for k, v in arguments.items()}


def _user(record: Record, fields: Sequence[_Field]) -> dict[str, Any]:
    unknown = next((field.name for field in fields if field.name not in _USER), None)
    if unknown or not fields:
        raise _Refused(f"Cannot query field '{unknown}' on type 'User'." if unknown else "'User' wants its fields.")
    return {field.alias: record.get(_USER[field.name]) for field in fields}


class _Reader:
    """Reads a document, token by token."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._next = 0

    def _take(self, wanted: str = "") -> str:
        token = self._tokens[self._next] if self._next < len(self._tokens) else "<EOF>"
        if wanted and token != wanted:
            raise _Refused(f"Syntax Error: Expected '{wanted}', found '{token}'.")
        self._next += 1
        return token

    def _sees(self, token: str) -> bool:
        return self._tokens[self._next : self._next + 1] == [token]

    def operations(self) -> dict[str, Sequence[_Field]]:
        found: dict[str, Sequence[_Field]] = {}
        while self._next < len(self._tokens):
            name = ""
            if not self._sees("{"):
                self._take("query")
                name = "" if self._sees("{") or self._sees("(") else self._take()
                self._pass_variables()
            found[name] = self._fields()
        return found

    def _pass_variables(self) -> None:
        while not self._sees("{"):
            if self._take() == "<EOF>":
                raise _Refused("Syntax Error: Expected '{', found '<EOF>'.")

    def _fields(self) -> Sequence[_Field]:
        self._take("{")
        fields = []
        while not self._sees("}"):
            fields.append(self._field())
        self._take("}")
        return fields

    def _field(self) -> _Field:
        alias = name = self._take()
        if not re.fullmatch(r"\w+", name):
            raise _Refused(f"Syntax Error: Expected a name, found '{name}'.")
        if self._sees(":"):
            self._take()
            name = self._take()
        arguments = self._arguments() if self._sees("(") else {}
        return _Field(name, alias, arguments, self._fields() if self._sees("{") else ())

    def _arguments(self) -> dict[str, Any]:
        self._take("(")
        given = {}
        while not self._sees(")"):
            name = self._take()
            self._take(":")
            given[name] = _value(self._take())
        self._take(")")
        return given


def _value(token: str) -> Any:
    if token.startswith("$"):
        return _Variable(token[1:])
    try:
        return json.loads(token)
    except ValueError:
        raise _Refused(f"Syntax Error: Unexpected '{token}'.") from None
