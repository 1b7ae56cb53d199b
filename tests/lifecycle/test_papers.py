"""What ``docs/privacy.md`` says about periods is what the code does."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from lifecycle import retention

ROW = re.compile(r"^\| `(?P<code>[a-z_.]+)` \|[^|]+\| (?P<period>[^|]+) \| (?P<how>[^|]+) \|$", re.M)
WRITTEN = {
    row["code"]: row for row in ROW.finditer((settings.BASE_DIR / "docs" / "privacy.md").read_text(encoding="utf-8"))
}
OURS = [kind for kind in retention.kinds() if not kind.code.startswith("tests.")]


def test_the_table_lists_every_kind_and_no_other():
    assert set(WRITTEN) == {kind.code for kind in OURS}


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.code)
def test_the_table_says_how_long_and_how(kind):
    row = WRITTEN[kind.code]
    assert row["period"] == str(kind.period)
    assert row["how"].startswith("by itself" if kind.automatic else "two people")
