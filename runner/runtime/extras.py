"""What needs a package that is not installed with the rest: which one, and how to get it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple


class Extra(NamedTuple):
    """An extra of this package: what needs it, as a person says it, and the module that it brings."""

    need: str
    module: str


EXTRAS = {
    "http2": Extra("HTTP/2", "h2"),
    "socks": Extra("a SOCKS proxy", "socksio"),
}


def is_missing(extra: str) -> bool:
    """Whether the package of an extra is not installed."""
    return find_spec(EXTRAS[extra].module) is None


def missing_words(extra: str) -> tuple[str, str]:
    """The message and the hint for an extra that is missing."""
    need, module = EXTRAS[extra]
    return f"{need} needs the package {module}, which is not installed", f'pip install "request-runner[{extra}]"'
