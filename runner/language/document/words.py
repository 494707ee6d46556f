"""What decoding says: what a node is, in words, and hints for what was probably meant."""

from __future__ import annotations

import re

from runner.diagnostics import nearest
from runner.language.syntax import Mapping as MappingNode
from runner.language.syntax import Node, Scalar, Sequence
from runner.language.values import kind

#: Words that YAML 1.1 takes for booleans, and what to write instead.
YAML_11_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def describe(node: Node) -> str:
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, MappingNode):
        return "a mapping"
    names = {"null": "nothing" if not node.text else "null", "string": "text", "number": "a number"}
    described = names.get(kind(node.value), f"{node.text}")
    return f"the number {node.text}" if described == "a number" else described


def quote_hint(node: Node) -> str:
    if isinstance(node, Scalar) and node.text and node.value is not None:
        return f"to send it as text, write '{node.text}' with the quotes"
    return ""


def mapping_hint(node: Node) -> str:
    if isinstance(node, Scalar) and node.plain and re.search(r":\S", node.text):
        return "a ':' needs a space after it"
    return ""


def boolean_hint(node: Node) -> str:
    if isinstance(node, Scalar) and node.text.lower() in YAML_11_BOOLEANS:
        return f"write {YAML_11_BOOLEANS[node.text.lower()]}: only true and false are booleans"
    return ""


_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`(?:\\.|[^`\\])*`")


def is_cut(node: Scalar) -> bool:
    """Whether an unquoted expression ends where YAML cut it: a quote or a parenthesis in it stays open."""
    rest = _QUOTED.sub("", node.text)
    return node.plain and (bool(set("'\"`") & set(rest)) or rest.count("(") != rest.count(")"))


_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]+\]")  # RFC 3986 § 3.2.2, without its future versions


def url_fault(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        return ""
    if scheme.lower() not in ("http", "https"):
        near = nearest(scheme, ("http", "https"))
        return f"unknown scheme '{scheme}'" + (f", did you mean '{near}'?" if near else "; http and https are known")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    host, _, port = authority.rpartition(":") if re.search(r":[^\]]*$", authority) else (authority, "", "")
    if not host or any(c.isspace() for c in host):
        return "it has no host"
    if re.search(r"[\[\]]", host) and not _IPV6.fullmatch(host):
        return f"'{host}' is not an IPv6 address"
    if port and not (port.isascii() and port.isdigit() and int(port) < 65_536):
        return f"'{port}' is not a port"
    return ""
