"""A survey of counselling with one scale, a recommendation and a text; and people who were asked."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine

from accounts.models import User
from surveys.models import Invitation, Question, Survey

NOW = "2026-11-23 09:00+09:00"


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def make_survey(db):
    def make(use="counseling", **fields):
        survey = Survey.objects.create(**{"title": "상담 만족도", "use": use, "is_open": True, **fields})
        for position, (kind, text) in enumerate(
            [("scale", "전체적으로 어떠셨나요?"), ("recommend", "추천하시겠어요?"), ("text", "바라는 점")], 1
        ):
            Question.objects.create(survey=survey, position=position, kind=kind, text=text)
        return survey

    return make


@pytest.fixture
def survey(make_survey):
    return make_survey()


@pytest.fixture
def invite(survey):
    """``invite(survey=…, subject=…)``: a new person asked about a use of their own."""

    def invite(survey=survey, **fields):
        number = User.objects.count() + 1
        person = User.objects.create_user(f"person{number}@example.com", name=f"김하늘{number}")
        values = {"subject": "topic/1", "level": "middle", "used_on": date(2026, 11, 20), "use": f"booking/{number}"}
        return Invitation.objects.create(survey=survey, person=person, **{**values, **fields})

    return invite


@pytest.fixture
def scale(survey):
    return survey.questions.get(kind="scale")
