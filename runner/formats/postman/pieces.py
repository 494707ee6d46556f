"""The parts of a request as Postman's collections have them: URL, query, headers, bodies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.formats.draft import Comment, Data, Disabled
from runner.formats.postman.spelling import Spelling

Json = dict[str, Any]
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
#: Content types that Postman gives a raw body by its language.
_LANGUAGES = {
    "application/json": "json", "application/xml": "xml", "text/xml": "xml", "text/html": "html",
    "application/javascript": "javascript",
}  # fmt: skip
BODIES = ("json", "form", "multipart", "text", "file", "graphql")


def entries(given: Mapping[Any, Any]) -> Iterator[tuple[str, Any, bool]]:
    """Names and values of a mapping, lists as an entry each; whether it is switched off."""
    for name, value in given.items():
        if isinstance(name, Disabled):
            for inner, inner_value in name.value.items():
                yield from ((inner, each, True) for each in _listed(inner_value))
        elif not isinstance(name, Comment):
            yield from ((str(name), each, False) for each in _listed(value) if each is not None)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def pairs(given: Mapping[Any, Any], spelling: Spelling) -> list[Json]:
    """Entries as Postman lists them."""
    found = []
    for name, value, disabled in entries(given):
        entry: Json = {"key": spelling.text(name), "value": "" if value is None else spelling.text(value)}
        found.append({**entry, "disabled": True} if disabled else entry)
    return found


# --- URL -----------------------------------------------------------------------------------------------------------


def url(text: str, query: Mapping[Any, Any], values: Mapping[str, str], spelling: Spelling) -> Json:
    """A URL in parts. `values` are the variables of its path."""
    written = spelling.text(text)
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match.group())
        return f"\0{len(held) - 1}\0"

    def give(part: str) -> str:
        return re.sub("\0(\\d+)\0", lambda match: held[int(match[1])], part)

    plain, question, rest = _PLACEHOLDER.sub(hold, written).partition("?")
    protocol, separator, after = plain.partition("://")
    host, slash, path = (after if separator else plain).partition("/")
    name, colon, port = host.rpartition(":")
    found: Json = {"raw": written}
    if separator:
        found["protocol"] = give(protocol)
    found["host"] = [give(part) for part in (name if colon else host).split(".")]
    if colon:
        found["port"] = give(port)
    if slash:
        found["path"] = [_segment(give(part), values) for part in path.split("/")]
    listed = [_written_pair(give(pair)) for pair in rest.split("&")] if question else []
    listed += [pair if pair.get("disabled") else _encoded(pair) for pair in pairs(query, spelling)]
    if listed:
        found["query"] = listed
    found["raw"] = _raw(found)
    if values:
        found["variable"] = [{"key": key, "value": value} for key, value in values.items()]
    return found


def _segment(text: str, values: Mapping[str, str]) -> str:
    match = re.match(r"\{\{(\w+)\}\}(?=\.|$)", text)
    return f":{match[1]}{text[match.end() :]}" if match and match[1] in values else text


def path_values(text: str, candidates: Mapping[str, Any]) -> dict[str, str]:
    """The variables of a request that are nothing but parts of its path."""
    path = text.partition("://")[2] or text
    found = {}
    for segment in path.partition("?")[0].split("/")[1:]:
        match = re.match(r"\{\{(\w+)\}\}(?=\.|$)", segment)
        value = candidates.get(match[1]) if match else None
        if match and isinstance(value, str) and value and "{{" not in value:
            found[match[1]] = value
    return found


def _written_pair(text: str) -> Json:
    key, equals, value = text.partition("=")
    return {"key": key, "value": value if equals else None}


def _encoded(pair: Json) -> Json:
    """What Postman would take for encoded already is encoded."""
    return {**pair, "value": re.sub(r"[%+](?![^{]*\}\})", lambda m: f"%{ord(m.group()):02X}", pair["value"])}


def _raw(parts: Json) -> str:
    protocol = f"{parts['protocol']}://" if "protocol" in parts else ""
    port = f":{parts['port']}" if "port" in parts else ""
    path = "".join(f"/{part}" for part in parts.get("path", ()))
    sent = [pair for pair in parts.get("query", ()) if not pair.get("disabled")]
    query = "&".join(pair["key"] if pair["value"] is None else f"{pair['key']}={pair['value']}" for pair in sent)
    return f"{protocol}{'.'.join(parts['host'])}{port}{path}{'?' if sent else ''}{query}"


# --- bodies --------------------------------------------------------------------------------------------------------


def declared_body(request: Data) -> tuple[str, Any, bool] | None:
    """The body of a request: its key, its value, and whether it is switched off."""
    for key, value in request.items():
        if key in BODIES:
            return key, value, False
        if isinstance(key, Disabled) and isinstance(key.value, Mapping):
            for name in BODIES:
                if name in key.value:
                    return name, key.value[name], True
    return None


def body(key: str, value: Any, content_type: str, spelling: Spelling) -> Json:
    """A body as Postman has it; `content_type` is the request's own, in lower case."""
    if key == "json":
        language = "text" if content_type == "text/plain" else "json"
        return _raw_body(spelling.json(value), language)
    if key == "text":
        return _raw_body(spelling.text(value), _LANGUAGES.get(content_type.partition(";")[0].strip(), "text"))
    if key == "form":
        return {"mode": "urlencoded", "urlencoded": pairs(value, spelling)}
    if key == "multipart":
        return {"mode": "formdata", "formdata": list(_parts(value, spelling))}
    if key == "file":
        return {"mode": "file", "file": {"src": spelling.text(value)}}
    return {"mode": "graphql", "graphql": _graphql(value, spelling)}


def _raw_body(text: str, language: str) -> Json:
    return {"mode": "raw", "raw": text, "options": {"raw": {"language": language}}}


def _parts(value: Mapping[Any, Any], spelling: Spelling) -> Iterator[Json]:
    for name, part, disabled in entries(value):
        entry: Json = {"key": spelling.text(name)}
        if isinstance(part, Mapping) and "file" in part:
            entry |= {"type": "file", "src": spelling.text(part["file"])}
            if "filename" in part:
                entry["fileName"] = spelling.text(part["filename"])
        else:
            own = part.get("value", "") if isinstance(part, Mapping) else part
            structure = isinstance(own, (Mapping, list))
            entry |= {"type": "text", "value": spelling.json(own) if structure else spelling.text(own)}
        if isinstance(part, Mapping) and "content_type" in part:
            entry["contentType"] = spelling.text(part["content_type"])
        yield {**entry, "disabled": True} if disabled else entry


def _graphql(value: Mapping[str, Any], spelling: Spelling) -> Json:
    query = value["query"]
    found: Json = {"query": spelling.text(query) if isinstance(query, str) else ""}
    if "variables" in value:
        found["variables"] = spelling.json(value["variables"])
    if "operation" in value:
        found["operationName"] = spelling.text(value["operation"])
    return found
