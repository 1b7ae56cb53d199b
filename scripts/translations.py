"""Check the words marked for translation: extractable, with named placeholders, and catalogues that fit.

Needs no gettext tools: the templates are cut by Django's own scanner and the code by its syntax.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings
from django.utils.translation.template import templatize

PROJECT = Path(__file__).resolve().parent.parent
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
BARE_PLACEHOLDER = re.compile(r"%[sdr]")
NAMED_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
ENTRY = re.compile(r'^msgid ((?:".*"\s*)+)^msgstr ((?:".*"\s*)+)', re.MULTILINE)


def faults_of_templates() -> Iterator[str]:
    for path in _files("*.html", "*.txt"):
        source = path.read_text(encoding="utf-8")
        try:
            templatize(source, origin=str(path.relative_to(PROJECT)))
        except SyntaxError as error:
            yield f"{path.relative_to(PROJECT)}: {error}"


def faults_of_code() -> Iterator[str]:
    """A message put together before it is translated is never found in a catalogue."""
    for path in _files("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS and node.args
            ):
                continue
            where = f"{path.relative_to(PROJECT)}:{node.lineno}"
            message = node.args[0]
            if not (isinstance(message, ast.Constant) and isinstance(message.value, str)):
                yield f"{where}: {node.func.id}() takes one literal string, not an expression"
            elif len(BARE_PLACEHOLDER.findall(message.value)) > 1:
                yield f"{where}: several %s cannot change places in another language; name them"


def faults_of_catalogues() -> Iterator[str]:
    for path in PROJECT.glob("locale/*/LC_MESSAGES/*.po"):
        for match in ENTRY.finditer(path.read_text(encoding="utf-8")):
            message, translation = ("".join(re.findall(r'"(.*)"', part)) for part in match.groups())
            if translation and _names(message) != _names(translation):
                yield f"{path.relative_to(PROJECT)}: placeholders differ in {message[:60]!r}"


def _names(text: str) -> set[str]:
    return {name for pair in NAMED_PLACEHOLDER.findall(text) for name in pair if name}


def _files(*patterns: str) -> Iterator[Path]:
    skipped = {".venv", "var", "tests", "benchmarks", "node_modules", ".git"}
    for pattern in patterns:
        for path in sorted(PROJECT.rglob(pattern)):
            if not skipped & set(path.relative_to(PROJECT).parts):
                yield path


def main() -> int:
    settings.configure(USE_I18N=True)
    django.setup()
    faults = [*faults_of_templates(), *faults_of_code(), *faults_of_catalogues()]
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
