"""`runner import`: a foreign file becomes collections, and what could not be translated is listed."""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runner.cli.writing import Texts, put, write_all
from runner.errors import InvalidError, RunnerError, UsageError

if TYPE_CHECKING:
    from runner.diagnostics import Diagnostic
    from runner.formats.draft import Choices, Foreign, Imported

#: What stands for standard input.
_STDIN = "-"
_ENDINGS = (".yaml", ".yml")
Read = TypeVar("Read", str, bytes)


@click.command("import", short_help="Translate a foreign file into collections.")
@click.argument("format_name", metavar="FORMAT")
@click.argument("path", metavar="FILE")
@click.option("-o", "--output", metavar="PATH", help="The file to write, or a folder (default: standard output).")
@click.option("-e", "--env", "environments", multiple=True, metavar="FILE", help="A Postman environment's file.")
@click.option("--split", is_flag=True, help="One file for each top folder; -o names a folder.")
@click.option("--examples", is_flag=True, help="Postman: saved examples become snapshots.")
@click.option("--operations", multiple=True, metavar="GLOB", help="OpenAPI: only these operation ids or paths.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option("--allow-loss", is_flag=True, help="Exit with 0 though something was lost.")
@click.option("--report", metavar="FILE", help="Write what was lost to FILE, as JSON.")
@click.option("--no-color", "no_colour", is_flag=True, help="No colours (also: NO_COLOR).")
def command(format_name: str, path: str, **given: Any) -> int:
    """Translate FILE ('-': standard input) into a collection. FORMAT is one of: curl, postman, openapi, har, bruno,
    http, insomnia, hurl.

    What has no translation is listed, and the exit code is 1; nothing is lost without a word.
    """
    from runner.formats.draft import ForeignFault
    from runner.formats.opening import load

    gc.disable()  # a large file becomes millions of objects, all of which stay: looking for garbage takes half the time
    try:
        imported = load(format_name, _foreign(format_name, path), _choices(given))
        return _finish(imported, format_name, path, given)
    except ForeignFault as fault:
        raise _invalid(path, fault) from None
    finally:
        gc.enable()


def _finish(imported: Imported, format_name: str, path: str, given: Mapping[str, Any]) -> int:
    from runner.cli.losses import check_report, print_losses, write_report
    from runner.formats.draft import texts

    folder, name = _target(imported, given["output"])
    written = texts(imported, name)
    paths = [str(folder / relative) for relative in written] if given["output"] is not None else []
    if given["report"] is not None:
        check_report(given["report"], [path, *given["environments"], *paths])
    if given["output"] is None:
        if len(written) > 1:
            raise UsageError(f"this import makes {len(written)} files: name a folder with -o")
        _check(written)
        sys.stdout.write(str(written[name]))
    else:
        write_all(written, folder, force=given["force"], judge=lambda made: _judge(made, list(written)))
    out = sys.stdout if paths else sys.stderr
    print_losses(imported, path, paths, out, no_colour=given["no_colour"])
    if given["report"]:
        write_report(imported.losses, given["report"], format_name, path, paths)
    return 1 if imported.losses and not given["allow_loss"] else 0


# --- in ------------------------------------------------------------------------------------------------------------


def _foreign(format_name: str, path: str) -> Foreign:
    from runner.formats.draft import Foreign
    from runner.formats.opening import refuse_folder

    if path == _STDIN:
        return Foreign("requests", _decoded("standard input", sys.stdin.buffer.read()))
    place = Path(path)
    if place.is_dir():
        try:
            refuse_folder(format_name, [entry.name for entry in place.iterdir()])
        except OSError as error:
            raise _unreadable(place, error) from None
        entries = tuple(sorted(p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()))
        return Foreign(place.resolve().name, "", entries, _reader(place, _text), _reader(place, _content))
    folder = place.parent
    return Foreign(place.stem, _text(place), (), _reader(folder, _text), _reader(folder, _content))


def _reader(folder: Path, function: Callable[[Path], Read]) -> Callable[[str], Read]:
    """Reads files by their path relative to a folder: those in it, or in the folder of the command if it is in that."""
    here = folder.resolve()
    outermost = Path.cwd().resolve() if here.is_relative_to(Path.cwd().resolve()) else here

    def read(relative: str) -> Read:
        try:
            place = here.joinpath(relative).resolve()
            if not place.is_relative_to(outermost):
                raise ValueError(f"'{relative}' lies outside {outermost}")
            return function(place)
        except InvalidError as error:
            raise ValueError(str(error)) from None
        except OSError as error:
            raise ValueError(f"cannot read {relative}: {error.strerror or error}") from None

    return read


def _content(place: Path) -> bytes:
    return place.read_bytes()


def _text(place: Path) -> str:
    """The text of a file; a byte order mark is dropped, gzip undone."""
    try:
        return _decoded(str(place), place.read_bytes())
    except OSError as error:
        raise _unreadable(place, error) from None


def _unreadable(place: Path, error: OSError) -> InvalidError:
    from runner.diagnostics import Diagnostic

    if isinstance(error, FileNotFoundError):
        from runner.runtime.workspace import nothing_at

        return InvalidError([nothing_at(place)])
    return InvalidError([Diagnostic(f"cannot read {place}: {error.strerror or error}")])


def _decoded(name: str, content: bytes) -> str:
    from runner.diagnostics import Diagnostic

    if content.startswith(b"\x1f\x8b"):
        import gzip
        import zlib

        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidError([Diagnostic(f"cannot read {name}: it is damaged gzip: {error}")]) from None
    return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")


def _choices(given: Mapping[str, Any]) -> Choices:
    from runner.formats.draft import Choices

    environments = tuple((Path(path).stem, _text(Path(path))) for path in given["environments"])
    return Choices(
        environments,
        given["split"],
        tuple(given["operations"]),
        alone=given["output"] is None,
        examples=given["examples"],
    )


def _invalid(path: str, fault: Any) -> InvalidError:
    from runner.diagnostics import Diagnostic

    where = f"{path}:{fault.line}" if fault.line else path
    return InvalidError([Diagnostic(f"{where}: {fault.message}", hint=fault.hint)])


# --- out -----------------------------------------------------------------------------------------------------------


def _target(imported: Imported, output: str | None) -> tuple[Path, str]:
    """The folder that is written to, and the name of the collection's file in it."""
    from runner.formats.draft import safe_stem

    name = f"{safe_stem(str(imported.collection.get('name', '')))}.yaml"
    if output is None:
        return Path(), name
    place = Path(output)
    if place.suffix.lower() in _ENDINGS and not place.is_dir():
        return place.parent, place.name
    return place, name


def _check(written: Texts) -> None:
    with tempfile.TemporaryDirectory(prefix="import-") as made:
        put(written, Path(made))
        _judge(Path(made), list(written))


class _UnfitError(Exception):
    """What was made is no valid collection: a fault of ours, said with the first diagnostic."""


def _judge(folder: Path, names: list[str]) -> None:
    from runner.runtime.project import Options, open_project

    paths = [str(folder / name) for name in names if name.endswith(_ENDINGS) and not Path(name).name.startswith("_")]
    try:
        open_project(Options(paths, any_environment=True, root=folder)).plans()
    except InvalidError as error:
        raise _UnfitError(f"the import made something that is not valid: {_where(error.diagnostics[0])}") from None
    except RunnerError as error:
        raise _UnfitError(f"the import made something that is not valid: {error}") from None


def _where(fault: Diagnostic) -> str:
    if fault.span is None:
        return fault.message
    line = fault.span.source.text.splitlines()[fault.span.line - 1].strip()
    return f"{fault.message} (line {fault.span.line}: {line})"
