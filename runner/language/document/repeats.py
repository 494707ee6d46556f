"""What repeats a request: `retry`, `poll` and `paginate`."""

from __future__ import annotations

from runner.language.document.reader import Fields, Key, Table
from runner.language.document.response import ResponseReader
from runner.language.document.words import boolean_hint
from runner.language.model import Paginate, Poll, Retry, Setting
from runner.language.syntax import Mapping as MappingNode
from runner.language.syntax import Node, Scalar, Sequence


def retry(reader: ResponseReader, node: Node, key: str) -> Retry | None:
    """`false` and null take an inherited one away: one attempt is made."""
    if isinstance(node, Scalar) and (node.value is False or node.value is None):
        return Retry(attempts=Setting(1, reader.span(node)))
    if not isinstance(node, MappingNode):
        number = isinstance(node, Scalar) and type(node.value) is int
        hint = f"write {key}: {{attempts: {node.text}}}" if isinstance(node, Scalar) and number else boolean_hint(node)
        reader.wrong_type(node, key, "a mapping such as {attempts: 3}, or false", hint)
        return None
    return Retry(**reader.mapping(node, RETRY, f"'{key}'").values)


def poll(reader: ResponseReader, node: Node, key: str) -> Poll | None:
    """All of its keys have defaults: `{}` waits for every assertion."""
    if not isinstance(node, MappingNode):
        reader.wrong_type(node, key, "a mapping such as {until: body.done, timeout: 60s}")
        return None
    return Poll(**reader.mapping(node, POLL, f"'{key}'").values)


def paginate(reader: ResponseReader, node: Node, key: str) -> Paginate | None:
    """`next` is what it cannot do without."""
    if not isinstance(node, MappingNode):
        reader.wrong_type(node, key, "a mapping such as {next: body.next, items: body.items}")
        return None
    values = reader.mapping(node, PAGINATE, f"'{key}'").values
    if not any(name.text == "next" for name, _ in node.entries):
        where = node.entries[0][0] if node.entries else node
        reader.fault(where, f"'{key}' has no 'next'", "the expression that gives the next page's URL")
    return Paginate(**values) if values.get("next") else None


def settings(reader: ResponseReader, node: Node, key: str) -> tuple[Setting, ...]:
    """One value or a list of them, each with its place."""
    items = node.items if isinstance(node, Sequence) else [node]
    return tuple(found for item in items if (found := reader.setting(item, key)) is not None)


def check_repeats(reader: ResponseReader, fields: Fields) -> None:
    """A request is polled or paged through, not both."""
    if "poll" in fields.keys and "paginate" in fields.keys:
        later = max((fields.keys["poll"], fields.keys["paginate"]), key=lambda name: name.start)
        reader.fault(later, "a request has 'poll' or 'paginate', not both", "poll in a request of its own before it")


RETRY: Table = {
    "attempts": Key("attempts", ResponseReader.setting),
    "delay": Key("delay", ResponseReader.setting),
    "backoff": Key("backoff", ResponseReader.setting),
    "statuses": Key("statuses", settings),
    "methods": Key("methods", settings),
}

POLL: Table = {
    "until": Key("until", ResponseReader.response_expression),
    "interval": Key("interval", ResponseReader.setting),
    "timeout": Key("timeout", ResponseReader.setting),
}

PAGINATE: Table = {
    "next": Key("next", ResponseReader.response_expression),
    "items": Key("items", ResponseReader.response_expression),
    "max_pages": Key("max_pages", ResponseReader.setting),
}
