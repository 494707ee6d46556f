"""What a .http file holds, as records. Texts are as written, placeholders in them."""

from __future__ import annotations

from typing import NamedTuple


class Header(NamedTuple):
    """`name: value`; `comment` stands before it."""

    line: int
    name: str
    value: str
    comment: str = ""


class Handler(NamedTuple):
    """A script: `phase` is pre-request or response. `path` where it stands in a file of its own."""

    line: int
    phase: str
    code: str
    path: str = ""


class FileVariable(NamedTuple):
    """`@name = value`."""

    line: int
    name: str
    value: str


class Section(NamedTuple):
    """What stands between two lines of ###.

    `line` is that of the request. `settings` are the lines `# @name value`. `body` are the lines of the body as they
    stand. `output` is where the response goes. `directives` bring other files in. A section without a URL holds no
    request; `strays` are its lines where one should be.
    """

    line: int
    title: str
    comments: tuple[str, ...] = ()
    settings: tuple[tuple[str, str, int], ...] = ()
    variables: tuple[FileVariable, ...] = ()
    method: str = ""
    url: str = ""
    version: str = ""
    headers: tuple[Header, ...] = ()
    body: tuple[str, ...] = ()
    handlers: tuple[Handler, ...] = ()
    output: str = ""
    directives: tuple[tuple[int, str], ...] = ()
    strays: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name by which other requests refer to it."""
        return next((value.strip() for key, value, _ in self.settings if key == "name" and value.strip()), "")
