"""A plan → a Python script with httpx, for people to read and go on with: https://www.python-httpx.org

Plan ─flat_steps─▶ Flat ─calls─▶ client.get(…) ─expressions─▶ captures and assertions behind it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.engine.plan import Plan
    from runner.formats.exported import Exported


def dump(plan: Plan) -> Exported:
    """The script that sends the requests of a plan."""
    from runner.formats.python.scripts import script

    return script(plan)
