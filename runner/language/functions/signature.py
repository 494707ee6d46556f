"""What a function of the expression language is: its parameters, and how it is called without surprises.

A function is declared by a decorator that names the kinds of value it takes:

    @function("array|string", "any")          two arguments
    @function("array[number]")                an array whose elements are all numbers
    @function("string?")                      an argument that may be left out
    @function("any...")                       one or more arguments

`Function.apply` checks the arguments and turns every failure into `Refused`, so that no other exception
leaves a function. This file knows no expression and no document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from runner.errors import RunnerError
from runner.language.values import Value, kind, show


class Refused(Exception):
    """A function cannot work with its arguments.

    `message` goes on from the function's name (`wants a string, …`); `argument` is the place, from 0, of the
    argument that is at fault, if it is one.
    """

    def __init__(self, message: str, argument: int | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.argument = argument
        self.hint = hint


class Expression:
    """`&expr` as an argument: call it with an element."""

    __slots__ = ("_run",)

    def __init__(self, run: Callable[[Value], Value]) -> None:
        self._run = run

    def __call__(self, element: Value) -> Value:
        return self._run(element)


class Parameter(NamedTuple):
    """What one argument may be.

    Empty `kinds` allow everything; `elements` are the kinds of an array's elements, all of one.
    """

    name: str
    kinds: frozenset[str] = frozenset()
    elements: frozenset[str] = frozenset()
    wanted: str = "any value"
    optional: bool = False
    repeated: bool = False

    def __str__(self) -> str:
        return f"&{self.name}" if self.is_expression else f"[{self.name}]" if self.optional else self.name

    @property
    def is_expression(self) -> bool:
        return self.kinds == {"expression"}

    def fault(self, value: Value) -> str:
        """What the value is instead of what is wanted; empty where it fits."""
        found = kind(value)
        if self.kinds and found not in self.kinds:
            return f"is {described(value)}"
        if self.elements and found == "array" and value:
            return _element_fault(value, self.elements)
        return ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the expression language; `maximum` is None where any number of arguments may follow."""

    name: str
    call: Callable[..., Value]
    parameters: tuple[Parameter, ...]
    minimum: int
    maximum: int | None
    summary: str = ""
    #: Place of the argument whose null makes the result null.
    subject: int | None = None

    def parameter(self, place: int) -> Parameter:
        """The parameter of an argument's place; the last one stands for all that follow."""
        return self.parameters[min(place, len(self.parameters) - 1)]

    def takes(self, count: int) -> bool:
        return self.minimum <= count and (self.maximum is None or count <= self.maximum)

    @property
    def arity(self) -> str:
        """`2 arguments`, `0 or 1 arguments`, `at least 1 argument`, `no arguments`."""
        if self.maximum is None:
            return f"at least {_arguments(self.minimum)}"
        if self.minimum != self.maximum:
            return f"{self.minimum} or {_arguments(self.maximum)}"
        return _arguments(self.maximum) if self.maximum else "no arguments"

    @property
    def usage(self) -> str:
        """`contains(subject, search)`, as the documentation writes it."""
        more = ", …" if self.maximum is None else ""
        return f"{self.name}({', '.join(map(str, self.parameters))}{more})"

    def apply(self, arguments: Sequence[Value]) -> Value:
        """The result; the number of arguments was checked when the expression was compiled.

        Raises:
            Refused: the arguments are of a wrong kind or value, or the function failed.
            RunnerError: whatever a value that is computed only now says.
        """
        if self.subject is not None and self.subject < len(arguments) and arguments[self.subject] is None:
            return None
        for place, value in enumerate(arguments):
            parameter = self.parameter(place)
            if parameter.kinds:
                fault = parameter.fault(value)
                if fault:
                    raise _unfit(parameter, place, fault, value)
        try:
            return self.call(*arguments)
        except (Refused, RunnerError):
            raise
        except Exception as error:  # a plugin may raise anything
            raise Refused(_reason(error)) from error


def function(*parameters: str, subject: int | None = None) -> Callable[[Callable[..., Value]], Function]:
    """Declares a function: its name is the callable's, without an underscore at the end."""

    def declare(call: Callable[..., Value]) -> Function:
        return make(call.__name__.rstrip("_"), call, parameters, subject=subject)

    return declare


