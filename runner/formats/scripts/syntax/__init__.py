"""JavaScript text → nodes, as `tree` has them.

    parsed        the parser's tree
    reader        makes nodes by tables
    literals · expressions · statements   the tables, with the function of each type of node

What a script means is not known here.
"""

from __future__ import annotations

from functools import lru_cache

from runner.formats.scripts import tree
from runner.formats.scripts.syntax.expressions import EXPRESSIONS, PATTERNS
from runner.formats.scripts.syntax.literals import LITERALS
from runner.formats.scripts.syntax.parsed import broken_lines, is_deep, parsed
from runner.formats.scripts.syntax.reader import Reader
from runner.formats.scripts.syntax.statements import STATEMENTS, statements_of

_READER = Reader({**LITERALS, **EXPRESSIONS, **STATEMENTS}, PATTERNS)


@lru_cache(maxsize=4096)
def parse(text: str) -> tree.Script:
    """The script of a text; what is no JavaScript in it is left out and its lines are named."""
    root = parsed(text)
    if is_deep(root):
        return tree.Script(text, (), (1,))
    broken = tuple(sorted(set(broken_lines(root)))) if root.has_error else ()
    return tree.Script(text, tuple(statements_of(_READER, root)), broken)
