"""The part of the page that is printed and needs no JavaScript: the summary, the collections, what failed and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TextIO

from runner.engine.results import CollectionResult, Outcome, RunResult, StepResult, TokenResult
from runner.reporters import records, words
from runner.reporters.html_report.marked import html, marked, plain_html
from runner.reporters.html_report.spool import Spool
from runner.reporters.style import Marks
from runner.reporters.words import duration_words

MARKS = Marks()
_BAD = (Outcome.FAILED, Outcome.ERRORED)
#: More are not written out: a page with ten thousand failures would be slow, and nobody prints them.
_MOST = 200


@dataclass(slots=True, eq=False)
class Failures:
    """What did not pass, as markup."""

    text: Spool = field(default_factory=Spool)
    count: int = 0

    def step(self, result: StepResult, anchor: str) -> None:
        """A request, if it did not pass."""
        if result.outcome in _BAD:
            took = duration_words(result.elapsed) if result.elapsed else ""
            said = (result.method, result.url, "" if result.status is None else str(result.status), took)
            lines = words.failure_lines(result, marked)
            self._add(result.outcome, anchor, f"{result.collection}: {result.name}", said, lines)

    def token(self, result: TokenResult, collection: str, anchor: str) -> None:
        """A token step, if it did not pass."""
        if result.fault is not None:
            said = (result.method, result.url, "" if result.status is None else str(result.status))
            lines = words.fault_lines(result.fault, marked)
            self._add(result.outcome, anchor, f"{collection}: token: {result.name}", said, lines)

    def _add(self, outcome: Outcome, anchor: str, name: str, said: Iterable[str], lines: Iterable[str]) -> None:
        self.count += 1
        if self.count <= _MOST:
            heading = f"{MARKS.of(outcome)} {plain_html(name)}"
            self.text.write(
                f'<article id="{plain_html(anchor)}" class="{outcome.value}">\n<h3>{heading}</h3>\n'
                f"<p>{plain_html('  '.join(filter(None, said)))}</p>\n<pre>{html(lines)}</pre>\n</article>\n"
            )

    def pour(self, target: TextIO) -> None:
        """Writes all of them, and how many are not written out."""
        self.text.pour(target)
        if (left := self.count - _MOST) > 0:
            target.write(f"<p>… and {left:,} more; the page shows them where JavaScript may run.</p>\n")


class Summary(NamedTuple):
    """The run as the head of the page tells it; `counts` are those of the outcomes."""

    result: RunResult
    counts: Mapping[str, int]
    passed: bool

    @property
    def title(self) -> str:
        """What a tab of the browser says."""
        return plain_html(f"{self.mark} {self._counted()}: {_names(self.result)}")

    @property
    def verdict(self) -> str:
        """How the run went, in a few words."""
        return plain_html(self._counted())

    @property
    def mark(self) -> str:
        """One character for it."""
        return MARKS.passed if self.passed else MARKS.failed

    @property
    def outcome(self) -> str:
        """The outcome that gives the page its colour."""
        bad = next((outcome for outcome in _BAD if self.counts[outcome]), None)
        return (bad or (Outcome.ERRORED if self.result.interrupted else Outcome.PASSED)).value

    @property
    def names(self) -> str:
        """Whose report it is."""
        return plain_html(_names(self.result))

    def facts(self, moment: str | None) -> str:
        """When it was (RFC 3339, in UTC) and how long it took."""
        at = f'<time datetime="{moment}">{moment[:19].replace("T", " ")} UTC</time> · ' if moment else ""
        return f"{at}{plain_html(words.summary(self.result))}"

    def share(self) -> str:
        """A bar of the outcomes, each as wide as its share. Not by `style`, which the page's policy forbids."""
        found, at = "", 0
        for outcome, number in self.counts.items():
            if number:
                found += f'<rect class="{outcome}" x="{at}" width="{number}" height="1"/>'
                at += number
        box = f'viewBox="0 0 {at} 1" preserveAspectRatio="none" aria-hidden="true"'
        return f'<svg class="share" {box}>{found}</svg>\n' if at else ""

    def _counted(self) -> str:
        """`2 failed, 1 errored`, `all 17 passed`, `nothing was run`."""
        total, good = sum(self.counts.values()), self.counts[Outcome.PASSED]
        bad = [f"{self.counts[outcome]:,} {outcome.value}" for outcome in _BAD if self.counts[outcome]]
        if self.result.interrupted:
            return ", ".join(["interrupted", *bad])
        if bad:
            return ", ".join(bad)
        if not total:
            return "nothing was run"
        return f"all {total:,} passed" if good == total else f"{good:,} passed, {total - good:,} skipped"


def collections(result: RunResult) -> Iterator[str]:
    """A row of the table for each collection."""
    return map(_collection, result.collections)


def _collection(result: CollectionResult) -> str:
    counts = records.counts(result.steps).values()
    cells = "".join(f"<td>{count or ''}</td>" for count in counts)
    name = f'<th scope="row">{plain_html(result.name)} <span class="place">{plain_html(result.path)}</span></th>'
    return f"<tr>{name}{cells}<td>{duration_words(result.elapsed)}</td></tr>\n"


def _names(result: RunResult) -> str:
    found = [collection.name for collection in result.collections]
    return ", ".join(found) if 0 < len(found) <= 3 else f"{len(found):,} collections"