def text_function(*parameters: str, subject: int = 0) -> Callable[[Callable[..., Value]], Function]:
    """A function over a text, which gives null for null."""
    return function(*parameters, subject=subject)


def make(name: str, call: Callable[..., Value], kinds: Sequence[str], *, subject: int | None = None) -> Function:
    """A Function out of a callable and the kinds of its arguments."""
    code = getattr(call, "__code__", None)
    names = code.co_varnames[: len(kinds)] if code is not None else ()
    parameters = tuple(
        _parameter(names[place] if place < len(names) else f"argument{place + 1}", spec)
        for place, spec in enumerate(kinds)
    )
    required = sum(not parameter.optional for parameter in parameters)
    repeated = bool(parameters) and parameters[-1].repeated
    summary = (call.__doc__ or "").strip().partition("\n")[0]
    return Function(name, call, parameters, required, None if repeated else len(parameters), summary, subject)


def _parameter(name: str, spec: str) -> Parameter:
    optional, repeated = spec.endswith("?"), spec.endswith("...")
    kinds: set[str] = set()
    elements: set[str] = set()
    for part in spec.rstrip("?.").split("|"):
        base, _, element = part.rstrip("]").partition("[")
        kinds.add(base)
        elements |= {element} if element else set()
    if "any" in kinds:
        kinds.clear()
    wanted = _wanted(spec.rstrip("?."))
    return Parameter(name.rstrip("_"), frozenset(kinds), frozenset(elements), wanted, optional, repeated)


_PHRASES = {
    "any": "any value",
    "string": "a string",
    "array": "an array",
    "object": "an object",
    "number": "a number",
    "boolean": "a boolean",
    "expression": "an expression (&…)",
    "array[number]": "an array of numbers",
    "array[string]": "an array of strings",
}


def _wanted(spec: str) -> str:
    """`a string, array or object`. Bytes are not named: nobody has them but from `bytes`."""
    phrases = [_PHRASES[part] for part in spec.split("|") if part != "bytes"]
    short = phrases[:1] + [phrase.partition(" ")[2] for phrase in phrases[1:]]
    return short[0] if len(short) == 1 else f"{', '.join(short[:-1])} or {short[-1]}"


def _element_fault(array: Sequence[Value], allowed: frozenset[str]) -> str:
    first = kind(array[0])
    wanted = first if first in allowed else ""
    for place, element in enumerate(array):
        if kind(element) != wanted:
            return f"holds {described(element)} at [{place}]"
    return ""


def _unfit(parameter: Parameter, place: int, fault: str, value: Value) -> Refused:
    wants_text = parameter.kinds <= {"string", "bytes"} and kind(value) in ("number", "boolean")
    hint = "to_string() makes text of it" if wants_text else ""
    return Refused(f"wants {parameter.wanted}, its {ordinal(place)} argument {fault}", place, hint)


def unfit(wanted: str, place: int, value: Value) -> Refused:
    """The refusal of an argument that has the right kind but not the right value."""
    return Refused(f"wants {wanted}, its {ordinal(place)} argument is {described(value)}", place)


def described(value: Value) -> str:
    """A value with its kind: `'x' (string)`, and `null` alone."""
    if value is None:
        return "null"
    if isinstance(value, Expression):
        return "an expression (&…)"
    return f"{show(value)} ({kind(value)})"


def ordinal(place: int) -> str:
    """`1st` for 0."""
    return ("1st", "2nd", "3rd")[place] if place < 3 else f"{place + 1}th"


def _arguments(count: int) -> str:
    return f"{count} argument" if count == 1 else f"{count} arguments"


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (RecursionError, "meets a value that is nested too deep"),
    (OverflowError, "meets a number that is too large"),
    (MemoryError, "needs more memory than there is"),
    (UnicodeError, "meets text that cannot be written as UTF-8"),
)


def _reason(error: Exception) -> str:
    for foreign, reason in _REASONS:
        if isinstance(error, foreign):
            return reason
    return f"failed: {type(error).__name__}: {error}"


_HOLDERS = frozenset({str, list, dict, bytes})


def is_false(value: Value) -> bool:
    """JMESPath's falsehood: null, false, and empty text, array or object. Numbers are true, 0 too."""
    if value is None or value is False:
        return True
    return not value and type(value) in _HOLDERS
