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
PUBLIC = (settings.BASE_DIR / "centre" / "texts" / "privacy.md").read_text(encoding="utf-8")
SAID = {
    row["label"]: row["period"]
    for row in re.finditer(r"^\| (?P<label>[^|]+) \| (?P<period>\d+[일년]) \|", PUBLIC, re.M)
}
OURS = [kind for kind in retention.kinds() if not kind.code.startswith("tests.")]


def test_the_table_lists_every_kind_and_no_other():
    assert set(WRITTEN) == {kind.code for kind in OURS}


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.code)
def test_the_table_says_how_long_and_how(kind):
    row = WRITTEN[kind.code]
    assert row["period"] == str(kind.period)
    assert row["how"].startswith("by itself" if kind.automatic else "two people")


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.code)
def test_the_public_notice_names_it_and_says_how_long(kind):
    assert SAID[kind.label] == str(kind.period)


def test_the_public_notice_promises_no_period_that_nobody_keeps():
    assert set(SAID) == {kind.label for kind in OURS}


def test_the_public_notice_says_that_files_go_by_themselves_and_that_feelings_need_a_consent():
    kind = retention.kind("questionnaires.file")
    assert kind.automatic
    assert f"올리신 파일은 상담이 끝난 날부터 {kind.period}이 지나면 **자동으로 지웁니다.**" in PUBLIC
    assert "「개인정보 보호법」 제23조제1항제1호" in PUBLIC
