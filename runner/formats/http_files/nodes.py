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

    `settings` are the lines `# @name value`. `body` are the lines of the body as they stand. `output` is where the
    response goes. A section without a URL holds no request.
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
    unknown: tuple[tuple[int, str], ...] = ()

    @property
    def name(self) -> str:
        """The name by which other requests refer to it."""
        return next((value.strip() for key, value, _ in self.settings if key == "name" and value.strip()), "")
