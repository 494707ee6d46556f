"""Names within the page for links: made of full names, so that a link holds in the next report of the same suite."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_BETWEEN = re.compile(r"\W+")
_LONGEST = 100


@dataclass(slots=True, eq=False)
class Anchors:
    """Gives each name an anchor of its own; where two would be alike, the later ones are numbered."""

    _given: dict[str, int] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """`Users / Get one` → `r-users-get-one`."""
        anchor = f"r-{_BETWEEN.sub('-', name.lower()).strip('-')[:_LONGEST]}"
        count = self._given[anchor] = self._given.get(anchor, 0) + 1
        return anchor if count == 1 else self.of(f"{anchor[2:]} {count}")
