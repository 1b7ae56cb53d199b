"""Rules of the invented centre that are worth a look: a referral, a stage, and a no-show that a family explains."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import Student
from counseling.missed import AREA
from counseling.models import Topic
from gumcheon_portal.demo.families import Town
from intake import noshow, referring
from intake.models import RuleSet, Stage, Strike


def rules(town: Town) -> None:
    """Two topics take referrals and open to the invited three days before the others."""
    learning = RuleSet.objects.create(
        name="학습 상담 규칙", takes_referrals=True, everyone_after_days=3, last_age=24, residents=True, pupils=True
    )
    Stage.objects.create(rules=learning, invited=True, enrolled=False, graduates=False, out_of_school=False)
    Topic.objects.filter(name__startswith="학습").update(rules=learning)
    topic = Topic.objects.open().filter(rules=learning).first()
    teacher, child = town.people["teacher"], town.students[0]
    school = referring.schools(teacher).first()
    Student.objects.filter(pk=child.pk).update(school=school)
    if topic:
        referring.refer(
            child,
            referring.Subject(AREA, topic.pk, topic.name),
            reason="체험용 의뢰입니다. 시험 기간에 계획을 세우는 일을 어려워합니다.",
            teacher=teacher,
        )
    _explained()


def _explained() -> None:
    """The latest no-show of the town is one that its family explains today."""
    strike = Strike.objects.select_related("student").order_by("missed_at").last()
    if strike is None:
        return
    Strike.objects.filter(pk=strike.pk).update(appeal_until=timezone.now() + timedelta(days=7))
    guardian = strike.student.people_to_tell()[0]
    noshow.appeal(strike, by=guardian, text="체험용 글입니다. 그날 아침에 아이가 열이 나서 연락드리지 못했습니다.")
