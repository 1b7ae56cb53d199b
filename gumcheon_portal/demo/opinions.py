"""Invented answers to the surveys of the half-year before this one and of this one, already gathered."""

from __future__ import annotations

import random
from datetime import date, timedelta

from django.utils import timezone

from gumcheon_portal.demo.families import Town
from programs.models import Program
from surveys import answering, inviting, results, uses
from surveys.models import Answer, Asked, Comment, Question, Survey

SHARES = (46, 34, 14, 4, 2)  # of a hundred, best first
LEVELS = ("elementary", "middle", "high")


def fill(rng: random.Random, town: Town) -> None:
    today = timezone.localdate()
    survey = Survey.objects.get(use=Survey.Use.LECTURE)
    programs = list(Program.objects.filter(kind__in=["lecture", "briefing"]).order_by("pk")[:3])
    for day in (results.half_of(today) - timedelta(days=60), results.half_of(today) + timedelta(days=10)):
        for program in programs:
            for level in LEVELS:
                _answered(rng, survey, f"program/{program.pk}", level, day)
    question = survey.questions.get(kind=Question.Kind.TEXT)
    about = {"survey": survey, "question": question, "quarter": answering.quarter_of(today)}
    Comment.objects.create(
        text="자리가 좁아 뒤에서는 화면이 잘 안 보였어요.",
        shown="자리가 좁아 뒤에서는 화면이 잘 보이지 않았다는 의견",
        done_about_it="다음 회차부터 화면을 둘로 늘리고, 앉을 자리를 미리 나누어 안내합니다.",
        looked_at=timezone.now(),
        is_published=True,
        **about,
    )
    Comment.objects.create(text="고1 학생을 위한 설명회도 열어 주세요.", **about)
    Survey.objects.filter(pk=survey.pk).update(is_published=True)
    _ask_one_family(town)


def _ask_one_family(town: Town) -> None:
    """The demo's parent is asked about the last counselling, as the clock would within the hour."""
    survey, now = Survey.objects.get(use=Survey.Use.COUNSELING), timezone.now()
    found = uses.finished(survey.use, since=now - timedelta(days=92), until=now)
    mine = [one for one in found if one.person == town.people["parent"]]
    inviting.ask(survey, mine[-1:], now)


def _answered(rng: random.Random, survey: Survey, subject: str, level: str, day: date) -> None:
    number = rng.randint(6, 18)
    scales = list(survey.questions.exclude(kind=Question.Kind.TEXT))
    Answer.objects.bulk_create(
        Answer(
            survey=survey,
            subject=subject,
            level=level,
            quarter=answering.quarter_of(day),
            values={str(one.pk): _value(rng, one) for one in scales},
        )
        for _ in range(number)
    )
    Asked.objects.create(
        survey=survey, half=results.half_of(day), subject=subject, level=level, invited=number + rng.randint(2, 9)
    )


def _value(rng: random.Random, question: Question) -> int:
    value = rng.choices((5, 4, 3, 2, 1), SHARES)[0]
    return value if question.kind == Question.Kind.SCALE else min(10, 2 * value)
