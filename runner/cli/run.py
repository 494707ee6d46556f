"""`runner run`: from files to verdicts."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from runner.cli import options
from runner.errors import UsageError

if TYPE_CHECKING:
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
@options.connecting
@options.root
@options.allow_empty
@click.option("--verbose", is_flag=True, help="Show every exchange, the token's too, secrets masked.")
@click.option("--quiet", is_flag=True, help="Show only what failed, and the summary.")
@click.option("--show-body", is_flag=True, help="Show every response body.")
@options.no_colour
def command(**given: Any) -> int:
    """Run the collections in PATHS (files or folders; default: requests/)."""
    from runner.cli.printing import print_diagnostics
    from runner.runtime.project import open_project

    if given["quiet"] and (given["verbose"] or given["show_body"]):
        raise UsageError("--quiet contradicts --verbose and --show-body")
    flags = options.make_flags(given)
    project = open_project(options.make_options(given))
    plans, env = project.ready_plans()
    print_diagnostics(project.warnings)
    return execute(plans, env, flags, given)


def execute(plans: Sequence[Any], env: Any, flags: Any, given: dict[str, Any]) -> int:
    """Runs plans with a console on standard output; returns the exit code."""
    from runner.reporters.console import Console
    from runner.reporters.style import is_terminal, marks_for, styler_for
    from runner.runtime.execute import Settings, run
    from runner.runtime.interrupts import Interrupts
    from runner.runtime.workspace import Workspace

    console = Console(
        stream=sys.stdout,
        styler=styler_for(sys.stdout, given["no_colour"]),
        marks=marks_for(sys.stdout),
        verbose=given["verbose"],
        quiet=given["quiet"],
        show_body=given["show_body"],
        live=is_terminal(sys.stdout),
    )
    writer = _snapshot_writer(plans, given)
    interrupts = Interrupts()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupts.handler)
    settings = Settings(
        env=env,
        workspace=Workspace(options.make_options(given).root),
        flags=flags,
        jobs=given["jobs"] or 0,
        fail_fast=given["fail_fast"],
        listeners=[console],
        interrupts=interrupts,
        progress=console.downloading if console.live and not console.quiet else None,
        snapshots=writer,
    )
    code = int(run(plans, settings).exit_code)
    for line in writer.lines if writer is not None and not given["quiet"] else ():
        print(line)
    return code


def _snapshot_writer(plans: Sequence[Any], given: dict[str, Any]) -> SnapshotWriter | None:
    if not given.get("update_snapshots"):  # the demo has no such flag
        return None
    from runner.runtime.snapshots import SnapshotWriter

    selects = any(given[name] for name in ("names", "tags", "excluded"))
    return SnapshotWriter(plans, prune=not selects)
