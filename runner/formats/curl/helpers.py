"""Functions of the shell that an exported script brings along, and that an import reads by their names."""

from __future__ import annotations

from collections.abc import Mapping

#: `whole BASE URL` and `header NAME`; the latter reads the file that `-D "$headers"` wrote.
FUNCTIONS: Mapping[str, str] = {
    "whole": "whole() {  # a URL that may be relative\n"
    '  case ${2%%\\?*} in *://*) echo "$2" ;; *) echo "${1%/}/${2#/}" ;; esac\n'
    "}",
    "header": "header() {  # of the last answer\n"
    "  tr -d '\\r' < \"$headers\" | awk -v name=\"$1:\" '\n"
    "    /^HTTP\\// { value = \"\" } tolower($1) == name { sub(/^[^:]*: */, \"\"); value = $0 }\n"
    "    END { print value; exit value == \"\" }'\n"
    "}",
}


def without_helpers(text: str) -> str:
    """A script without their definitions, every other line where it was."""
    for function in FUNCTIONS.values():
        text = text.replace(function, "\n" * function.count("\n"))
    return text
