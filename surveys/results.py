"""What the answers say, as tables that may be published.

A group of fewer than five answers is hidden, and enough others that it cannot be reckoned from the totals; all
divisions of one half-year divide the same answers, so a total hidden in one is hidden in all (``tables.suppression``).
A spread hides its small counts, and more of them until neither the number of answers, the mean nor the share of the
satisfied gives one away. Half-years alone are offered: stretches that overlap could be subtracted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count

from accounts.schoolyear import Level
from counseling.periods import Stretch
from surveys import uses
from surveys.models import Asked, Invitation, Question, Survey
from tables.charts import Bars, Series
from tables.suppression import THRESHOLD, agreeing
from tables.values import HIDDEN, Column, Kind, Ratio, Row, Table, Value

SATISFIED = (5, 4)
HUNDREDTH = Decimal("0.01")
DIVISIONS = {"half": "반기", "subject": "프로그램·주제", "level": "학교급"}
NOTES = (
    "응답률은 답한 수를 물은 수로, 만족 이상은 ‘매우 만족’과 ‘만족’을 답한 수로 나눈 비율입니다.",
    "답은 다섯 명 이상 모인 뒤에 반영되므로, 최근 답은 아직 들어 있지 않을 수 있습니다.",
)


def half_of(day: date) -> date:
    """The first day of the half-year."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)


def half_label(first: date) -> str:
    return Stretch.read(f"{first.year}-H{1 if first.month == 1 else 2}").label


def half_called(halves: Sequence[date], code: str | None) -> date | None:
    """The half-year whose first day an address names, such as ``2026-07-01``."""
    return next((one for one in halves if one.isoformat() == code), None)


@dataclass
class Group:
    """The answers of one row: how many were asked, and how many chose what in the first question."""

    asked: int = 0
    chosen: Counter[int] = field(default_factory=Counter)

    @property
    def number(self) -> int:
        return sum(self.chosen.values())

    @property
    def satisfied(self) -> int:
        return sum(self.chosen[value] for value in SATISFIED)

    def cells(self, *, with_asked: bool) -> tuple[Value, ...]:
        """응답, (물은 수, 응답률), 평균, 만족 이상."""
        asked = (self.asked, Ratio(self.number, self.asked)) if with_asked else ()
        return (self.number, *asked, mean(self.chosen), Ratio(self.satisfied, self.number))


def mean(chosen: Mapping[int, int]) -> Decimal | None:
    """Two decimals, half away from zero; ``None`` of nothing."""
    number = sum(chosen.values())
    if not number:
        return None
    whole = sum(value * count for value, count in chosen.items())
    return (Decimal(whole) / number).quantize(HUNDREDTH, rounding=ROUND_HALF_UP)


def halves(survey: Survey) -> list[date]:
    """The half-years in which anybody was asked or answered, the latest first."""
    used, kept = survey.invitations.values_list("used_on"), survey.asked.values_list("half")
    days = {day for (day,) in survey.answers.values_list("quarter").order_by().union(used.order_by(), kept.order_by())}
    return sorted({half_of(day) for day in days}, reverse=True)


def tables(survey: Survey, half: date) -> list[Table]:
    """The trend over all half-years, and this one by what was used, by school level, and question by question."""
    questions = list(survey.questions.exclude(kind=Question.Kind.TEXT))
    question = next((one for one in questions if one.kind == Question.Kind.SCALE), None)
    if question is None:
        return []
    answers = list(survey.answers.values_list("quarter", "subject", "level", "values"))
    counted = _counted(survey, question, answers)
    divisions = [_by(counted, "half", None), _by(counted, "subject", half), _by(counted, "level", half)]
    labels = [
        {first: half_label(first) for first in divisions[0]},
        _named(divisions[1], uses.labels(divisions[1])),
        _named(divisions[2], {level.value: str(level.label) for level in Level}),
    ]
    hidden = _hidden(divisions, half)
    found = [
        _division((survey, half), code, groups, names, gone)
        for code, groups, names, gone in zip(DIVISIONS, divisions, labels, hidden, strict=True)
    ]
    values = [values for quarter, _, _, values in answers if half_of(quarter) == half]
    return [*found, *_spreads((survey, half), questions, values)]


