"""Gathering: never fewer than five of a kind, nothing lost, late ones made coarser."""

from __future__ import annotations

from datetime import date

import pytest

from surveys import answering, gathering
from surveys.answering import Given
from surveys.models import Answer, Comment, Spooled


@pytest.fixture
def answer(invite, scale):
    def answer(number=1, value=5, text="", **fields):
        question = scale.survey.questions.get(kind="text")
        for _ in range(number):
            answering.answer(invite(**fields), Given({scale.pk: value}, {question.pk: text}))

    return answer


def test_four_wait_and_five_go(answer):
    answer(4)
    assert gathering.gather() == 0
    assert Spooled.objects.count() == 4

    answer(1)
    assert gathering.gather() == 5
    assert Spooled.objects.count() == 0
    assert Answer.objects.filter(subject="topic/1", level="middle", quarter=date(2026, 10, 1)).count() == 5


def test_answers_of_different_kinds_do_not_make_a_batch(answer):
    answer(4)
    answer(4, level="high")
    answer(4, subject="topic/2")

    assert gathering.gather() == 0


def test_what_is_left_at_the_end_of_a_quarter_gives_up_the_level_then_what_was_used(answer, monday_morning):
    answer(3)
    answer(2, level="high")  # five of the topic
    answer(4, subject="topic/2")
    answer(1, subject="topic/3")  # five of the survey
    monday_morning.move_to("2026-12-31 23:59+09:00")
    assert gathering.gather() == 0

    monday_morning.move_to("2027-01-01 00:00+09:00")

    assert gathering.gather() == 10
    assert Answer.objects.filter(subject="topic/1", level="", quarter=date(2026, 10, 1)).count() == 5
    assert Answer.objects.filter(subject="", level="", quarter=date(2026, 10, 1)).count() == 5


def test_fewer_than_five_wait_on_and_are_never_dropped(answer, monday_morning):
    answer(4)
    monday_morning.move_to("2027-01-02 00:00+09:00")
    assert gathering.gather() == 0

    answer(1)  # a new one of the new quarter does not make up the number
    assert gathering.gather() == 0
    monday_morning.move_to("2027-04-01 00:00+09:00")

    assert gathering.gather() == 5
    assert Spooled.objects.count() == 0


def test_texts_are_kept_apart_and_wait_to_be_looked_at(answer):
    answer(5, text="김하늘 선생님 최고! 010-0000-0000")

    gathering.gather()

    assert {comment.suspicious for comment in Comment.objects.all()} == {"전화번호, 이름"}
    assert {comment.shown for comment in Comment.objects.all()} == {""}
    assert {field.name for field in Answer._meta.fields} & {"text", "comment", "created_at"} == set()
