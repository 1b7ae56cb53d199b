"""What is shown of the answers, and what is not."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise, product

import pytest
from django.test import Client
from django.urls import reverse

from surveys import results
from surveys.models import Answer, Comment, Survey
from tables.values import HIDDEN, Ratio

HALF = date(2026, 7, 1)


@pytest.fixture
def answers(survey, scale):
    def answers(values, subject="topic/1", level="middle", quarter=date(2026, 10, 1)):
        Answer.objects.bulk_create(
            Answer(survey=survey, subject=subject, level=level, quarter=quarter, values={str(scale.pk): value})
            for value in values
        )

    return answers


def rows(table):
    return {row.label: row.cells for row in table.rows}


def test_numbers_mean_and_share_with_what_they_are_made_of(survey, answers, invite):
    answers([5, 5, 4, 3, 1, 4], quarter=date(2026, 7, 1))
    for _ in range(9):
        invite()

    trend = results.tables(survey, HALF)[0]

    assert rows(trend) == {"2026년 하반기": (6, 9, Ratio(6, 9), Decimal("3.67"), Ratio(4, 6))}
    assert str(Ratio(4, 6)) == "66.7% (4/6)"


def test_a_group_under_five_is_hidden_and_so_is_one_more(survey, answers):
    answers([5] * 4, subject="topic/1")
    answers([4] * 9, subject="topic/2")
    answers([3] * 20, subject="topic/3")

    by_subject = results.tables(survey, HALF)[1]

    hidden = [row.cells[0] is HIDDEN for row in by_subject.rows]
    assert hidden.count(True) == 2
    assert all((row.cells[0] is HIDDEN) == (row.cells[-1] is HIDDEN) for row in by_subject.rows)


def test_a_total_hidden_in_one_division_is_hidden_in_all(survey, answers):
    answers([5] * 3, subject="topic/1", level="high")
    answers([5] * 3, subject="topic/1", level="middle")

    trend, _by_subject, by_level = results.tables(survey, HALF)[:3]

    assert rows(by_level)["고등학교"][0] is HIDDEN
    assert rows(by_level)["중학교"][0] is HIDDEN
    assert rows(by_level)["계"][0] == 6 or rows(trend)["2026년 하반기"][0] is HIDDEN


@pytest.mark.parametrize("seed", range(60))
def test_no_hidden_count_of_a_scale_follows_from_what_is_shown(seed):
    """By trial of every possibility: each hidden count could be at least two numbers, or the number is not small."""
    chance = random.Random(seed)  # noqa: S311
    counts = [chance.choice([0, 0, 1, 2, 3, 6, 9]) for _ in range(5)]
    if sum(counts) < 5:
        counts[0] += 7
    hidden = results.hidden_of_scale(counts)

    assert all(place in hidden for place, count in enumerate(counts) if 0 < count < 5)
    assert len(hidden) != 1
    if hidden:
        assert not results._follows(set(hidden), 5)


def test_with_the_guard_removed_a_hidden_count_follows():
    """The control: hiding the small ones alone gives them away."""
    counts = [10, 8, 1, 6, 7]
    solutions = [
        x for x in product(range(33), repeat=1) if counts[0] + counts[1] + x[0] + counts[3] + counts[4] == sum(counts)
    ]
    assert solutions == [(1,)]
    assert len(results.hidden_of_scale(counts)) > 1


def test_two_readings_differ_by_five_answers_or_none(survey, scale, invite):
    """Whoever reads the page before and after an answer learns nothing of it."""
    from surveys import answering, gathering
    from surveys.answering import Given

    seen = []
    for number in range(12):
        answering.answer(invite(), Given({scale.pk: number % 5 + 1}))
        gathering.gather()
        seen.append(sum(1 for _ in Answer.objects.all()))
    steps = Counter(after - before for before, after in pairwise(seen))
    assert {step for step in steps if step} == {5}


def test_the_page_shows_what_is_published_and_nothing_else(survey, answers, client):
    answers([5] * 6)
    url = reverse("surveys:results")
    assert "아직 공개한 결과가 없습니다" in Client().get(url).text
    assert Client().get(reverse("surveys:file", args=[survey.pk, "2026-07-01", 0, "csv"])).status_code == 404

    Survey.objects.filter(pk=survey.pk).update(is_published=True)
    text = survey.questions.get(kind="text")
    Comment.objects.create(survey=survey, question=text, quarter="2026-10-01", text="김하늘 선생님이 좋았어요")

    page = Client().get(url)
    assert "100.0% (6/6)" in page.text
    assert "김하늘" not in page.text
    assert Client().get(reverse("surveys:file", args=[survey.pk, "2026-07-01", 0, "xlsx"])).status_code == 200
    for wrong in (("2026-07-01", 99, "csv"), ("2019-01-01", 0, "csv"), ("2026-07-01", 0, "exe")):
        assert Client().get(reverse("surveys:file", args=[survey.pk, *wrong])).status_code == 404


def test_the_page_asks_as_much_for_many_as_for_few(survey, answers, django_assert_max_num_queries):
    Survey.objects.filter(pk=survey.pk).update(is_published=True)
    answers([5] * 6)
    with django_assert_max_num_queries(30) as few:
        Client().get(reverse("surveys:results"))
    for number in range(20):
        answers([4] * 7, subject=f"topic/{number}")
    with django_assert_max_num_queries(len(few)):
        Client().get(reverse("surveys:results"))


def test_the_results_go_on_paper_once(survey, answers, admin_user):
    from surveys import papers

    answers([5, 4, 4, 3, 2, 5, 5])

    paper = papers.publish(survey, HALF, by=admin_user)

    assert paper.title == "2026년 하반기 상담 만족도 결과"
    assert papers.publish(survey, HALF, by=admin_user).pk == paper.pk
    stranger = type(admin_user).objects.create_user("stranger@example.com", name="이도담", is_staff=True)
    assert not type(paper).objects.filter(papers.RESULTS.visible(stranger), pk=paper.pk).exists()


def test_a_hidden_group_has_no_bar(survey, answers):
    answers([5] * 6, quarter=date(2026, 1, 1))
    answers([5] * 3, quarter=date(2026, 10, 1))

    chart = results.trend(survey, results.tables(survey, HALF)[0])

    assert chart.series[0].values == (6, None)
    assert chart.series[1].values == (6, None)
