from __future__ import annotations

import re
from datetime import date

import pytest
import time_machine
from django.db import IntegrityError, transaction

from centre import publishing
from centre.differences import GONE, NEW, SAME, compare
from centre.models import PolicyText
from lifecycle.locks import Refused

pytestmark = pytest.mark.django_db

# 표준 개인정보 보호지침 제19조
ITEMS = [
    "처리 목적",
    "처리하는 개인정보의 항목",
    "처리 및 보유 기간",
    "제3자 제공",
    "추가적인 이용·제공",
    "자동으로 수집하는 장치",
    "파기 절차와 방법",
    "민감정보의 공개 가능성",
    "처리의 위탁",
    "가명정보",
    "안전성 확보 조치",
    "처리방침의 변경",
    "개인정보 보호책임자",
    "국내대리인",
    "권리·의무와 행사 방법",
    "열람 청구를 접수·처리하는 부서",
    "구제 방법",
]


def publish(body: str, day: date, kind: str = "terms") -> PolicyText:
    text = publishing.draft(kind)
    PolicyText.objects.filter(pk=text.pk).update(body=body, effective_from=day)
    text.refresh_from_db()
    publishing.publish(text, by=None)
    return text


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False) as traveller:
        yield traveller


def test_the_privacy_notice_that_comes_with_the_house_has_its_seventeen_items_in_order(client):
    publishing.publish_first_texts()
    page = client.get("/centre/policies/privacy/").content.decode()
    headings = re.findall(r"<h2>(\d+)\. (.+?)</h2>", page)

    assert "<h1>개인정보 처리방침</h1>" in page
    assert [int(number) for number, _title in headings] == list(range(1, 18))
    assert all(item in title for item, (_number, title) in zip(ITEMS, headings, strict=True))
    assert "최소한의 정보" in page  # 제18조 제2항


def test_the_first_texts_are_published_once_and_never_over_what_staff_wrote():
    publish("우리 약관", date(2026, 11, 24))

    assert publishing.publish_first_texts() == 3
    assert publishing.publish_first_texts() == 0
    assert PolicyText.objects.get(kind="terms").body == "우리 약관"


def test_a_draft_starts_from_the_newest_version_and_is_taken_up_again():
    publish("하나", date(2026, 11, 24))

    draft = publishing.draft("terms")

    assert (draft.version, draft.body, draft.published_at) == (2, "하나", None)
    assert publishing.draft("terms") == draft


def test_two_clerks_who_open_a_draft_at_once_share_it_or_are_told(transactional_db, at_once):
    drafts = at_once(*[lambda: publishing.draft("terms")] * 4)

    assert PolicyText.objects.filter(kind="terms").count() == 1
    assert all(isinstance(one, PolicyText | Refused) for one in drafts)


@pytest.mark.parametrize("statement", ["update", "delete"])
def test_the_database_refuses_to_change_a_published_text(statement):
    text = publish("하나", date(2026, 11, 24))
    rows = PolicyText.objects.filter(pk=text.pk)

    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        rows.update(body="둘") if statement == "update" else rows.delete()


@pytest.mark.parametrize(
    ("body", "day", "sentence"),
    [
        ("둘", date(2026, 11, 23), "오늘이거나 그 뒤"),
        ("둘", date(2026, 11, 25), "제1판의 시행일보다"),
        ("하나", date(2026, 12, 1), "내용이 같습니다"),
    ],
)
def test_a_text_is_not_published_when_it_would_mislead(body, day, sentence):
    publish("하나", date(2026, 11, 26))

    with pytest.raises(Refused, match=sentence):
        publish(body, day)


def test_a_text_is_published_once():
    text = publish("하나", date(2026, 11, 24))

    with pytest.raises(Refused):
        publishing.publish(text, by=None)


def test_the_page_shows_the_text_in_force_and_announces_the_next_until_its_day(client, today):
    publish("첫째 약관", date(2026, 11, 24))
    publish("둘째 약관", date(2026, 12, 1))

    page = client.get("/centre/policies/terms/").content.decode()
    assert "첫째 약관" in page
    assert "2026. 12. 1.(화)부터 바뀝니다" in page

    today.move_to("2026-11-30 23:59:59+09:00")
    assert "첫째 약관" in client.get("/centre/policies/terms/").content.decode()
    today.move_to("2026-12-01 00:00:00+09:00")
    assert "둘째 약관" in client.get("/centre/policies/terms/").content.decode()
    assert "이전 글입니다" in client.get("/centre/policies/terms/1/").content.decode()


def test_before_and_after_are_shown_with_marks_that_do_not_need_colour(client):
    publish("상담은 무료입니다.\n\n예약은 전화로 합니다.", date(2026, 11, 24))
    publish("상담은 무료입니다.\n\n예약은 누리집에서 합니다.", date(2026, 12, 1))

    page = client.get("/centre/policies/terms/2/changes/").content.decode()

    assert "<del>[뺌: 전화로]</del><ins>[넣음: 누리집에서]</ins>" in page
    assert client.get("/centre/policies/terms/1/changes/").status_code == 404


def test_nobody_outside_reads_a_draft_and_an_unknown_kind_is_not_found(client):
    publishing.draft("terms")

    assert client.get("/centre/policies/terms/").status_code == 404
    assert client.get("/centre/policies/terms/1/").status_code == 404
    assert client.get("/centre/policies/nothing/").status_code == 404


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("가", "가", []),
        ("**가**", "가", []),
        ("가 나", "가 다", [("", [(SAME, "가 "), (GONE, "나"), (NEW, "다")])]),
        ("## 절\n가\n나", "## 절\n가", [("절", [(GONE, "나")])]),
        ("## 절\n가", "## 절\n\n가\n\n나", [("절", [(NEW, "나")])]),
        ("## 옛 절\n가", "## 새 절\n가", [("새 절", [(GONE, "옛"), (NEW, "새"), (SAME, " 절")])]),
        ("| 가 | 나 |\n| --- | --- |", "| 가 | 다 |\n|---|---|", [("", [(SAME, "가 / "), (GONE, "나"), (NEW, "다")])]),
        ("[안내](/a/)", "[안내](/b/)", []),
    ],
)
def test_texts_are_compared_line_by_line_and_word_by_word(before, after, changes):
    compared = compare(before, after)

    assert [(one.heading, [(piece.kind, piece.text) for piece in one.pieces]) for one in compared] == changes
