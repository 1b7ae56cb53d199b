"""Reviewers: nobody the own school's, nobody a colleague's points before the end; equal averages share a rank."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Affiliation, User
from budget.grants import applying, reviewing
from budget.grants.applying import NotNow
from budget.models import GrantReviewer
from tests.budget.grants.granting import may, rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(call):
    user = may(User.objects.create_user("reader2@example.com", name="유심사", is_staff=True), "review_grants")
    GrantReviewer.objects.create(call=call, user=user)
    return user


def test_points_stay_hidden_until_every_reviewer_is_done(sent, call, reviewer, second):
    found = sent()
    rate(found, reviewer, 40, 60)
    assert not reviewing.may_see_scores(call)
    assert [(one.done, one.of) for one in reviewing.progress(call)] == [(1, 1), (0, 1)]
    rate(found, second, 20, 30)
    assert reviewing.may_see_scores(call)


def test_nobody_judges_the_own_school(sent, call, reviewer, second):
    own, other = sent(), sent("온누리중학교")
    Affiliation.objects.create(
        user=reviewer, role=Affiliation.Role.TEACHER, school=own.school, confirmed_at=timezone.now()
    )
    with pytest.raises(NotNow, match="제척"):
        rate(own, reviewer, 40, 60)
    rate(other, reviewer, 10, 10)
    rate(own, second, 10, 10)
    rate(other, second, 10, 10)
    assert reviewing.may_see_scores(call)  # the own school's is not waited for


def test_the_ranking_shares_ranks_and_averages_who_was_read_less_often(sent, call, reviewer, second):
    first, two, three, unread = sent(), sent("온누리중학교"), sent("해오름중학교"), sent("미리내중학교")
    for reader, points in ((reviewer, 30), (second, 31)):
        rate(two, reader, points, 40)
        rate(three, reader, points, 40)
    rate(first, reviewer, 40, 60)
    ranked = reviewing.ranking(call)
    assert [(one.rank, one.application.pk, one.average) for one in ranked] == [
        (1, first.pk, Decimal("100.00")),
        (2, two.pk, Decimal("70.50")),
        (2, three.pk, Decimal("70.50")),
        (None, unread.pk, None),
    ]


@pytest.mark.parametrize("points", [(41, 0), (0, 61)])
def test_no_more_points_than_the_weight(sent, reviewer, points):
    with pytest.raises(NotNow, match="점 사이"):
        rate(sent(), reviewer, *points)


def test_only_named_reviewers_and_only_while_it_is_with_the_centre(sent, call, reviewer, clerk):
    found = sent()
    with pytest.raises(NotNow, match="심사위원이 아닙니다"):
        rate(found, clerk, 1, 1)
    applying.withdraw(found, by=found.written_by)
    with pytest.raises(NotNow, match="철회"):
        rate(found, reviewer, 1, 1)


def test_points_given_again_hold(sent, call, reviewer):
    found = sent()
    rate(found, reviewer, 1, 1)
    rate(found, reviewer, 40, 50)
    assert reviewing.ranking(call)[0].sums == (90,)
