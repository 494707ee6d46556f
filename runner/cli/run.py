"""`runner run`: from files to verdicts."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import click

from runner.cli import options
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.diagnostics import Styler
    from runner.engine.events import Listener
    from runner.reporters.console import Console
    from runner.reporters.live import Live
    from runner.reporters.style import Marks
    from runner.runtime.snapshots import SnapshotWriter


@click.command("run")
@options.paths
@options.environment
@options.variables
@options.env_files
@options.selecting
@click.option("-x", "--fail-fast", is_flag=True, help="Stop after the first request that fails.")
@options.data
@options.repeat
@options.shard
@click.option("-j", "--jobs", type=click.IntRange(1), default=None, metavar="N", help="Collections side by side.")
@click.option("--update-snapshots", is_flag=True, help="Keep what comes back as the new snapshots.")
@click.option("--overlap", is_flag=True, help="Send neighbouring safe requests of a collection together, too (-j).")
@options.connecting
@options.root
@options.allow_empty
@click.option("--verbose", is_flag=True, help="Show every exchange, the token's too, secrets masked.")
@click.option("--quiet", is_flag=True, help="Show only what failed, and the summary.")
@click.option("--show-body", is_flag=True, help="Show every response body.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help="Also report as json, ndjson, junit, tap, github, markdown, har, html or curl, to PATH or standard output.",
)
@click.option("--slowest", type=click.IntRange(0), default=0, metavar="N", help="Name the N slowest requests.")
@click.option("--watch", is_flag=True, help="Run again what a changed file touches, until Ctrl-C.")
@options.no_colour
def command(**given: Any) -> int:
    """Run the collections in PATHS (files or folders; default: requests/)."""
    from runner.cli.printing import print_diagnostics
    from runner.runtime.project import open_project

    if given["quiet"] and (given["verbose"] or given["show_body"]):
        raise UsageError("--quiet contradicts --verbose and --show-body")
    flags = options.make_flags(given)
    if given["watch"]:
        return _watch(flags, given)
    gc.disable()  # what is read stays until the end: looking for garbage in it, now or while it runs, finds nothing
    project = open_project(options.make_options(given))
    plans, env = project.ready_plans()
    gc.freeze()
    gc.enable()
    print_diagnostics(project.warnings)
    return execute(plans, env, flags, given)


def _watch(flags: Any, given: dict[str, Any]) -> int:
    from runner.cli.reporting import parse_wishes
    from runner.cli.watching import watch

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # while nothing runs
    written = [wish.path for wish in parse_wishes(given["reports"]) if wish.path]
    return watch(options.make_options(given), lambda plans, env: execute(plans, env, flags, given), written)


def execute(plans: Sequence[Any], env: Any, flags: Any, given: dict[str, Any]) -> int:
    """Runs plans with a console, and with the reports that were asked for; returns the exit code."""
    if not given["reports"]:
        console = _console(sys.stdout, given)
        return _run(plans, env, flags, given, [console], console)
    from runner.cli.reporting import Reports, parse_wishes

    reports = Reports()
    try:
        sources = (plan.collection.source.path for plan in plans)
        reports.open(parse_wishes(given["reports"]), sources, lambda stream: _console(stream, given))
        console = _console(sys.stderr if reports.take_standard_output else sys.stdout, given)
        reports.add("console", console)
        return reports.told(_run(plans, env, flags, given, reports.listeners, console))
    finally:
        reports.close()


def _console(stream: TextIO, given: Mapping[str, Any]) -> Console:
    from runner.reporters.console import Console
    from runner.reporters.style import marks_for, styler_for

    styler, marks = styler_for(stream, given["no_colour"]), marks_for(stream)
    live = _live(stream, styler, marks, given)
    shown = {name: given[name] for name in ("verbose", "quiet", "show_body", "slowest")}
    return Console(stream, styler, marks, live=live, **shown)


def _live(stream: TextIO, styler: Styler, marks: Marks, given: Mapping[str, Any]) -> Live | None:
    """The row of a terminal that tells what is under way."""
    from runner.reporters.style import is_terminal

    if given["quiet"] or not is_terminal(stream) or (stream is not sys.stdout and sys.stdout.isatty()):
        return None
    from runner.reporters.live import Live
    from runner.runtime.progress import Progress

    return Live(stream, styler, marks, Progress())


def _run(
    plans: Sequence[Any],
    env: Any,
    flags: Any,
    given: dict[str, Any],
    listeners: Sequence[Listener],
    console: Console,
) -> int:
    from runner.runtime.execute import Settings, run
    from runner.runtime.interrupts import Interrupts
    from runner.runtime.workspace import Workspace

    writer = _snapshot_writer(plans, given)
    interrupts = Interrupts()
    settings = Settings(
        env=env,
        workspace=Workspace(options.make_options(given).root),
        flags=flags,
        jobs=given["jobs"] or 0,
        fail_fast=given["fail_fast"],
        overlap=given["overlap"],
        listeners=listeners,
        interrupts=interrupts,
        progress=console.live.progress if console.live else None,
        snapshots=writer,
    )
    before = {number: signal.signal(number, interrupts.handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = int(run(plans, settings).exit_code)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for line in writer.lines if writer is not None and not given["quiet"] else ():
        print(line, file=console.stream)
    return code


def _snapshot_writer(plans: Sequence[Any], given: dict[str, Any]) -> SnapshotWriter | None:
    if not given.get("update_snapshots"):  # the demo has no such flag
        return None
    from runner.runtime.snapshots import SnapshotWriter

    selects = any(given[name] for name in ("names", "tags", "excluded"))
    return SnapshotWriter(plans, prune=not selects)
