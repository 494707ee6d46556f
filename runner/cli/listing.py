"""`runner list`: names, tags and places of the requests."""

from __future__ import annotations

import sys
from typing import Any

import click

from runner.cli import options


@click.command("list")
@options.paths
@options.environment
@options.variables
@options.selecting
@options.data
@options.shard
@options.root
@options.allow_empty
@options.no_colour
def command(**given: Any) -> int:
    """List the requests in PATHS: their full names (as --select takes them), tags and places."""
    from runner.cli.printing import print_diagnostics, rows_words
    from runner.diagnostics import escape
    from runner.errors import NothingSelected
    from runner.reporters.style import styler_for
    from runner.runtime.project import open_project

    styler = styler_for(sys.stdout, given["no_colour"])
    project = open_project(options.make_options({**given, "any_environment": True}))
    plans = [plan for plan in project.plans() if plan.steps]
    print_diagnostics(project.warnings)
    if not plans and not given["allow_empty"]:
        raise NothingSelected("no request is selected")
    part, parts = project.options.shard
    for plan in plans[part - 1 :: parts]:
        source = plan.collection.source
        environments = ", ".join(plan.collection.environments)
        extra = f"  (environments: {environments})" if environments else ""
        print(f"{styler('name', escape(plan.collection.name))}  {styler('place', escape(source.path))}{extra}")
        width = max(len(escape(step.name)) for step in plan.steps)
        for step in plan.steps:
            place = f"{escape(step.spec.name_span.source.path)}:{step.spec.name_span.line}"
            tags = " ".join(f"#{escape(tag)}" for tag in sorted(step.tags))
            skip = f"skipped: {escape(step.skip)}" if step.skip else ""
            rows = "".join(f"for each of {escape(rows_words(loop, plan))}  " for loop in step.loops)
            head = f"  {escape(step.name):<{width}}  {styler('place', place)}"
            print(f"{head}  {rows}{styler('hint', tags)} {styler('skipped', skip)}".rstrip())
    return 0
