"""What the rows of a loop capture: each row its own values, and after the loop the list of them."""

from __future__ import annotations

from runner.engine.flow.session import State
from runner.engine.plan import Step
from runner.language.values import Value

_ABSENT = object()


class Gathered:
    """The captures of a loop's rows. A row sees its own and those from before the loop, not those of another row."""

    def __init__(self, steps: tuple[Step, ...], state: State) -> None:
        self._state = state
        self._taken: dict[str, list[Value]] = {c.name: [] for step in steps for c in step.spec.captures}
        self._lacking: dict[str, str] = {}
        self._passed: dict[str, str] = {}
        self._before = {name: state.captures.values.get(name, _ABSENT) for name in self._taken}
        self._untaken = {name: state.untaken.get(name) for name in self._taken}

    def begin(self) -> None:
        """Another row."""
        state = self._state
        for name, value in self._before.items():
            state.partial.pop(name, None)
            state.untaken.pop(name, None)
            state.captures.values.pop(name, None)
            if value is not _ABSENT:
                state.captures.values[name] = value
            elif (reason := self._untaken[name]) is not None:
                state.untaken[name] = reason
        state.fresh -= self._taken.keys()
        state.passed -= self._taken.keys()

    def add(self) -> None:
        """A row is done."""
        state = self._state
        for name, values in self._taken.items():
            if name in state.fresh:
                values.append(state.captures.values[name])
            elif name in state.passed:
                self._passed[name] = state.untaken.get(name, "")
            else:
                self._lacking.setdefault(name, state.untaken.get(name, ""))
            if name in state.partial:
                self._lacking.setdefault(name, state.partial[name])

    def lack(self, reason: str) -> None:
        """What is left of the rows is not run."""
        for name in self._taken:
            self._lacking.setdefault(name, reason)

    def keep(self, *, empty: bool) -> None:
        """After the loop a name stands for the list of all rows' values."""
        state = self._state
        self.begin()
        for name, values in self._taken.items():
            if values or empty:
                state.untaken.pop(name, None)
                state.captures.values[name] = values
                state.fresh.add(name)
                if name in self._lacking:
                    state.partial[name] = self._lacking[name]
            elif name in self._lacking:
                state.captures.values.pop(name, None)
                state.untaken[name] = self._lacking[name]
            else:
                state.passed.add(name)
                if self._passed.get(name):
                    state.untaken[name] = self._passed[name]


class Ungathered:
    """Stands for the captures of rows that are not there yet."""

    def begin(self) -> None:
        """Another row."""

    def add(self) -> None:
        """A row is thought of."""

    def lack(self, reason: str) -> None:
        """What is left of the rows is not thought of."""

    def keep(self, *, empty: bool) -> None:
        """After the loop."""
