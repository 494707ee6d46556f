"""`runner check`: reads and judges every file, sends nothing."""

from __future__ import annotations

import sys
from typing import Any

import click

from runner.cli import options


@click.command("check")
@options.paths
@options.environment
@options.variables
@options.data
@options.root
@options.no_colour
def command(**given: Any) -> int:
    """Read and judge every file in PATHS; all faults of all files in one go. Warns of credentials that
    stand in a file. Nothing is sent."""
    from runner.cli.printing import print_diagnostics
    from runner.diagnostics import counted
    from runner.engine import credentials
    from runner.reporters.style import styler_for
    from runner.runtime.project import open_project

    project = open_project(options.make_options({**given, "any_environment": True}))
    plans = project.plans()
    requests = sum(len(plan.steps) for plan in plans)
    literal = (warning for plan in plans for warning in credentials.warnings(plan.collection))
    print_diagnostics(dict.fromkeys((*project.warnings, *literal)))
    styler = styler_for(sys.stdout, given["no_colour"])
    print(f"{styler('passed', 'ok')}  {counted(len(plans), 'file')}, {counted(requests, 'request')}")
    return 0
