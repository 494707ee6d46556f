"""Expressions: compile, check, evaluate, explain. With `functions` the only door to jmespath.

    tree          places of nodes in the text
    faults        what is wrong with a text, and what to write instead
    checks        what is wrong with a tree; the names it reads
    misses        which step of a path leads nowhere
    interpreter   the value on a document
    compiled      Query, compile, check_names
    explanation   why an assertion is not true
    inputs        the values that an expression reads of a document

Nothing here knows what a response or a variable is: a document is any mapping.
"""

from runner.language.query.checks import Name
from runner.language.query.compiled import Query, check_names, compile
from runner.language.query.explanation import Finding, explain
from runner.language.query.faults import QueryFault
from runner.language.query.inputs import inputs
from runner.language.query.misses import Miss

__all__ = [
    "Finding",
    "Miss",
    "Name",
    "Query",
    "QueryFault",
    "check_names",
    "compile",
    "explain",
    "inputs",
]
