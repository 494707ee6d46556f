"""Flags that several commands share, and how their texts are read. Import-light: only click."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.engine.build import Flags
    from runner.runtime.project import Options

F = TypeVar("F", bound=Callable[..., Any])

_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(:?=)(.*)", re.DOTALL | re.ASCII)
_SHARD = re.compile(r"([0-9]{1,6})/([0-9]{1,6})", re.ASCII)
_LINE = re.compile(r"(.+\.ya?ml):([0-9]{1,9})", re.ASCII)

paths = click.argument("paths", nargs=-1, metavar="[PATHS]...")
environment = click.option("-e", "--env", "environment", default="", metavar="NAME", help="Take this environment.")
variables = click.option(
    "-v",
    "--var",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a variable to text (NAME:=JSON: to JSON).",
)
env_files = click.option(
    "--env-file", "env_files", multiple=True, metavar="FILE", help="Read env.NAME from FILE instead of .env."
)
root = click.option("--root", metavar="DIR", help="The project root: files must lie in it (default: this folder).")
no_colour = click.option("--no-color", "no_colour", is_flag=True, help="No colours (also: NO_COLOR).")
allow_empty = click.option("--allow-empty", is_flag=True, help="No error when nothing is selected.")


def selecting(command: F) -> F:
    """The flags that select requests."""
    decorators = (
        click.option(
            "-k", "--select", "names", multiple=True, metavar="NAME",
            help="Only this request or group: full name, glob, or FILE:LINE. What it captures from runs too.",
        ),
        click.option("-t", "--tag", "tags", multiple=True, metavar="TAG", help="Only requests with this tag."),
        click.option("--exclude-tag", "excluded", multiple=True, metavar="TAG", help="No request with this tag."),
    )  # fmt: skip
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


data = click.option("--data", metavar="FILE", help="Run each collection once for each row of a CSV, JSON or YAML file.")
shard = click.option("--shard", metavar="I/N", help="Only the I-th of N parts of the collections, from 1.")
repeat = click.option("--repeat", type=click.IntRange(1), metavar="N", help="Run each collection N times.")


def connecting(command: F) -> F:
    """The flags that say how servers are reached; they win over the files."""
    decorators = (
        click.option("--timeout", metavar="DURATION", help="For one attempt of each request, such as 500ms or 10s."),
        click.option("--insecure", is_flag=True, help="Accept any TLS certificate."),
        click.option("--cacert", metavar="FILE", help="Trust the CA certificates in FILE."),
        click.option("--cert", metavar="FILE", help="Show this client certificate (PEM) in TLS."),
        click.option("--key", metavar="FILE", help="Its key, where it is not in the same file."),
        click.option("--proxy", metavar="URL", help="Send all through this proxy (unix:PATH: a socket; '': none)."),
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def make_flags(given: Mapping[str, Any]) -> Flags:
    """What the flags say about every request.

    Raises:
        UsageError: a value is not valid, or two contradict each other.
    """
    from runner.engine.build import Flags
    from runner.engine.exchange import ClientCertificate

    if given["insecure"] and given["cacert"]:
        raise UsageError("--insecure and --cacert contradict each other")
    if given["key"] and not given["cert"]:
        raise UsageError("--key wants --cert beside it")
    verify: bool | str | None = False if given["insecure"] else _file("cacert", given) or None
    cert = _file("cert", given)
    certificate = ClientCertificate(cert, _file("key", given)) if cert else None
    return Flags(_timeout(given["timeout"]), verify, _proxy(given["proxy"]), certificate)


def _timeout(text: str | None) -> float | None:
    from runner.language.document import read_timeout

    if text is None:
        return None
    timeout = read_timeout(float(text) if text.replace(".", "", 1).isdecimal() else text)
    if timeout is None:
        raise UsageError(f"--timeout wants a duration such as 500ms, 10s or 2m, not '{text}'")
    return timeout


def _file(name: str, given: Mapping[str, Any]) -> str:
    """The absolute path of a file that a flag names; empty where it was not given."""
    if not given[name]:
        return ""
    if not Path(given[name]).is_file():
        raise UsageError(f"--{name}: no such file: {given[name]}")
    return str(Path(given[name]).resolve())


def _proxy(text: str | None) -> str | None:
    """The proxy of the flag; the path of a socket is relative to the working folder."""
    if text is None:
        return None
    from runner.language.document import UNIX, read_proxy
    from runner.runtime.extras import is_missing, missing_words

    proxy = read_proxy(text)
    if proxy is None:
        shown = text.rpartition("@")[2]  # what stands before it may be a password
        raise UsageError(f"--proxy wants a URL such as http://127.0.0.1:3128, or unix:PATH, not '{shown}'")
    if proxy.startswith("socks") and is_missing("socks"):
        raise UsageError("--proxy: {} ({})".format(*missing_words("socks")))
    return UNIX + str(Path(proxy.removeprefix(UNIX)).absolute()) if proxy.startswith(UNIX) else proxy


def parse_variables(given: Iterable[str]) -> dict[str, Any]:
    """`NAME=VALUE` gives text, `NAME:=JSON` a JSON value; the last one of a name wins.

    Raises:
        UsageError: one is neither, its JSON is not valid, or its name is taken.
    """
    from runner.language.model import RESERVED_NAMES

    values: dict[str, Any] = {}
    for text in given:
        match = _VARIABLE.fullmatch(text)
        if match is None:
            raise UsageError(f"--var wants NAME=VALUE or NAME:=JSON, not '{text.partition('=')[0]}'")
        name, operator, value = match.groups()
        if name in RESERVED_NAMES:
            raise UsageError(f"--var {name}: this name is taken")
        values[name] = value if operator == "=" else _json(name, value)
    return values


def _json(name: str, text: str) -> Any:
    from runner.language.values import parse_json

    try:
        return parse_json(text)
    except ValueError as error:
        raise UsageError(f"--var {name}:= wants JSON: {error}; {name}=… takes text as it is") from None


def make_options(given: Mapping[str, Any]) -> Options:
    """The Options of a command's flags.

    Raises:
        UsageError: a flag's text is not valid.
    """
    from runner.engine.plan import Selection
    from runner.runtime.project import Options

    names = [_LINE.fullmatch(name) or name for name in given.get("names", ())]
    selection = Selection(
        names=tuple(name for name in names if isinstance(name, str)),
        lines=tuple((name[1], int(name[2])) for name in names if not isinstance(name, str)),
        tags=frozenset(given.get("tags", ())),
        excluded=frozenset(given.get("excluded", ())),
    )
    return Options(
        paths=given["paths"] or ("requests",),
        environment=given.get("environment", ""),
        variables=parse_variables(given.get("variables", ())),
        env_files=given.get("env_files", ()),
        selection=selection,
        allow_empty=given.get("allow_empty", False),
        any_environment=given.get("any_environment", False),
        root=_folder(given.get("root")),
        data=given.get("data") or "",
        repeat=given.get("repeat"),
        shard=_shard(given.get("shard")),
    )


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    match = _SHARD.fullmatch(text)
    if match is None or not 0 < int(match[1]) <= int(match[2]):
        raise UsageError(f"--shard wants I/N such as 2/4, with I from 1 to N, not '{text}'")
    return int(match[1]), int(match[2])


def _folder(text: str | None) -> Path | None:
    if text is None:
        return None
    if not Path(text).is_dir():
        raise UsageError(f"--root: no such folder: {text}")
    return Path(text)
