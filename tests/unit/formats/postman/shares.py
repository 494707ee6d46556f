"""Counts what of the scripts of real Postman collections is translated, by idiom; prints the table of docs.

    python tests/unit/formats/postman/shares.py FOLDER…

Every `pm.expect(…)`, `pm.response.to`, `tests[…] = …` and every call that sets a variable is counted where it stands in
the text of a script, be it ever reached or not; one that a loop repeats counts once. What is never run (in a function
that nobody calls) counts as not translated.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[4]
sys.path.insert(0, str(ROOT))

from runner.formats import postman  # noqa: E402
from runner.formats.draft import Choices, Foreign, ForeignFault, texts  # noqa: E402
from runner.formats.postman import scripts as reading  # noqa: E402
from runner.formats.scripts.machine import effects_in  # noqa: E402
from runner.formats.scripts.state import DONE  # noqa: E402

ASSERTIONS, SETTINGS = "an assertion", "a variable that is set"
#: The first that fits names the idiom.
IDIOMS = (
    ("JSON schema", r"jsonSchema|\.schema\(|tv4|validate\("),
    ("`tests[…] = …`", r"^tests\s*\["),
    ("status", r"have\.status|\.code\b|statusCode|responseCode|to\.be\.(ok|success|error|accepted|badRequest|unauthori|notFound|forbidden)"),
    ("response time", r"responseTime"),
    ("header", r"[hH]eader"),
    ("type", r"\.an?\(|instanceof"),
    ("one of", r"oneOf"),
    ("property, keys", r"\.(nested|own|deep)?\.?(property|keys?|ownProperty)\("),
    ("length", r"lengthOf|\.length"),
    ("include, members", r"\.(include|includes|contain|contains|string|members)\("),
    ("regular expression", r"\.match(es)?\("),
    ("exists, empty", r"\.(exist|exists|empty|null|undefined|ok)\b"),
    ("true, false", r"\.(true|false)\b"),
    ("comparison", r"\.(above|below|least|most|gt|gte|lt|lte|greaterThan|lessThan|within|closeTo)\b"),
    ("equal", r"\.(equal|equals|eql|eq|eqls)\("),
    ("body text", r"\.body\("),
    ("other", ""),
)  # fmt: skip


class Counted(NamedTuple):
    """One assertion or setting: what it is, its idiom, whether it was translated, and the file."""

    what: str
    idiom: str
    translated: bool
    file: str


def counted(path: Path) -> Iterator[Counted]:
    """Every assertion and setting in the scripts of a collection."""
    found: list[Any] = []
    note = reading.Scripts._note

    def noted(self: Any, results: Any) -> None:
        found.append(results)
        note(self, results)

    reading.Scripts._note = noted  # type: ignore[method-assign]
    try:
        imported = postman.load(Foreign(path.stem, path.read_bytes().decode("utf-8-sig", "replace")), Choices())
        texts(imported, "collection.yaml")
    except ForeignFault:
        return
    finally:
        reading.Scripts._note = note  # type: ignore[method-assign]
    for results in found:
        machine = results.machine
        for span, what in effects_in(machine.script.body):
            text = machine.script.source(span._replace(end=span.start + 400)).partition(";")[0]
            done = machine.account.get(span.start) == DONE
            yield Counted(what, _idiom(what, text), done, path.name)


def _idiom(what: str, text: str) -> str:
    if what == SETTINGS:
        return f"`{text.partition('(')[0].strip()}`"
    statement = re.split(r"\n\s*(?:pm\.|tests\[|\}\))", text)[0]
    return next(name for name, pattern in IDIOMS if re.search(pattern, statement))


def share(all_counted: Iterable[Counted]) -> float:
    """The share that is translated."""
    done = [each.translated for each in all_counted]
    return sum(done) / len(done) if done else 1.0


def main() -> None:
    paths = [path for folder in sys.argv[1:] for path in sorted(Path(folder).glob("*.json"))]
    every = [each for path in paths for each in counted(path)]
    for what, title in ((ASSERTIONS, "assertions"), (SETTINGS, "variables that are set")):
        mine = [each for each in every if each.what == what]
        print(f"\n| {title} | found | translated | share |\n|---|---|---|---|")
        for idiom, found in Counter(each.idiom for each in mine).most_common():
            row = [each for each in mine if each.idiom == idiom]
            print(f"| {idiom} | {found} | {sum(each.translated for each in row)} | {share(row):.0%} |")
        print(f"| all | {len(mine)} | {sum(each.translated for each in mine)} | {share(mine):.1%} |")
        worst = Counter(each.file for each in mine if not each.translated).most_common(1)
        for file, lost in worst:
            others = [each for each in mine if each.file != file]
            print(f"\nmost are lost in {file} ({lost}); without it: {share(others):.1%} of {len(others)}")


if __name__ == "__main__":
    main()
