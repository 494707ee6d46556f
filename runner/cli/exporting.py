"""`runner export`: a request file in the words of another tool, and a list of what these have no words for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli import options
from runner.errors import NothingSelected, UsageError

if TYPE_CHECKING:
    from runner.engine.plan import Plan


@click.command("export", short_help="Translate a file into curl, Postman, OpenAPI or Python.")
@click.argument("format_name", metavar="FORMAT")
@click.argument("path", metavar="FILE")
@click.option("-o", "--output", metavar="PATH", help="The file to write (default: standard output).")
@options.environment
@options.variables
@options.selecting
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option("--report", metavar="FILE", help="Write what was lost to FILE, as JSON.")
@options.root
@options.no_colour
def command(format_name: str, path: str, output: str | None, **given: Any) -> int:
    """Translate FILE. FORMAT is one of: curl (a shell script), postman (a v2.1 collection), openapi (the skeleton of
    a document), python (a script with httpx).

    Secrets stay outside: the reader sets them. What the format has no words for is listed on standard error.
    """
    from runner.cli.losses import check_report, print_list, print_summary, write_report
    from runner.formats.registry import function

    dump = function(format_name, "dump")
    plan = _plan(path, given)
    exported = dump(plan)
    read = [source.path for source in plan.collection.sources]
    if output is not None and Path(output).resolve() in {Path(source).resolve() for source in read}:
        raise UsageError(f"{output} is a file that is exported, and would be overwritten")
    if given["report"] is not None:
        check_report(given["report"], read if output is None else [*read, output])
    written: list[str] = []
    if output is not None:
        written = _write(exported.text, exported.files, Path(output), force=given["force"])
    elif exported.files:
        raise UsageError(f"this export makes {len(exported.files) + 1} files: name one with -o")
    else:
        sys.stdout.write(exported.text)
    out = sys.stdout if written else sys.stderr
    print_summary(len(plan.steps), exported.losses, path, written, out, no_colour=given["no_colour"])
    print_list(exported.losses, sys.stderr, no_colour=given["no_colour"])
    if given["report"]:
        write_report(exported.losses, given["report"], format_name, path, written)
    return 0


def _plan(path: str, given: dict[str, Any]) -> Plan:
    """The plan of one file, which is judged as `check` judges it."""
    from runner.runtime.project import open_project

    chosen = {**given, "paths": (path,), "any_environment": not given["environment"]}
    plans = open_project(options.make_options(chosen)).plans()
    if len(plans) != 1:
        raise UsageError(f"{path} holds {len(plans)} collections: name one file")
    if not plans[0].steps:
        raise NothingSelected("no request is selected")
    return plans[0]


def _write(text: str, more: dict[str, str], place: Path, *, force: bool) -> list[str]:
    from runner.cli.writing import write_all

    if place.is_dir():
        raise UsageError(f"{place} is a folder: name a file")
    write_all({place.name: text, **more}, place.parent, force=force)
    return [str(place), *(str(place.parent / relative) for relative in more)]
