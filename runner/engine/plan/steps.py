"""Steps: the requests of a collection in order, each with all that it inherits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from runner.engine.build import BaseUrl, merge
from runner.engine.references import Need
from runner.language.model import (
    Assertion,
    AuthSpec,
    Collection,
    Defaults,
    Expression,
    Group,
    RequestSpec,
)


@dataclass(frozen=True, slots=True)
class Step:
    """A request with all that it inherits. `name` is the full one; `skip` says why it is not sent.

    `needs` is what its names end at, `uses` the names themselves; `conditions` are its own `when` and its groups'.
    """

    name: str
    spec: RequestSpec
    groups: tuple[Group, ...] = ()
    settings: Defaults = Defaults()
    base_urls: tuple[BaseUrl, ...] = ()
    auth: AuthSpec | None = None
    asserts: tuple[Assertion, ...] = ()
    conditions: tuple[Expression, ...] = ()
    tags: frozenset[str] = frozenset()
    skip: str = ""
    needs: tuple[Need, ...] = field(default=(), repr=False)
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
        base_urls=_base_urls(collection),
        tags=frozenset(collection.tags),
    )
    yield from _expand_items(collection.requests, outer)


def _base_urls(owner: Collection | Group) -> tuple[BaseUrl, ...]:
    return () if owner.base_url is None else (BaseUrl(owner.base_url, owner.base_url_span),)


def _expand_items(items: Iterable[RequestSpec | Group], outer: Step) -> Iterator[Step]:
    for item in items:
        inherited = replace(
            outer,
            name=f"{outer.name} / {item.name}" if outer.name else item.name,
            tags=outer.tags | frozenset(item.tags),
            skip=outer.skip or _skip_reason(item),
            conditions=(*outer.conditions, item.when) if item.when else outer.conditions,
        )
        if isinstance(item, Group):
            yield from _expand_items(
                item.requests,
                replace(
                    inherited,
                    groups=(*outer.groups, item),
                    settings=_merged(outer.settings, item.defaults),
                    base_urls=outer.base_urls + _base_urls(item),
                ),
            )
        else:
            settings = _merged(outer.settings, item.settings)
            yield replace(inherited, spec=item, settings=settings, asserts=(*item.asserts, *settings.asserts))


def _merged(outer: Defaults, inner: Defaults) -> Defaults:
    return outer if inner == Defaults() else merge([outer, inner])


def _skip_reason(item: RequestSpec | Group) -> str:
    return "skip: true" if item.skip is True else str(item.skip or "")


def who_captures(steps: Iterable[Step]) -> dict[str, str]:
    """Captured names, each with the first request that captures it."""
    found: dict[str, str] = {}
    for step in steps:
        for capture in step.spec.captures:
            found.setdefault(capture.name, step.name)
    return found
