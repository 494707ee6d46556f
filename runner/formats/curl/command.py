"""One transfer of a curl command: all that its options say, collected by what it is about. It translates nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from runner.formats.curl.nodes import Word
from runner.formats.curl.options import Option

_DATA = frozenset({"data", "data-binary", "data-raw", "data-urlencode", "json"})
#: Each says where the answer of one URL goes, in the order of the URLs.
_OUTPUTS = frozenset({"output", "remote-name"})
_FORMS = frozenset({"form", "form-string"})


class Stdin(NamedTuple):
    """What a command reads from standard input: a text, the output of `cat FILE`, or what is not known."""

    text: Word | None = None
    path: Word | None = None


@dataclass(slots=True)
class Given:
    """The options between two `--next`. `lists` are those that may come several times, in order."""

    urls: list[Word] = field(default_factory=list)
    data: list[Option] = field(default_factory=list)
    forms: list[Option] = field(default_factory=list)
    values: dict[str, list[Word]] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    outputs: list[Option] = field(default_factory=list)

    def add(self, option: Option) -> None:
        if option.name == "url":
            self.urls.append(option.value)
        elif option.name in _DATA:
            self.data.append(option)
        elif option.name in _FORMS:
            self.forms.append(option)
        elif option.takes_argument:
            self.values.setdefault(option.name, []).append(option.value)
        else:
            self.switches.pop(option.name, None)  # the last one counts, also among those that exclude one another
            self.switches[option.name] = option.on
        if option.name in _OUTPUTS:
            self.outputs.append(option)

    def is_on(self, name: str) -> bool:
        return self.switches.get(name, False)

    def last_of(self, *names: str) -> str:
        """The last of some switches that is on; empty for none."""
        return next((name for name in reversed(self.switches) if name in names and self.switches[name]), "")

    def last(self, name: str) -> Word | None:
        """The argument of an option, the last of which counts."""
        found = self.values.get(name)
        return found[-1] if found else None

    def every(self, name: str) -> list[Word]:
        return self.values.get(name, [])

    def names(self) -> Iterator[str]:
        """The options that are given and not switched off, apart from data and URLs."""
        yield from self.values
        yield from (name for name, on in self.switches.items() if on)


def transfers(options: Iterable[Option]) -> list[Given]:
    """The options of each part of a command line, cut at `--next`."""
    found = [Given()]
    for option in options:
        if option.name == "next":
            found.append(Given())
        else:
            found[-1].add(option)
    return [given for given in found if given.urls or len(found) == 1]
