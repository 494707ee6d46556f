"""Columns that data do not have: `item.nmae` and `data.nmae` are found before the first row is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from runner.diagnostics import Diagnostic, did_you_mean
from runner.engine.plan.steps import Step
from runner.language.model import DataFile, Template

if TYPE_CHECKING:
    from runner.language.rows import Rows

_SHOWN = 8


def unknown_columns(
    steps: Iterable[Step], data: Rows | None, files: Mapping[tuple[str, str | Template], Rows]
) -> list[Diagnostic]:
    """A diagnostic for each key that is read of a row and that no row of its file has, in the order of the file.

    `data` are the rows of `--data`, `files` those of data files, by file and path.
    """
    return sorted(_unknown(steps, data, files), key=lambda fault: fault.span.start if fault.span else -1)


def _unknown(
    steps: Iterable[Step], data: Rows | None, files: Mapping[tuple[str, str | Template], Rows]
) -> Iterator[Diagnostic]:
    for step in steps:
        tables = {"data": data, "item": _rows_of(step, files)}
        for need in step.needs:
            reference = need.reference
            rows = tables.get(need.name) if need.kind == "row" and not need.optional else None
            if rows is None or not reference.column or reference.column in {*rows.columns, *rows.others}:
                continue
            if not rows.columns and not rows.others:
                continue  # rows of another kind, or none at all
            known = [*rows.columns, *rows.others]
            more = ", …" if len(known) > _SHOWN else ""
            hint = did_you_mean(reference.column, known) or f"there are: {', '.join(known[:_SHOWN])}{more}"
            message = f"no row of {rows.source.path} has '{reference.column}'"
            yield Diagnostic(message, reference.column_span, hint)


def _rows_of(step: Step, files: Mapping[tuple[str, str | Template], Rows]) -> Rows | None:
    """The rows that `item` stands for; where loops nest, a variable around the inner one means another row."""
    over = step.loops[0].for_each.over if len(step.loops) == 1 else None
    if not isinstance(over, DataFile) or isinstance(over.path, Template):
        return None
    return files.get((over.span.source.path, over.path))
