"""The scripts of a foreign collection, read and never run: what they mean goes into drafts, the rest stays a comment.

    code ─read─▶ results ─put─▶ variables, headers, captures, assertions of a request │ what is left, and losses

    before    what a script does to its request before that is sent
    judging   what it does with the response
    calls     the requests that it sends; sent, how their options are read
    handing   what later requests see of what it sets

What a script means is `scripts`' matter, with the dialect of its tool. Without the parser (an extra) every script is
left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, NamedTuple

from runner.formats.draft import Comment, Data, Names, Unique
from runner.formats.scripted.before import Text, change
from runner.formats.scripted.calls import calls, carried, with_variables
from runner.formats.scripted.handing import hand_on, used_in_texts
from runner.formats.scripted.judging import judge
from runner.formats.scripts import drafts
from runner.formats.scripts.dialect import Dialect
from runner.formats.scripts.kinds import kind
from runner.formats.scripts.machine import Machine
from runner.formats.scripts.postman import lose_unset
from runner.formats.scripts.results import Results, results
from runner.formats.scripts.slices import left
from runner.formats.variables import Kinds

#: Told of what is lost: place, what, why, remedy.
Lose = Callable[[str, str, str, str], None]
_KEPT = "it is kept as a comment at its place"


class Code(NamedTuple):
    """A script: `word` is what its tool calls its phase, `place` is where it stands.

    `is_before`: whether it is done before its request. `facts` are what is known of that, such as `requestName`; `line`
    is that of its first line in the file, 0 where places have no lines.
    """

    text: str
    word: str
    place: str
    is_before: bool
    dialect: Dialect
    facts: tuple[tuple[str, str], ...] = ()
    line: int = 0


class Read(NamedTuple):
    """A script that was read; without a parser there is nothing found."""

    code: Code
    found: Results | None

    @property
    def only_asserts(self) -> bool:
        """Whether the script does no more than judge each response in the same way."""
        if self.found is None or self.code.is_before:
            return False
        exchange = self.found.exchange(0)
        return not (self.found.sent or exchange.captures or any(check.schema is not None for check in exchange.checks))


@dataclass(slots=True, eq=False)
class Scripts:
    """The scripts of one collection of a tool."""

    tool: str
    names: Names
    kinds: Kinds
    lose: Lose
    #: The scripts of requests, folders and collections, by the id of what has them.
    _own: dict[int, list[Read]] = field(default_factory=dict)
    #: Names to which scripts give a value before requests, each with the name that it has in the request.
    _given: list[tuple[Data, dict[str, str]]] = field(default_factory=list)
    #: Names that scripts look at, and those that they set.
    _looked_at: set[str] = field(default_factory=set)
    _set: set[str] = field(default_factory=set)
    #: The requests that scripts send before and after a request, by its id.
    _sent: dict[int, tuple[list[Data], list[Data]]] = field(default_factory=dict)

    def read(self, owner: object, codes: Iterable[Code]) -> None:
        """Reads the scripts of something; from here on it is known of what kinds the variables are that they set."""
        self._own[id(owner)] = [self._read(code) for code in codes if code.text.strip()]

    def _read(self, code: Code) -> Read:
        if find_spec("tree_sitter") is None or find_spec("tree_sitter_javascript") is None:
            return Read(code, None)
        from runner.formats.scripts.syntax import parse

        machine = Machine(parse(code.text), "before" if code.is_before else "after", dict(code.facts), code.dialect)
        machine.run_script()
        found = results(machine, self.names)
        self._looked_at |= found.read
        for name, setting in found.variables.items():
            self._gives(name, setting.term)
        for exchange in found.exchanges.values():
            for capture in exchange.captures:
                self._gives(capture.name, capture.term)
        return Read(code, found)

    def _gives(self, name: str, term: Any) -> None:
        self._set.add(name)
        self.kinds.add(name, kind(term) or "")

    def done_for(self, owner: object, around: Iterable[Read], words: Sequence[str]) -> list[Read]:
        """The scripts that are done for a request, in order; `words` are those of the phases, in order.

        Those around it are done before its own before it is sent, and after its own after it.
        """
        outer = list(around)
        after = [read for read in reversed(outer) if not read.code.is_before]
        every = [*(read for read in outer if read.code.is_before), *self._own[id(owner)], *after]
        return sorted(every, key=lambda read: words.index(read.code.word))

    def for_all(self, owner: object, defaults: Data) -> list[Read]:
        """The scripts of a folder that are put into each request in it; what others assert goes to its defaults."""
        own = self._own[id(owner)]
        judges = [read.found for read in own if read.found is not None and read.only_asserts]
        items = [item for found in judges for item in drafts.assertions(found.exchange(0), 0, found.machine.lose)]
        defaults["assert"] = [*(defaults.get("assert") or []), *items]
        return [read for read in own if not read.only_asserts]

    def rename(self, reads: Iterable[Read]) -> None:
        """For one request: names to which scripts give a new value that looks at the old one are the new value's."""
        before = (read.found for read in reads if read.found is not None and read.code.is_before)
        self.names.renamed = {name: ours for found in before for name, ours in found.renamed.items()}

    def put(self, reads: Iterable[Read], draft: Data, text: Text, levels: list[Data], unique: Unique) -> None:
        """Puts what scripts come to into a request, in the order in which they are run; ends `rename`.

        `levels` are what is known of variables, `unique` gives names to requests that the scripts send.
        """
        self.names.renamed = {}
        new: dict[str, str] = {}
        given: dict[str, str] = {}
        around = self._sent.setdefault(id(draft), ([], []))
        for read in reads:
            if read.found is None:
                continue
            if read.code.is_before:
                around[0].extend(_before(read.found, draft, text, levels, unique))
                new |= read.found.renamed_ours
                given |= _own_names(read.found)
                judge(read.found, draft)
            else:
                found = read.found.after_names(new) if new else read.found
                judge(found, draft)
                around[1].extend(calls(found, f"{draft['name']}, then", unique, levels))
                _take_away(found, given)
        self._given.append((draft, given))

    def with_sent(self, draft: Any) -> Iterator[Any]:
        """A request, with those that its scripts send before it and after it."""
        before, after = self._sent.get(id(draft), ((), ()))
        yield from (*before, draft, *after)

    def left_of(self, owner: object) -> Iterator[Comment]:
        """What is left of the scripts of something, as comments; tells what was lost. Asked once all have been put."""
        for read in self._own[id(owner)]:
            code = read.code
            if read.found is None:
                why = "reading scripts needs the packages tree-sitter and tree-sitter-javascript"
                remedy = f"pip install tree-sitter tree-sitter-javascript; {_KEPT}"
                self.lose(code.place, f"a {code.word} script", why, remedy)
                yield self._comment(code, code.text)
            elif read.found.losses:
                for lost in dict.fromkeys(read.found.losses):
                    self.lose(_place(code, lost.span.line), lost.what, lost.why, _KEPT)
                script = read.found.machine.script
                yield self._comment(code, left(script, [lost.span for lost in read.found.losses]))

    def _comment(self, code: Code, text: str) -> Comment:
        begin = f"{self.tool}'s {code.word} script, of which this has no translation:"
        return Comment("\n".join([begin, *text.strip("\n").split("\n")]))

    def settle(self, collection: Data) -> None:
        """What a script sets before a request, later requests see too; what none has set yet is null."""
        hand_on(collection, self._given)
        set_later = self._set | {name for _, names in self._given for name in names}
        levels = (collection["variables"], collection.get("secrets") or {}, *collection["environments"].values())
        known = {name for level in levels for name in level}
        texts = used_in_texts(collection)
        for name in sorted(self._looked_at - known):
            if name in set_later or name not in texts:
                collection["variables"][name] = None


def _before(found: Results, draft: Data, text: Text, levels: list[Data], unique: Unique) -> list[Data]:
    """What a script does before its request; gives the requests that it sends, with the variables they need."""
    first = calls(found, f"{draft['name']}, first", unique, levels)
    change(found, draft, text)
    needed = {name for each in found.sent for name in carried(found, each)} if first else set()
    own = draft.get("variables") or {}
    if needed:
        with_variables(first[0], {name: own.pop(name) for name in sorted(needed) if name in own})
    return first


def _take_away(found: Results, given: dict[str, str]) -> None:
    """A variable that is set before a request and taken away after it is the request's alone."""
    for effect in found.unset:
        if given.pop(effect.name, None) is None:
            lose_unset(found.machine, effect.span)


def _own_names(found: Results) -> dict[str, str]:
    """The names that a script sets, with those that their values have in the request."""
    old = {new: old for old, new in found.renamed_ours.items()}
    return {old.get(name, name): name for name in found.variables}


def _place(code: Code, line: int) -> str:
    return f"{code.place}:{code.line + line - 1}" if code.line else f"{code.place}, {code.word} script, line {line}"
