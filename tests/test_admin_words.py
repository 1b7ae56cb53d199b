"""The better Korean of the admin is compiled from what stands in its source, and reaches the pages."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import formats, translation
from django.utils.dateparse import parse_datetime

FOLDER = Path(settings.BASE_DIR) / "gumcheon_portal" / "locale" / "ko" / "LC_MESSAGES"
WORDS = re.compile(
    r'^msgid (?P<id>(?:"[^\n]*"\n)+)(?:msgid_plural (?:"[^\n]*"\n)+)?msgstr(?:\[0\])? (?P<to>(?:"[^\n]*"\n?)+)', re.M
)


def joined(quoted: str) -> str:
    return "".join(re.findall(r'"(.*)"', quoted)).replace('\\"', '"').replace("\\n", "\n")


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_the_compiled_words_are_the_written_ones(domain):
    written = {joined(m["id"]): joined(m["to"]) for m in WORDS.finditer((FOLDER / f"{domain}.po").read_text("utf-8"))}
    with (FOLDER / f"{domain}.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    written.pop("")

    assert written
    # some releases of Python find an entry that has a plural by ngettext alone
    said = {source: {compiled.gettext(source), compiled.ngettext(source, source, 1)} - {source} for source in written}
    assert said == {source: {word} for source, word in written.items()}


def test_they_replace_those_of_django():
    with translation.override("ko"):
        assert translation.gettext("Save and add another") == "저장하고 하나 더 추가"
        assert translation.ngettext("%(counter)s result", "%(counter)s results", 2) % {"counter": 2} == "2건"


def test_dates_in_the_admin_look_like_dates_everywhere():
    moment = parse_datetime("2026-11-24T14:00+09:00")
    with translation.override("ko"):
        assert formats.localize(moment) == "2026. 11. 24.(화) 14:00"
        assert formats.localize(moment.date()) == "2026. 11. 24.(화)"
