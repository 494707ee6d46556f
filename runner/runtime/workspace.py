"""Files: found, read and kept inside the project root; `.env` files; which folder holds which collections.

This file knows nothing of what a collection says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from runner.diagnostics import Diagnostic, Source, Span, nearest
from runner.engine.exchange import SaveTo
from runner.engine.payload import BodyFile
from runner.errors import InvalidError
from runner.language.syntax import MAX_FILE_SIZE

if TYPE_CHECKING:
    from runner.runtime.body_files import Downloads

_ENDINGS = (".yaml", ".yml")
#: The largest data file, in bytes. YAML has a smaller bound of its own.
MAX_DATA_SIZE = 500_000_000


class Workspace:
    """The project root and what is read from it. Paths in messages are relative to the working folder."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or Path.cwd()).resolve()
        self._downloads: Downloads | None = None

    def collections(self, paths: Iterable[str]) -> list[Path]:
        """The request files that paths name, in their order; a folder means its files at any depth, sorted.

        Raises:
            InvalidError: a path does not exist, is no request file, or a folder holds none.
        """
        faults: list[Diagnostic] = []
        found: dict[Path, None] = {}
        for path in paths:
            try:
                if not path:  # not the working folder: most often a shell variable that is not set
                    raise InvalidError([Diagnostic("a path is empty", hint="write . for this folder")])
                found.update(dict.fromkeys(_expand(Path(path))))
            except InvalidError as error:
                faults += error.diagnostics
        if faults:
            raise InvalidError(faults)
        return list(found)

    def read(self, path: str) -> str:
        """The text of a file that a collection names.

        Raises:
            ValueError: it cannot be read, or is not UTF-8.
        """
        try:
            return Path(path).read_text("utf-8-sig")
        except OSError as error:
            raise ValueError(f"cannot read '{path}': {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise ValueError(f"'{path}' is no text: it must be UTF-8") from None

    def netrc_login(self, host: str) -> tuple[str, str] | None:
        """User name and password for a host in `$NETRC`, else in the user's netrc file; None without an entry.

        Raises:
            ValueError: the file cannot be read or understood.
        """
        import netrc

        named = os.environ.get("NETRC") or None
        path = named or os.path.join(os.path.expanduser("~"), ".netrc")
        try:
            found = netrc.netrc(named).authenticators(host)
        except netrc.NetrcParseError as error:
            raise ValueError(_netrc_fault(path, error.msg, error.lineno)) from None
        except FileNotFoundError:
            if named:
                raise ValueError(f"no such file: '{named}' (from $NETRC)") from None
            return None
        except OSError as error:
            raise ValueError(f"cannot read '{path}': {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise ValueError(f"'{path}' is no text: it must be UTF-8") from None
        return (found[0] or "", found[2] or "") if found else None

    def source(self, path: Path, largest: int = MAX_FILE_SIZE) -> Source:
        """The text of a file of at most so many bytes.

        Raises:
            InvalidError: it cannot be read, is too large, or is not UTF-8.
        """
        name = display(path)
        try:
            length = path.stat().st_size
            if length > largest:
                message = f"the file is too large: {length / 1e6:.0f} MB, and at most {largest / 1e6:.0f} MB are read"
                raise InvalidError([Diagnostic(message, _start(name))])
            return decode(name, path.read_bytes())
        except OSError as error:
            raise InvalidError([Diagnostic(f"cannot read {name}: {error.strerror or error}")]) from None

    def other(self, source: Source, path: str) -> Source:
        """The text of the request file that another one extends or includes.

        Raises:
            ValueError: it lies outside the project root, or is no file.
            InvalidError: as `source`.
        """
        located = Path(self.locate(source.path, path))
        written = Path(os.path.normpath(Path(source.path).parent / path))  # outside the working folder, a shorter name
        return self.source(written if written.resolve() == located else located)

    def data(self, path: Path) -> Source:
        """The text of a data file.

        Raises:
            InvalidError: there is none, or as `source`.
        """
        if not path.exists():
            raise InvalidError([_missing(path)])
        yaml = path.suffix.lower() in _ENDINGS
        return self.source(path, MAX_FILE_SIZE if yaml else MAX_DATA_SIZE)

    def locate(self, file: str, path: str) -> str:
        """The absolute path of what a request file names, relative to that file; links are followed.

        Raises:
            ValueError: it lies outside the project root, or is no file.
        """
        found = self.within(file, path)
        if found.is_dir():
            raise ValueError(f"'{path}' is a folder, not a file")
        if not found.is_file():
            raise ValueError(f"no such file: '{path}'{_did_you_mean(found, path)}")
        if not os.access(found, os.R_OK):
            raise ValueError(f"cannot read '{path}': permission denied")
        return str(found)

    def within(self, file: str, path: str) -> Path:
        """The absolute path of what a request file names, be it there or not.

        Raises:
            ValueError: it lies outside the project root, or the system has no such paths.
        """
        try:
            found = Path(file).resolve().parent.joinpath(path).resolve()
            found.exists()  # says whether the system takes such a name at all
        except (OSError, RuntimeError) as error:  # RuntimeError: links that form a ring
            raise ValueError(f"cannot use '{path}': {_reason(error)}") from None
        if not found.is_relative_to(self.root):
            raise ValueError(f"'{path}' lies outside the project root {self.root} (see --root)")
        return found

    def upload(self, file: str, path: str, span: Span | None) -> BodyFile:
        """What a request file names to be sent as a body, or in one.

        Raises:
            ValueError: as `locate`, or it cannot be read.
        """
        from runner.runtime import body_files  # few collections name files

        return body_files.to_send(self.locate(file, path), path, span)

    def download(self, file: str, path: str, span: Span | None) -> SaveTo:
        """What a request file names to be written; its folder is made when it is.

        Raises:
            ValueError: it lies outside the project root, or a file cannot have its place there.
        """
        from runner.runtime import body_files

        self._downloads = self._downloads or body_files.Downloads()
        return self._downloads.place(self.place(file, path), path, span)

    def place(self, file: str, path: str) -> str:
        """The absolute path that a request file names to be written.

        Raises:
            ValueError: as `download`.
        """
        from runner.runtime import body_files

        found = self.within(file, path)
        if found == Path(file).resolve():
            raise ValueError(f"'{path}' is the request file itself")
        body_files.check_place(found, path)
        return str(found)

    def discard_downloads(self) -> None:
        """Removes what is left of downloads that were broken off."""
        if self._downloads is not None:
            self._downloads.discard()

    def environment_files(self, names: Iterable[str]) -> dict[str, str]:
        """The values of the named `.env` files, later ones winning; without names, of `.env` in the root if there.

        Raises:
            InvalidError: a named file is missing, or a line is not `NAME=value`.
        """
        paths = [Path(name) for name in names]
        default = self.root / ".env"
        if not paths and default.is_file():
            paths = [default]
        values: dict[str, str] = {}
        for path in paths:
            values.update(parse_env(self.source(path)))
        return values


def _netrc_fault(path: str, message: str, line: int | None) -> str:
    """What Python says of a netrc file, without the words that it quotes from there: they may be a password."""
    place = path if line is None else f"{path}, line {line}"
    reason = "it is not netrc syntax" if "token" in message else message.removeprefix("~/.netrc ")
    return f"{place}: {reason}{' (chmod 600)' if 'permissive' in reason else ''}"


def _did_you_mean(found: Path, written: str) -> str:
    """The file of the same folder that was probably meant."""
    try:
        stems = sorted(child.stem for child in found.parent.iterdir() if child.suffix == found.suffix)
    except OSError:  # a folder that is not there, or may not be looked into
        return ""
    near = nearest(found.stem, stems)
    return f" (did you mean '{Path(written).with_name(near + found.suffix)}'?)" if near and near != found.stem else ""


def display(path: Path) -> str:
    """A path as messages show it: relative to the working folder where it lies within."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError, RuntimeError):  # outside, or a loop of links
        return str(path)


def _reason(error: Exception) -> str:
    """What the system says; of links that lead in a circle Python has its own error."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "its links lead in a circle"


def _start(name: str, text: str = "") -> Span:
    return Span(Source(name, text), 0, 0)


def decode(name: str, content: bytes) -> Source:
    """Bytes of a file as a Source.

    Raises:
        InvalidError: they are not UTF-8; the place is that of the first wrong byte.
    """
    try:
        return Source(name, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = len(content[: error.start].decode("utf-8-sig", errors="replace"))
        source = Source(name, content.decode("utf-8", errors="replace").removeprefix("\ufeff"))
        message = f"the file is not UTF-8: byte 0x{content[error.start]:02x}"
        raise InvalidError([Diagnostic(message, Span(source, before, before + 1), "save it as UTF-8")]) from None


def _expand(path: Path) -> list[Path]:
    try:
        folder, there = path.is_dir(), path.exists()
    except OSError as error:
        raise InvalidError([Diagnostic(f"cannot read {path}: {error.strerror or error}")]) from None
    if not there:
        raise InvalidError([_missing(path)])
    if not folder:
        return [path]  # also a pipe, as in <(…)
    found = sorted(_walk(path))
    if not found:
        message = f"no request files in {display(path)}"
        raise InvalidError(
            [
                Diagnostic(
                    message,
                    hint="request files end in .yaml or .yml; those that start with _ or . are left out",
                )
            ]
        )
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        for name in names:
            if name.endswith(_ENDINGS) and not name.startswith((".", "_")):
                yield Path(directory, name)


def _missing(path: Path) -> Diagnostic:
    if str(path) == "requests":
        hint = "without PATHS the folder requests/ is taken: name a file or a folder"
        return Diagnostic(f"no such file or folder: {path}", hint=hint)
    return nothing_at(path)


def nothing_at(path: Path) -> Diagnostic:
    """The fault of a path that leads nowhere, with the name beside it that is like it."""
    parent = path.parent
    siblings = [child.name for child in parent.iterdir()] if parent.is_dir() else []
    near = nearest(path.name, siblings)
    hint = f"did you mean '{parent / near}'?" if near and near != path.name else ""
    return Diagnostic(f"no such file or folder: {path}", hint=hint)


# --- .env ----------------------------------------------------------------------------------------------------------

_ENV_LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*
    (?:'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|(?P<bare>[^\r\n]*?))
    \s*(?:(?<=\s)\#.*|(?<=['"])\s*\#.*)?""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


def parse_env(source: Source) -> Mapping[str, str]:
    """`NAME=value` lines: quotes, `export` and comments; nothing is expanded. Quoted values may span lines.

    Raises:
        InvalidError: a line is none of these.
    """
    values: dict[str, str] = {}
    position, text = 0, source.text
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end].strip()
        if line and not line.startswith("#"):
            end = _env_entry(source, position, end, values)
        position = end + 1
    return values


def _env_entry(source: Source, position: int, end: int, values: dict[str, str]) -> int:
    """Reads the entry that starts at `position`; returns where it ends."""
    text = source.text
    head = re.compile(r"\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(?P<quote>['\"])?", re.ASCII).match(text, position, end)
    if head is not None and head.group("quote"):
        closing = _closing(text, head.end(), head.group("quote"))
        line_end = text.find("\n", closing) if closing >= 0 else -1
        end = end if closing < 0 else len(text) if line_end < 0 else line_end
    match = _ENV_LINE.fullmatch(text, position, end)
    if match is None:
        span = Span(source, position, end).first_line()
        raise InvalidError(
            [Diagnostic("a line of this file is not NAME=value", Span(source, span.start, span.start + 1))]
        )
    if match["double"] is not None:
        value = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), match["double"], flags=re.DOTALL)
    else:
        value = match["single"] if match["single"] is not None else match["bare"]
    values[match["name"]] = value
    return end


def _closing(text: str, start: int, quote: str) -> int:
    position = start
    while position < len(text):
        if text[position] == "\\" and quote == '"':
            position += 1
        elif text[position] == quote:
            return position
        position += 1
    return -1