def _counted(survey: Survey, question: Question, answers: Sequence[tuple]) -> dict[tuple[date, str, str], Group]:
    """By half-year, subject and level: how many were asked, and what they chose."""
    found: dict[tuple[date, str, str], Group] = defaultdict(Group)
    for row in Asked.objects.filter(survey=survey):
        found[row.half, row.subject, row.level].asked += row.invited
    asked = Invitation.objects.filter(survey=survey).values_list("used_on", "subject", "level")
    for day, subject, level, number in asked.annotate(number=Count("pk")):
        found[half_of(day), subject, level].asked += number
    for quarter, subject, level, values in answers:
        if (chosen := values.get(str(question.pk))) is not None:
            found[half_of(quarter), subject, level].chosen[chosen] += 1
    return found


def _by(counted: Mapping[tuple[date, str, str], Group], code: str, half: date | None) -> dict:
    place = list(DIVISIONS).index(code)
    found: dict = defaultdict(Group)
    for key, group in counted.items():
        if half is None or key[0] == half:
            found[key[place]].asked += group.asked
            found[key[place]].chosen.update(group.chosen)
    return dict(sorted(found.items(), key=lambda pair: _in_order(pair[0])))


def _in_order(key: date | str) -> tuple[int, str]:
    """School levels as one goes through them, what is not told apart last."""
    levels = list(Level)
    return (levels.index(key) if key in levels else len(levels) if key else len(levels) + 1, str(key))


def _named(groups: Mapping[str, Group], names: Mapping[str, str]) -> dict[str, str]:
    return {key: names.get(key, "구분하지 않음") for key in groups}


def _hidden(divisions: Sequence[dict], half: date) -> list[set]:
    """The keys of each division whose groups are hidden; ``None`` stands for the total."""
    trend, *parts = divisions
    whole = trend.get(half, Group()).number
    grids = [[[group.number] for group in part.values()] for part in parts]
    gone = agreeing(grids, [{(i, 0) for i, row in enumerate(grid) if 0 < row[0] < THRESHOLD} for grid in grids])
    found: list[set] = []
    total_gone = 0 < whole < THRESHOLD
    for part, cells in zip(parts, gone, strict=True):
        keys = list(part)
        rows = {keys[i] for i, _ in cells if i < len(keys)}
        total_gone = total_gone or any(i == len(keys) for i, _ in cells if len(keys) > 1)
        found.append(rows)
    small = {first for first, group in trend.items() if 0 < group.number < THRESHOLD}
    return [small | ({half} if total_gone else set()), *(rows | ({None} if total_gone else set()) for rows in found)]


def _division(about: tuple[Survey, date], code: str, groups: dict, names: dict, gone: set) -> Table:
    survey, half = about
    with_asked = survey.use != Survey.Use.VISITOR
    columns = [Column("응답(명)")]
    if with_asked:
        columns += [Column("물은 수"), Column("응답률", Kind.RATIO)]
    columns += [Column("평균(5점)", Kind.NUMBER), Column("만족 이상", Kind.RATIO)]
    blank = (HIDDEN,) * len(columns)
    rows = [
        Row(names[key], blank if key in gone else group.cells(with_asked=with_asked)) for key, group in groups.items()
    ]
    if code != "half" and len(rows) > 1:
        whole = Group(
            sum(one.asked for one in groups.values()), sum((one.chosen for one in groups.values()), Counter())
        )
        rows.append(Row("계", blank if None in gone else whole.cells(with_asked=with_asked), total=True))
    title = (
        f"{survey.title} {DIVISIONS[code]}별"
        if code == "half"
        else f"{survey.title} {half_label(half)} {DIVISIONS[code]}별"
    )
    return Table(_slug(survey, half, code), title, DIVISIONS[code], tuple(columns), tuple(rows), notes=NOTES)


def _slug(survey: Survey, half: date, code: str) -> str:
    return f"survey-{survey.pk}-{half:%Y%m}-{code}"


def trend(survey: Survey, table: Table) -> Bars:
    """The first table as a chart: answers and how many of them were satisfied, by half-year; no bar where hidden."""
    numbers = [row.cells[0] for row in table.rows]
    shares = [row.cells[-1] for row in table.rows]
    return Bars(
        slug=f"survey-{survey.pk}",
        title=f"{survey.title} 반기별 응답",
        description="반기마다 답한 사람 수와, 그 가운데 만족 이상으로 답한 사람 수입니다. 같은 값이 아래 표에 있습니다.",
        labels=tuple(row.label for row in table.rows),
        series=(
            Series("응답(명)", tuple(one if isinstance(one, int) else None for one in numbers)),
            Series("만족 이상(명)", tuple(one.numerator if isinstance(one, Ratio) else None for one in shares)),
        ),
    )


