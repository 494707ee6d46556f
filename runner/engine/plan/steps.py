"""Steps: the requests of a collection in order, each with all that it inherits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from runner.diagnostics import Span
from runner.engine.auth.base import LoginSpec
from runner.engine.build import BaseUrl, merge
from runner.engine.references import Need
from runner.language.model import (
    AUTH_KEYS,
    Assertion,
    AuthSpec,
    Collection,
    DataFile,
    Defaults,
    Expression,
    ForEach,
    Group,
    RequestSpec,
    Template,
    holds_key,
)

SETUP, TEARDOWN = "setup", "teardown"


class Condition(NamedTuple):
    """A `when`. `depth` is the number of groups down to its owner; one more where the owner is the request itself."""

    expression: Expression
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A `for_each`: `name` is its owner's full one, `span` the place of that name, `depth` as in Condition.

    `skip` is that of its owner, `conditions` those of the groups around it, `needs` what these and the list ask for:
    they are looked at before there is a row. The owner's own `when` is looked at for each row.
    """

    name: str
    span: Span
    for_each: ForEach
    depth: int
    of_group: bool
    skip: str = ""
    conditions: tuple[Condition, ...] = ()
    needs: tuple[Need, ...] = field(default=(), repr=False)


class Step(NamedTuple):
    """A request with all that it inherits. `name` is the full one; `skip` says why it is not sent.

    `login` is the login call of its `auth`, if that is one. `needs` is what its names end at, `uses` the names
    themselves; `conditions` are its own `when` and its groups'. `loops` repeat it, the outermost first. `part` is
    SETUP, TEARDOWN or empty.
    """

    name: str
    spec: RequestSpec
    groups: tuple[Group, ...] = ()
    settings: Defaults = Defaults()
    base_urls: tuple[BaseUrl, ...] = ()
    auth: AuthSpec | None = None
    login: LoginSpec | None = None
    asserts: tuple[Assertion, ...] = ()
    conditions: tuple[Condition, ...] = ()
    loops: tuple[Loop, ...] = ()
    part: str = ""
    tags: frozenset[str] = frozenset()
    skip: str = ""
    needs: tuple[Need, ...] = ()
    uses: tuple[str, ...] = ()

    def waits_for(self) -> Iterator[str]:
        """Names of captures that must have been taken."""
        return (need.name for need in self.needs if need.kind == "capture" and not need.optional)

    def reads(self) -> set[str]:
        """Names of all captures that it uses if they are there."""
        return {need.name for need in self.needs if need.kind == "capture"}


def expand(collection: Collection) -> Iterator[Step]:
    outer = Step(
        name="",
        spec=RequestSpec(),
        settings=merge([collection.defaults]),
        base_urls=base_urls_of(collection),
        tags=frozenset(collection.tags),
    )
    for part, items in ((SETUP, collection.setup), ("", collection.requests), (TEARDOWN, collection.teardown)):
        yield from _expand_items(items, outer._replace(name=part, part=part))


def base_urls_of(owner: Collection | Group) -> tuple[BaseUrl, ...]:
    """The base URL that a collection or group declares, if it does."""
    return () if owner.base_url is None else (BaseUrl(owner.base_url, owner.base_url_span),)


def _expand_items(items: Iterable[RequestSpec | Group], outer: Step) -> Iterator[Step]:
    for item in items:
        depth = len(outer.groups) + 1
        inherited = outer._replace(
            name=" / ".join(filter(None, (outer.name, item.name))),  # an included file has no name of its own
            tags=outer.tags | frozenset(item.tags),
            skip=outer.skip or _skip_reason(item),
            conditions=(*outer.conditions, Condition(item.when, depth)) if item.when else outer.conditions,
        )
        if item.for_each is not None:
            inherited = inherited._replace(loops=(*outer.loops, _loop(item, item.for_each, outer, inherited)))
        if isinstance(item, Group):
            yield from _expand_items(
                item.requests,
                inherited._replace(
                    groups=(*outer.groups, item),
                    settings=_merged(outer.settings, item.defaults),
                    base_urls=outer.base_urls + base_urls_of(item),
                ),
            )
        else:
            settings = _merged(outer.settings, item.settings)
            yield inherited._replace(spec=item, settings=settings, asserts=(*item.asserts, *settings.asserts))


