"""Small charts as SVG, made on the server: for pages and papers alike, without a script.

A chart never stands alone: the same figures stand beside it as a table. Series differ by pattern as well as by
colour, every bar carries its number, and ``title`` and ``desc`` say to a screen reader what is to be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

WIDTH, PLOT, TOP, LEFT, FOOT = 720, 200, 24, 44, 28  # in units of the view box
LEGEND_LINE, LEGEND_STEP = 24, 170
INK, RULE = "#1e2124", "#cdd1d5"
# dark on white at 3:1 or better (KWCAG 5.4.4); the pattern tells them apart without colour
COLOURS = ("#0b50d0", "#8a3800", "#1f6e2b", "#5b2b8f", "#5c6670")
MARKS = (
    "",
    '<path d="M0 8L8 0" stroke="#fff" stroke-width="2"/>',
    '<circle cx="4" cy="4" r="1.8" fill="#fff"/>',
    '<path d="M0 4H8" stroke="#fff" stroke-width="2"/>',
    '<path d="M4 0V8M0 4H8" stroke="#fff" stroke-width="1.5"/>',
)
MOST_SERIES = len(COLOURS)


@dataclass(frozen=True)
class Series:
    """One kind of bar. A value of ``None`` has no bar: blank is not zero."""

    label: str
    values: tuple[int | None, ...]


@dataclass(frozen=True)
class Bars:
    """Groups of bars side by side, one group per label.

    ``slug`` keeps the ids of two charts of one page apart. Counts only, none below zero.

    Raises:
        ValueError: a series is not as long as ``labels``, has a value below zero, or there are more than five.
    """

    slug: str
    title: str
    description: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]

    def __post_init__(self) -> None:
        if len(self.series) > MOST_SERIES:
            raise ValueError(f"{self.slug}: at most {MOST_SERIES} series can be told apart")
        for one in self.series:
            if len(one.values) != len(self.labels) or any(value is not None and value < 0 for value in one.values):
                raise ValueError(f"{self.slug}: series {one.label!r} does not fit the labels")

    @property
    def most(self) -> int:
        return max((value or 0 for one in self.series for value in one.values), default=0)


def ticks(most: int) -> list[int]:
    """Round numbers from zero to the first one that is not below ``most``; three to six of them."""
    step = next(base * 10**power for power in range(12) for base in (1, 2, 5) if base * 10**power * 5 >= most)
    last = max(-(-most // step), 2)
    return [step * number for number in range(last + 1)]


def svg(chart: Bars) -> SafeString:
    """The chart as one ``<svg>`` that scales with its column."""
    name = f"chart-{escape(chart.slug)}"
    per_line = max(1, (WIDTH - LEFT) // LEGEND_STEP)
    lines = -(-len(chart.series) // per_line)
    height = TOP + PLOT + FOOT + lines * LEGEND_LINE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" font-size="13" fill="{INK}">',
        f'<title id="{name}-title">{escape(chart.title)}</title>',
        f'<desc id="{name}-desc">{escape(chart.description)}</desc>',
        f"<defs>{''.join(_pattern(name, number) for number in range(len(chart.series)))}</defs>",
        *_scale(ticks(chart.most)),
        *_groups(chart, name, ticks(chart.most)[-1]),
        *_legend(chart.series, name, per_line),
        "</svg>",
    ]
    return mark_safe("".join(parts))


def _pattern(name: str, number: int) -> str:
    return (
        f'<pattern id="{name}-{number}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{COLOURS[number]}"/>{MARKS[number]}</pattern>'
    )


def _scale(steps: Sequence[int]) -> list[str]:
    drawn = []
    for step in steps:
        y = _y(step, steps[-1])
        drawn.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y}" y2="{y}" stroke="{RULE}"/>')
        drawn.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{step:,}</text>')
    return drawn


def _y(value: int, top: int) -> float:
    return round(TOP + PLOT * (1 - value / top), 1)


def _groups(chart: Bars, name: str, top: int) -> list[str]:
    drawn = []
    span = (WIDTH - LEFT) / max(1, len(chart.labels))
    bar = min(40.0, span * 0.8 / max(1, len(chart.series)))
    for place, label in enumerate(chart.labels):
        middle = LEFT + span * (place + 0.5)
        left = middle - bar * len(chart.series) / 2
        for number, one in enumerate(chart.series):
            if (value := one.values[place]) is None:
                continue
            x, y = round(left + bar * number, 1), _y(value, top)
            drawn.append(
                f'<rect x="{x}" y="{y}" width="{round(bar * 0.9, 1)}" height="{round(TOP + PLOT - y, 1)}" '
                f'fill="url(#{name}-{number})" stroke="{COLOURS[number]}"/>'
                f'<text x="{round(x + bar * 0.45, 1)}" y="{y - 4}" text-anchor="middle" font-size="11">{value:,}</text>'
            )
        drawn.append(f'<text x="{round(middle, 1)}" y="{TOP + PLOT + 18}" text-anchor="middle">{escape(label)}</text>')
    return drawn


def _legend(series: Sequence[Series], name: str, per_line: int) -> list[str]:
    drawn = []
    for number, one in enumerate(series):
        x = LEFT + LEGEND_STEP * (number % per_line)
        y = TOP + PLOT + FOOT + LEGEND_LINE * (number // per_line)
        drawn.append(
            f'<rect x="{x}" y="{y}" width="14" height="14" fill="url(#{name}-{number})" stroke="{COLOURS[number]}"/>'
            f'<text x="{x + 20}" y="{y + 12}">{escape(one.label)}</text>'
        )
    return drawn
