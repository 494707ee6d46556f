"""Files that a foreign file names: taken over beside the collection where they can be, else named by a variable.

Paths in a request file are relative to it and stay in its folder; what lies elsewhere has to be put there by hand.
"""

from __future__ import annotations

import re
from posixpath import basename, dirname, join, normpath

from runner.formats.draft import Data, Foreign, Imported, Names, literal, safe_stem
from runner.formats.sealing import from_environment

_LARGEST = 20_000_000
_BESIDE = "put it beside the request file, or set {0}"
_ENDINGS = (".yaml", ".yml")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:")


class Attachments:
    """The files of one collection; `variables` are its own.

    `folder` is where paths start, in the foreign folder, and where the collection's file will lie, in the new one.
    """

    def __init__(self, foreign: Foreign, imported: Imported, names: Names, variables: Data, folder: str = "") -> None:
        self._foreign = foreign
        self._imported = imported
        self._names = names
        self._variables = variables
        self._folder = folder
        self._given: dict[str, str] = {}

    def take(self, path: str, like: str, place: str) -> str:
        """The text for a file's path as the collection writes it.

        `like` names the variable that is made where the file cannot be taken over, `place` says where it is named.
        """
        inside = normpath(path.strip().replace("\\", "/"))
        if not path.strip():
            return self._by_variable("file.bin", like, place, "the foreign file does not say which", "set {0}")
        if _ABSOLUTE.match(inside) or inside.startswith(".."):
            why = f"it lies outside the folder ('{path}'), and files may not"
            return self._by_variable(basename(inside), like, place, why, _BESIDE)
        try:
            content = self._foreign.content(join(self._folder, inside))
        except ValueError as error:
            return self._by_variable(inside, like, place, str(error), _BESIDE)
        if len(content) > _LARGEST:
            why = f"it has {len(content):,} bytes, and was not copied"
            return self._by_variable(inside, like, place, why, _BESIDE)
        own = inside
        if own.endswith(_ENDINGS):  # a folder of collections leaves out names that begin with _
            own = join(dirname(own), f"_{basename(own).lstrip('_')}")
        self._imported.files[join(self._folder, own)] = content
        return literal(own)

    def outside(self, path: str, like: str, place: str) -> str:
        """The text for the path of a key or certificate, which is not copied: the environment says where it lies."""
        given = from_environment(f"{like}_file")
        self._imported.lose(place, f"the path '{path}'", "keys and certificates are not copied", f"set {given[6:-2]}")
        return given

    def put(self, like: str, content: bytes) -> str:
        """Writes bytes that stood in the foreign file into one of their own; gives its path."""
        path, number = f"{safe_stem(like)}.bin", 2
        while self._imported.files.get(join(self._folder, path), content) != content:
            path, number = f"{safe_stem(like)}-{number}.bin", number + 1
        self._imported.files[join(self._folder, path)] = content
        return literal(path)

    def _by_variable(self, path: str, like: str, place: str, why: str, remedy: str) -> str:
        name = self._given.get(path) or self._names.fresh(f"{like}_file")
        self._given[path] = name
        self._variables[name] = literal(path)
        self._imported.lose(place, f"the file '{path}'", why, remedy.format(name))
        return f"{{{{{name}}}}}"
