"""Adds up anew what the ledger promises, from the entries themselves."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from budget import balance, moves
from budget.models import Line, Project

_DRIFT = """
    WITH anew AS (
        SELECT line_id, stage, carry, program_id, date_trunc('month', effective_on)::date AS effective_month,
               date_trunc('month', recorded_on)::date AS recorded_month, sum(amount_won) AS won, count(*) AS entries
        FROM budget_entry GROUP BY 1, 2, 3, 4, 5, 6
    )
    SELECT coalesce(anew.line_id, kept.line_id)
    FROM anew FULL JOIN budget_monthsum kept
      ON (anew.line_id, anew.stage, anew.carry, anew.effective_month, anew.recorded_month)
       = (kept.line_id, kept.stage, kept.carry, kept.effective_month, kept.recorded_month)
     AND anew.program_id IS NOT DISTINCT FROM kept.program_id
    WHERE anew.won IS DISTINCT FROM kept.amount_won OR anew.entries IS DISTINCT FROM kept.entries
    ORDER BY 1
"""
_OVERPAID = """
    SELECT parent.id, parent.amount_won, sum(child.amount_won)
    FROM budget_entry parent JOIN budget_entry child ON child.settles_id = parent.id
    GROUP BY parent.id HAVING sum(child.amount_won) > parent.amount_won ORDER BY parent.id
"""
_UNLIKE = """
    SELECT mirror.id FROM budget_entry mirror JOIN budget_entry entry ON entry.id = mirror.reverses_id
    WHERE (mirror.amount_won, mirror.line_id, mirror.stage) IS DISTINCT FROM (-entry.amount_won, entry.line_id, entry.stage)
    ORDER BY mirror.id
"""


def check() -> list[str]:
    """Every finding as a sentence; an empty list when all is well."""
    return [*_rows(), *_balances(), *_tree()]


def _rows() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_DRIFT)
        for (line,) in cursor.fetchall():
            yield f"예산 과목 {line}: 월별 합계가 기록과 다릅니다."
        cursor.execute(_OVERPAID)
        for entry, amount, settled in cursor.fetchall():
            yield f"예산 기록 {entry}: {amount:,}원인데 이어진 기록이 {settled:,}원입니다."
        cursor.execute(_UNLIKE)
        for (entry,) in cursor.fetchall():
            yield f"예산 기록 {entry}: 취소한 기록과 금액이나 과목이 다릅니다."
    for pair in moves.unbalanced():
        yield f"전용·이용·이월 {pair}: 두 쪽의 금액이 다릅니다."


def _balances() -> Iterator[str]:
    """Lines that are overdrawn though nobody agreed to it, and closed years with money that never lapsed."""
    agreed = set(Line.objects.filter(entries__approval__kind="budget.overrun").values_list("pk", flat=True))
    lines = {line.pk: line for line in Line.objects.exclude(entries__recorded_by=None).for_page().distinct()}
    for key, found in balance.of_lines(lines).items():
        if found.left < 0 and key not in agreed:
            yield f"예산 과목 {key}: 승인 없이 {-found.left:,}원을 넘겼습니다."
        if not lines[key].year.is_open and found.to_lapse != 0:
            yield f"예산 과목 {key}: 마감된 해인데 {found.to_lapse:,}원이 지출도 이월도 불용도 아닙니다."


def _tree() -> Iterator[str]:
    for project in Project.objects.exclude(parent=None).select_related("parent"):
        if project.parent.level != project.level - 1:
            yield f"사업 {project.pk}: 바로 위 단계의 사업 아래에 있지 않습니다."
    for line in Line.objects.exclude(project__level=Project.Level.DETAIL):
        yield f"예산 과목 {line.pk}: 세부사업이 아닌 사업에 있습니다."
