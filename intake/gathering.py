"""Rules and people as JSON, in SQL written by hand: pieces that a room puts into a statement of its own.

The ORM would need a query for every table; a page that asks for every child and every topic may ask once.
``intake.models.RuleSet.frozen`` says the same of one rule set; a test holds the two together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

# Where ``rules`` is a row of intake_ruleset: the whole rule set.
RULES = """
    to_jsonb(rules) || jsonb_build_object(
        'neighbourhoods', (
            SELECT coalesce(jsonb_agg(chosen.neighbourhood_id), '[]')
            FROM intake_ruleset_neighbourhoods chosen WHERE chosen.ruleset_id = rules.id
        ),
        'stages', (
            SELECT coalesce(jsonb_agg(to_jsonb(stage) || jsonb_build_object('neighbourhoods', (
                SELECT coalesce(jsonb_agg(chosen.neighbourhood_id), '[]')
                FROM intake_stage_neighbourhoods chosen WHERE chosen.stage_id = stage.id
            )) ORDER BY stage.after_days, stage.id), '[]')
            FROM intake_stage stage WHERE stage.rules_id = rules.id
        ),
        'caps', (
            SELECT coalesce(jsonb_agg(to_jsonb(cap) ORDER BY cap.id), '[]')
            FROM intake_yearcap cap WHERE cap.rules_id = rules.id
        )
    )
"""

# Where ``student`` is a row of accounts_student: what ``admission.Person.read`` reads, but for ``uses``.
# Needs the parameters of ``known``.
PERSON = """
    jsonb_build_object(
        'id', student.id, 'name', student.name, 'birth_date', student.birth_date, 'status', student.status,
        'grade', student.grade, 'grade_year', student.grade_year, 'neighbourhood', student.neighbourhood_id,
        'in_district', (
            SELECT place.in_district FROM accounts_neighbourhood place WHERE place.id = student.neighbourhood_id
        ),
        'local_school', (SELECT school.is_local FROM accounts_school school WHERE school.id = student.school_id),
        'priority', EXISTS (
            SELECT FROM intake_priority priority
            WHERE priority.student_id = student.id AND priority.ended_at IS NULL
              AND %(today)s BETWEEN priority.first_day AND priority.last_day
        ),
        'referred', (
            SELECT jsonb_agg(referral.subject) FROM intake_referral referral
            WHERE referral.student_id = student.id AND referral.area = %(area)s
              AND referral.state = 'open' AND referral.valid_until > %(now)s
        ),
        'strikes', (
            SELECT jsonb_agg(jsonb_build_array(
                extract(epoch FROM strike.missed_at), extract(epoch FROM strike.recorded_at)
            ))
            FROM intake_strike strike
            WHERE strike.student_id = student.id AND strike.area = %(area)s AND strike.state = 'standing'
        )
    )
"""


def known(area: str, now: datetime) -> dict[str, Any]:
    """The parameters that ``PERSON`` needs. ``area`` is the room that asks, such as ``counseling``."""
    return {"area": area, "now": now, "today": timezone.localdate(now)}
