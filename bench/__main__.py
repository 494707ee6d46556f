"""`python -m bench`: prints a table of ratios, each measured side by side in this run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench import cases, servers
from bench.cases import CASES, Bench, Row, Skipped
from bench.harness import Failed

HEAD = ("work", "runner", "against", "", "ratio", "rounds", "cpu", "target", "")
WIDTHS = (42, 9, 17, 9, 9, 13, 6, 8, 5)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(CASES), help="measure this alone (repeatable)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of A B a row (default 5; quick rows take more)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return parser.parse_args()


def line(cells: tuple[str, ...]) -> str:
    """One line of the table: the first and third cell to the left, figures to the right."""
    left = (0, 2, 8)
    cut = [c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(cells, WIDTHS, strict=True))]
    return "  ".join(cut).rstrip()


def figure(value: float) -> str:
    """Two digits that matter: `1.62`, `0.067`, `12.4`."""
    return f"{value:.3f}" if value < 0.2 else f"{value:.2f}"


def cells(row: Row) -> tuple[str, ...]:
    """A row as it is printed."""
    spread = "–".join(figure(value) for value in row.spread) if row.spread else ""
    ratio = f"{row.ratio:.0f}{row.unit}" if row.unit else figure(row.ratio)
    target = f"≤ {row.target:g}{row.unit}" if row.target >= 1 else f"≤ 1/{1 / row.target:.0f}"
    cpu = figure(row.cpu) if row.cpu is not None else ""
    verdict = "good" if row.good else "over"
    return (row.work, row.ours, row.against, row.theirs, ratio, spread, cpu, target, verdict)


def installed(package: str) -> str:
    """`httpx 0.28.1`."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package


def machine(target: servers.Target) -> str:
    """What was measured, and on what."""
    parts = [
        installed("request-runner"),
        f"Python {platform.python_version()}",
        installed("httpx"),
        f"{os.cpu_count()} cores",
        target.name,
    ]
    return " · ".join(parts)


def measure(bench: Bench, names: list[str]) -> list[Row | Skipped]:
    """Runs the cases, each row printed as soon as it is known."""
    found: list[Row | Skipped] = []
    for name in names:
        try:
            for result in CASES[name](bench):
                print(line(cells(result)) if isinstance(result, Row) else f"{result.work}: skipped, {result.reason}")
                sys.stdout.flush()
                found.append(result)
        except Failed as problem:
            print(f"{name}: not measured, a command failed\n{problem}")
            found.append(Skipped(name, str(problem)))
    return found


def main() -> int:
    """0 when everything could be measured, whatever the ratios; 1 when a command failed."""
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="bench-") as name, servers.target(Path(name)) as target:
        print(machine(target))
        print("medians; rounds: lowest and highest ratio of one round; cpu: ratio of CPU time\n")
        print(line(HEAD))
        bench = Bench(Path(name), target, asked.rounds, cases.options_of_run())
        found = measure(bench, asked.only or list(CASES))
    if asked.json:
        rows = [asdict(result) for result in found]
        asked.json.write_text(json.dumps({"machine": machine(target), "rows": rows}, indent=2) + "\n", "utf-8")
    return int(any(isinstance(result, Skipped) and "\n" in result.reason for result in found))


if __name__ == "__main__":
    sys.exit(main())