def _loop(item: RequestSpec | Group, for_each: ForEach, outer: Step, inherited: Step) -> Loop:
    return Loop(
        name=inherited.name,
        span=item.name_span,
        for_each=for_each,
        depth=len(outer.groups) + 1,
        of_group=isinstance(item, Group),
        skip=inherited.skip,
        conditions=outer.conditions,
    )


def _merged(outer: Defaults, inner: Defaults) -> Defaults:
    return outer if inner == Defaults() else merge([outer, inner])


def _skip_reason(item: RequestSpec | Group) -> str:
    return "skip: true" if item.skip is True else str(item.skip or "")


def has_environments(collection: Collection) -> bool:
    """Whether a collection, or a file that it includes, declares environments."""
    return bool(collection.environments) or any(
        group.environments for step in expand(collection) for group in step.groups
    )


def who_captures(steps: Iterable[Step]) -> dict[str, str]:
    """Captured names, each with the first request that captures it."""
    found: dict[str, str] = {}
    for step in steps:
        for capture in step.spec.captures:
            found.setdefault(capture.name, step.name)
    return found


def asking_again(step: Step) -> Iterator[Expression]:
    """The expressions over a response that say whether and where to ask again; its captures are not taken yet."""
    poll, paginate = step.spec.poll, step.spec.paginate
    found = (poll.until if poll else None, *((paginate.next, paginate.items) if paginate else ()))
    yield from filter(None, found)


def extras(step: Step) -> Iterator[tuple[str, Span]]:
    """The extras of this package that a step's settings ask for, as far as they stand in the file."""
    for found in [step.settings] if step.login is None else [step.settings, step.login.settings]:
        if found.http2 is not None and found.http2.value is True:
            yield "http2", found.http2.span
        if found.proxy is not None and isinstance(found.proxy.value, str) and found.proxy.value.startswith("socks"):
            yield "socks", found.proxy.span


def data_files(step: Step) -> Iterator[DataFile]:
    """The data files that its loops name as they stand, without a template."""
    for loop in step.loops:
        over = loop.for_each.over
        if isinstance(over, DataFile) and not isinstance(over.path, Template):
            yield over


def files(step: Step) -> Iterator[tuple[str, str, Span]]:
    """The files that a step names as they stand, without a template: key, path and place."""
    for spec in (step.spec,) if step.login is None else (step.spec, step.login.spec):
        named = spec.body.files() if spec.body else ()
        yield from (("file", it.value, it.span) for it in named if isinstance(it.value, str))
    blocks = [step.auth] if step.login is None else [step.auth, step.login.auth]
    settings = [step.settings] if step.login is None else [step.settings, step.login.settings]
    for found in settings:
        declared = {"verify": found.verify, **(found.client_cert._asdict() if found.client_cert else {})}
        declared.pop("password", None)
        yield from ((name, it.value, it.span) for name, it in declared.items() if it and isinstance(it.value, str))
    for block in filter(None, blocks):
        keys = AUTH_KEYS[block.type or "none"]
        for name, field_ in block.fields.items():
            is_path = name in keys and keys[name].wants == "file" and isinstance(field_.value, str)
            if is_path and not holds_key(field_.value):
                yield name, field_.value, field_.span


def targets(step: Step) -> Iterator[tuple[str, str, Span]]:
    """The files that a step writes and names as they stand: key, path and place."""
    target = step.spec.save_to
    if target is not None and isinstance(target.value, str):
        yield "save_to", target.value, target.span
