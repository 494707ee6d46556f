"""What an exporter gives: a foreign text, further files beside it, and what could not be said in the foreign format.

    Collection ─plan─▶ Plan ─dump─▶ Exported

An exporter is a module of this folder with `dump(plan: Plan) -> Exported`. The plan is that of one file, with the
chosen environment; without one, names that only environments declare count as defined, and their values are not known.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.formats.draft import Loss

__all__ = ["Exported", "Loss"]


@dataclass(slots=True, eq=False)
class Exported:
    """The text of the foreign file, files beside it by relative path, and the losses by their place in our file."""

    text: str
    files: dict[str, str] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)

    def lose(self, path: str, what: str, why: str, remedy: str = "") -> None:
        self.losses.append(Loss(path, what, why, remedy))
