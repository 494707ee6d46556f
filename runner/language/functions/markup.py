"""XML as values: elements become objects, so that an expression can look into them.

    <user id="7"><name>Ada</name><tag>a</tag><tag>b</tag></user>
    {"user": {"@id": "7", "name": "Ada", "tag": ["a", "b"]}}

Read with Python's expat. A document type is refused: entities, the bombs among them (CWE-776) and those that name files
(CWE-611), can be declared nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.language.functions.signature import Refused, text_function
from runner.language.values import MAX_DEPTH, Value


@text_function("string|bytes")
def xml(text: str | bytes) -> Value:
    """An XML document as an object: attributes are `@name`, text beside them `#text`, repeated elements arrays."""
    from xml.parsers import expat

    # Text was decoded already, whatever encoding it names; bytes say it themselves (RFC 7303 § 3).
    content, encoding = (text.encode(), "utf-8") if isinstance(text, str) else (text, None)
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    reader = _Reader()
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise Refused(f"wants XML, its 1st argument is not: {place}: {reason}", 0) from None
    except (LookupError, ValueError) as error:  # of the encoding that the document names
        raise Refused(f"cannot decode its 1st argument: {error}", 0) from None
    return reader.document


class _Reader:
    """What expat tells, put together: one open element below another."""

    def __init__(self) -> None:
        self.document: dict[str, Value] = {}
        self._open: list[tuple[dict[str, Value], list[str]]] = [(self.document, [])]

    def doctype(self, *_: Any) -> None:
        raise Refused("does not read XML with a document type (<!DOCTYPE …>): it could declare entities", 0)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise Refused(f"does not read XML that is nested deeper than {MAX_DEPTH} levels", 0)
        self._open.append(({f"@{key}": value for key, value in attributes.items()}, []))

    def characters(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, name: str) -> None:
        element, texts = self._open.pop()
        text = "".join(texts).strip()
        if element and text:
            element["#text"] = text
        _add(self._open[-1][0], name, element or text or None)


def _add(parent: dict[str, Value], name: str, value: Value) -> None:
    """A child; of a name that comes more than once, the list of all."""
    if name not in parent:
        parent[name] = value
    elif isinstance(parent[name], list):
        parent[name].append(value)
    else:
        parent[name] = [parent[name], value]
