"""Text → Query: an expression that is compiled once, checked, and evaluated on any document.

text ─scan─▶ marks ─check_text─▶ (jmespath's parser) ─▶ tree ─Walk─▶ Query ─Interpreter─▶ value
"""

from __future__ import annotations

from collections.abc import Collection

import jmespath

from runner.errors import EvaluationError, RunnerError
from runner.language.query.checks import Name, Walk, faults_of_names
from runner.language.query.faults import QueryFault, check_text, of_syntax, too_deep
from runner.language.query.interpreter import Interpreter, StrictInterpreter, plain
from runner.language.query.tree import Tree, scan
from runner.language.values import Value

_cache: dict[str, Query] = {}
_CACHE_SIZE = 200_000


class Query:
    """A compiled expression. Immutable; equal where the text is.

    `names` are read at the root of the document, `variables` below its `vars`, `uses_env` below `env`.
    `is_path` is true for fields and indexes and nothing else.
    """

    __slots__ = ("is_path", "names", "text", "tree", "uses_env", "variables")

    def __init__(self, tree: Tree, walk: Walk) -> None:
        self.text = tree.text
        self.tree = tree
        self.names: tuple[Name, ...] = tuple(walk.names)
        self.variables: tuple[Name, ...] = tuple(walk.variables)
        self.uses_env: tuple[Name, ...] = tuple(walk.env)
        self.is_path = walk.is_path

    def __repr__(self) -> str:
        return f"Query({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def evaluate(self, document: Value, *, strict: bool = False) -> Value:
        """The value on a document: a dict, or any mapping that reads lazily.

        With `strict` a missing key or variable is an error; else it is null.

        Raises:
            EvaluationError: JMESPath, or a function, cannot go on with the values that it met.
            RunnerError: whatever the document says when it is read.
        """
        interpreter = (StrictInterpreter if strict else Interpreter)(self.tree, document)
        try:
            return plain(interpreter.visit(self.tree.root, document))
        except RunnerError:
            raise
        except RecursionError:
            raise EvaluationError(f"'{self.text}' meets a value that is nested too deep") from None
        except Exception as error:
            message = f"'{self.text}' cannot be evaluated: {type(error).__name__}: {error}"
            raise EvaluationError(message) from error


def compile(text: str) -> Query:
    """The expression of a text.

    Raises:
        QueryFault: everything that is wrong with it whatever the document.
    """
    query = _cache.get(text)
    if query is None:
        query = _compile(text)
        if len(_cache) >= _CACHE_SIZE:
            _cache.clear()
        _cache[text] = query
    return query


def _compile(text: str) -> Query:
    marks = scan(text)
    values = check_text(text, marks)
    try:
        tree = Tree(text, jmespath.compile(text).parsed)
    except (ValueError, LookupError, TypeError, RecursionError) as error:  # its own errors are ValueErrors
        raise of_syntax(text, error) from None
    walk = Walk(tree, marks, values)
    try:
        walk.run()
    except RecursionError:
        raise too_deep(text) from None
    return Query(tree, walk)


def check_names(
    query: Query, known: Collection[str], *, document: str, variables: Collection[str] = ()
) -> list[QueryFault]:
    """A fault for each first name that is not in `known`; `document` is `response` or `variables`.

    `variables` are those below `vars`, for the hint.
    """
    return faults_of_names(query.text, query.names, known, document, variables)