# --- Question by question ----------------------------------------------------------------------
def _spreads(about: tuple[Survey, date], questions: Sequence[Question], answers: Sequence[dict]) -> list[Table]:
    """How the answers spread: a table of all scales, one of the recommendation, one of each choice."""
    survey, half = about
    chosen: dict[int, Counter[int]] = {question.pk: Counter() for question in questions}
    for values in answers:
        for question in questions:
            if (value := values.get(str(question.pk))) is not None:
                chosen[question.pk][value] += 1
    scales = [question for question in questions if question.kind == Question.Kind.SCALE]
    others = [question for question in questions if question.kind != Question.Kind.SCALE]
    made = [_scales(survey, half, scales, chosen)] if scales else []
    return made + [_one(survey, half, question, chosen[question.pk]) for question in others]


def _scales(survey: Survey, half: date, questions: Sequence[Question], chosen: Mapping[int, Counter[int]]) -> Table:
    values = list(Question.SCALE)
    columns = (
        *(Column(str(label), group="고른 수(명)") for label in Question.SCALE.values()),
        Column("응답(명)", total=True),
        Column("평균(5점)", Kind.NUMBER),
        Column("만족 이상", Kind.RATIO),
    )
    rows = []
    for question in questions:
        group = Group(chosen=chosen[question.pk])
        if 0 < group.number < THRESHOLD:
            rows.append(Row(question.text, (HIDDEN,) * len(columns)))
            continue
        gone = hidden_of_scale([group.chosen[value] for value in values])
        cells = [HIDDEN if place in gone else group.chosen[value] for place, value in enumerate(values)]
        rows.append(Row(question.text, (*cells, *group.cells(with_asked=False))))
    title = f"{survey.title} {half_label(half)} 문항별"
    return Table(_slug(survey, half, "scales"), title, "문항", columns, tuple(rows), notes=NOTES[1:])


def hidden_of_scale(counts: Sequence[int]) -> frozenset[int]:
    """Which of the five counts, best first, to hide beside their sum, their mean and the share of the first two.

    The small ones, then ever more of the others (the smallest first) until none follows from those three figures.
    """
    hidden = {place for place, count in enumerate(counts) if 0 < count < THRESHOLD}
    while hidden and _follows(hidden, len(counts)):
        rest = [place for place in range(len(counts)) if place not in hidden]
        if not rest:
            break
        hidden.add(min(rest, key=lambda place: (counts[place] or max(counts) + 1, place)))
    return frozenset(hidden)


def _follows(hidden: set[int], width: int) -> bool:
    """Whether a hidden count is fixed by sum, mean and share of the satisfied: it is their linear combination."""
    places = sorted(hidden)
    equations = [
        [Decimal(1) for _ in places],
        [Decimal(1 if place < len(SATISFIED) else 0) for place in places],
        [Decimal(width - place) for place in places],
    ]
    rank = _rank(equations)
    return any(_rank([*equations, [Decimal(one == place) for one in places]]) == rank for place in places)


def _rank(rows: Sequence[Sequence[Decimal]]) -> int:
    matrix, rank = [list(row) for row in rows], 0
    for column in range(len(matrix[0])):
        pivot = next((i for i in range(rank, len(matrix)) if matrix[i][column]), None)
        if pivot is None:
            continue
        matrix[rank], matrix[pivot] = matrix[pivot], matrix[rank]
        for i in range(len(matrix)):
            if i != rank and matrix[i][column]:
                factor = matrix[i][column] / matrix[rank][column]
                matrix[i] = [a - factor * b for a, b in zip(matrix[i], matrix[rank], strict=True)]
        rank += 1
    return rank


def _one(survey: Survey, half: date, question: Question, chosen: Counter[int]) -> Table:
    """One question's answers and their number. Of the recommendation the bands alone, as their index reads them."""
    if question.kind == Question.Kind.RECOMMEND:
        parts = {"추천(9~10)": range(9, 11), "중립(7~8)": range(7, 9), "비추천(0~6)": range(7)}
        counts = {label: sum(chosen[value] for value in values) for label, values in parts.items()}
    else:
        counts = {label: chosen[value] for value, label in question.answers}
    (gone,) = agreeing([[[count] for count in counts.values()]], [set()])
    rows = [
        Row(label, (HIDDEN if (place, 0) in gone else count,)) for place, (label, count) in enumerate(counts.items())
    ]
    end = len(counts)
    rows.append(Row("계", (HIDDEN if (end, 0) in gone else sum(counts.values()),), total=True))
    title = f"{survey.title} {half_label(half)}: {question.text}"
    return Table(
        _slug(survey, half, f"q{question.pk}"), title, "답", (Column("응답(명)"),), tuple(rows), notes=NOTES[1:]
    )
