"""The plan into the rooms. What is there already stays as staff left it, so loading again changes nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from centre import public_holidays, publishing
from centre.models import Centre
from counseling.models import Topic
from gumcheon_portal.plan import money
from intake.models import RuleSet
from programs.models import Program
from questionnaires import building
from questionnaires.design import Design
from questionnaires.models import Questionnaire
from surveys.models import Question, Survey

PLAN = Path(__file__).resolve().parent
RULES = "상담 기본 규칙"  # the house's defaults, for staff to change
RECOMMEND = "다른 분께 추천하고 싶은 마음은 어느 정도인가요? (10이 가장 큽니다)"


@transaction.atomic
def load() -> dict[str, int]:
    """Add what is missing; say how many of each kind were added."""
    return {
        "센터 정보": int(Centre.objects.get_or_create(pk=1, defaults=_read("centre"))[1]),
        "상담 주제": _load_topics(),
        "질문지": _load_questionnaires(),
        "프로그램": _load_programmes(),
        "만족도 조사": _load_surveys(),
        "정책 본문": publishing.publish_first_texts(),
        "예산 금액": money.load(),
        "공휴일": public_holidays.load_this_year_and_next(),
    }


def _load_topics() -> int:
    """Topics are known by their slug."""
    topics = [Topic(position=number * 10, **row) for number, row in enumerate(_read("topics")["topic"], 1)]
    known = set(Topic.objects.values_list("slug", flat=True))
    if any(topic.slug not in known for topic in topics):
        rules = RuleSet.objects.get_or_create(name=RULES)[0]
        for topic in topics:
            topic.rules = rules
    return len(Topic.objects.bulk_create(topic for topic in topics if topic.slug not in known))


def _load_questionnaires() -> int:
    """Forms are known by their slug. A new one goes to its topics where staff have chosen none."""
    known = set(Questionnaire.objects.exclude(slug=None).values_list("slug", flat=True))
    new = [row for row in _read("questionnaires")["questionnaire"] if row["slug"] not in known]
    for row in new:
        form = Questionnaire.objects.create(slug=row["slug"], name=row["name"])
        version = building.begin(form, introduction=row["introduction"])
        sections = [{**section, "questions": section["question"]} for section in row["section"]]
        for section in sections:
            del section["question"]
        design = Design.read({"sections": sections})
        building.publish(building.change(version, lambda _empty, new=design: new, revision=version.revision), by=None)
        Topic.objects.filter(slug__in=row["topics"], questionnaire=None).update(questionnaire=form)
    return len(new)


def _load_surveys() -> int:
    """One for each kind of use that has none; open, for the plan asks everybody, always."""
    known = set(Survey.objects.values_list("use", flat=True))
    new = [row for row in _read("surveys")["survey"] if row["use"] not in known]
    for row in new:
        survey = Survey.objects.create(use=row["use"], title=row["title"], is_open=True)
        asked = [(Question.Kind.SCALE, text) for text in row["scales"]]
        asked += [(Question.Kind.RECOMMEND, RECOMMEND), (Question.Kind.TEXT, row["opinion"])]
        Question.objects.bulk_create(
            Question(survey=survey, position=position, kind=kind, text=text)
            for position, (kind, text) in enumerate(asked, 1)
        )
    return len(new)


def _load_programmes() -> int:
    """Programmes are known by their place in the plan, whatever staff call them now."""
    known = set(Program.objects.values_list("plan_key", flat=True))
    rows = [
        {"plan_key": row.pop("key"), "position": number * 10, **row}
        for number, row in enumerate(_read("programmes")["programme"], 1)
    ]
    new = [Program(published_at=timezone.now(), **row) for row in rows if row["plan_key"] not in known]
    return len(Program.objects.bulk_create(new))


def _read(name: str) -> dict[str, Any]:
    data = tomllib.loads((PLAN / f"{name}.toml").read_text(encoding="utf-8"))
    return {key: value.strip() if isinstance(value, str) else value for key, value in data.items()}
