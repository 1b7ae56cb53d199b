"""Lists of entries as tables: 전용·이월 조서 and 예산 집행 대장."""

from __future__ import annotations

import uuid

from budget.models import LEGS, Entry, Stage
from budget.sums import Known
from tables.values import Column, Kind, Row, Table, Unit

KINDS = {Stage.SHIFT_OUT: "전용", Stage.TRANSFER_OUT: "이용"}


def _seen(known: Known) -> list[str]:
    return ["기준일까지 적은 기록만 담았습니다. 취소한 기록은 지우지 않고 △로 함께 적습니다."]


def moves(known: Known, year: int, unit: Unit) -> Table:
    """Every 전용, 이용 and 이월 out of a line of ``year``, with where it went; a reversed one is followed by its mirror."""
    entries = Entry.objects.known(known.day, known.cutoff).filter(pair__isnull=False)
    legs = entries.select_related("line__project", "line__account", "line__year").order_by("pk")
    arrived: dict[uuid.UUID, Entry] = {leg.pair: leg for leg in legs.filter(stage__in=LEGS.values())}
    rows, total = [], 0
    for leg in legs.filter(stage__in=LEGS, line__year__year=year):
        into = arrived.get(leg.pair)
        word = KINDS.get(Stage(leg.stage)) or leg.get_carry_display()
        cells = (
            f"{word} 취소" if leg.reverses_id else word,
            leg.effective_on,
            str(leg.line),
            str(into.line) if into is not None else None,
            leg.amount_won,
            leg.reason,
            leg.document_no or None,
        )
        rows.append(Row(str(len(rows) + 1), cells))
        total += leg.amount_won
    closing = Row("계", (None, None, None, None, total, None, None), total=True)
    return Table(
        slug=f"{year}-전용-이월-조서",
        title=f"{year}년도 전용·이용·이월 조서",
        head="번호",
        columns=(
            Column("구분", Kind.TEXT),
            Column("결정일", Kind.TEXT),
            Column("줄인(넘긴) 과목", Kind.TEXT),
            Column("늘린(넘겨받은) 과목", Kind.TEXT),
            Column("금액", Kind.WON),
            Column("사유", Kind.TEXT),
            Column("문서번호", Kind.TEXT),
        ),
        rows=(*rows, closing) if rows else (),
        unit=unit,
        as_of=known.day,
        notes=tuple(_seen(known)),
    )


def entries(known: Known, year: int, unit: Unit) -> Table:
    """Every entry on the lines of ``year`` in the order in which it was written, without who wrote it."""
    found = Entry.objects.known(known.day, known.cutoff).filter(line__year__year=year)
    columns = (
        "pk", "effective_on", "stage", "reverses", "line__project__name", "line__account__code",
        "line__source", "amount_won", "reason", "document_no",
    )  # fmt: skip
    source = dict(Entry._meta.get_field("line").related_model._meta.get_field("source").flatchoices)
    rows = [
        Row(
            str(pk),
            (
                day,
                f"{Stage(stage).label} 취소" if mirror else Stage(stage).label,
                project,
                account,
                source[money],
                won,
                reason,
                number or None,
            ),
        )
        for pk, day, stage, mirror, project, account, money, won, reason, number in found.order_by("pk").values_list(
            *columns
        )
    ]
    return Table(
        slug=f"{year}-예산-집행-대장",
        title=f"{year}년도 예산 집행 대장",
        head="기록",
        columns=(
            Column("효력일", Kind.TEXT),
            Column("단계", Kind.TEXT),
            Column("세부사업", Kind.TEXT),
            Column("통계목", Kind.TEXT),
            Column("재원", Kind.TEXT),
            Column("금액", Kind.WON),
            Column("적요", Kind.TEXT),
            Column("e호조 문서번호", Kind.TEXT),
        ),
        rows=tuple(rows),
        unit=unit,
        as_of=known.day,
        notes=tuple(_seen(known)),
    )
