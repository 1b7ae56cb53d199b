"""Forms that the demo's families filled in: one begun, some sent, each as a family does it."""

from __future__ import annotations

import random

from counseling.models import Booking
from gumcheon_portal.demo.families import Town
from questionnaires import answering
from questionnaires.design import Kind, Question

SENT = 6
WORDS = ("과목 선택이 고민이에요.", "지원할 학교를 함께 정하고 싶어요.", "공부 계획을 세우고 싶어요.")


def write(rng: random.Random, town: Town) -> None:
    """The demo parent's form lies begun; some of the coming weeks' families have sent theirs."""
    ahead = Booking.objects.upcoming().for_page().exclude(topic__questionnaire=None)
    mine = ahead.filter(student=town.students[0]).first()
    if mine and (sheet := answering.sheet(mine)):
        first = sheet.version.design.questions[0]
        answering.save(mine, sheet.version, {first.key: _answer(rng, first)}, by=town.people["parent"], revision=0)
    for booking in ahead.exclude(student=town.students[0])[:SENT]:
        if sheet := answering.sheet(booking):
            answers = {one.key: _answer(rng, one) for one in sheet.version.design.questions if not one.is_file}
            answering.send(booking, sheet.version, answers, by=booking.booked_by, revision=0)


def _answer(rng: random.Random, question: Question) -> object:
    """Something that fits; nothing for the kinds that are left out."""
    return {
        Kind.CHOICE: lambda: rng.choice(question.choices),
        Kind.CHOICES: lambda: [question.choices[0]],
        Kind.SCALE: lambda: rng.randint(question.low, question.high),
        Kind.NUMBER: lambda: str(rng.randint(1, 5)),
        Kind.GRADE: lambda: {"scale": 9, "value": f"{rng.randint(150, 480) / 100:.2f}"},
        Kind.LONG: lambda: rng.choice(WORDS),
    }.get(Kind(question.kind), lambda: None)()
