# ruff: noqa: F811
"""The pages of a draw: the public one before and after, and the staff's with its second look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import roles
from accounts.models import User
from programs import enrolment, lottery
from programs.models import Draw, Group, Run
from tests.programs.hat import applicants
from tests.programs.test_lottery import CLOSES, KNOWN, LOTTO, at, frozen, held, rule, run  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(clerk, django_user_model) -> User:
    admin = django_user_model.objects.create_superuser("root@example.com", name="나루트")
    roles.grant(clerk, "프로그램 담당", by=admin, reason="시험")
    return User.objects.get(pk=clerk.pk)


def page(run: Run) -> str:
    return reverse("programs:draw", args=[run.pk])


def desk(run: Run) -> str:
    return reverse("admin:programs_draw_run", args=[run.pk])


# --- Everybody's -------------------------------------------------------------------------------
def test_before_the_freezing_the_rule_stands_there_and_no_list(client, run):
    answer = client.get(page(run))
    assert "제1201회" in answer.text
    assert "HMAC-SHA256" in answer.text
    assert client.get(reverse("programs:draw_file", args=[run.pk, "list"])).status_code == 404


def test_after_the_freezing_the_list_is_there_and_no_result(client, run, today):
    frozen(run, today)
    answer = client.get(page(run))
    draw = Draw.objects.get(run=run)
    assert draw.list_hash in answer.text
    assert client.get(reverse("programs:draw_file", args=[run.pk, "list"])).content.decode().startswith("draw-proof/1")
    assert client.get(reverse("programs:draw_file", args=[run.pk, "proof"])).status_code == 404
    assert "선정 3건" not in answer.text


def test_after_the_draw_numbers_seed_and_proof_are_there_and_no_name(client, run, clerk, today):
    made = frozen(run, today)
    draw = held(run, clerk, today)
    answer = client.get(page(run))
    assert "선정 3건" in answer.text
    assert draw.public_number in answer.text
    assert "김하늘" not in answer.text
    assert not any(one.draw_entry.key in answer.text or one.draw_entry.code in answer.text for one in made)
    assert client.get(reverse("programs:draw_file", args=[run.pk, "proof"])).json()["list_sha256"] == draw.list_hash


def test_one_number_is_found_and_one_that_withdrew_is_not(client, run, clerk, today):
    made = frozen(run, today)
    enrolment.withdraw(made[0], by=made[0].applicant)
    held(run, clerk, today)
    chosen = run.applications.filter(state="confirmed").first()
    assert f"{chosen.number_label}: 선정" in client.get(page(run), {"number": chosen.number}).text
    for odd in (made[0].number_label, "9999", "x", "²", "9" * 10):
        assert "결과가 없습니다" in client.get(page(run), {"number": odd}).text


def test_a_family_sees_its_own_line_and_key_and_nobody_elses(run, clerk, today, log_in):
    made = frozen(run, today)
    held(run, clerk, today)
    text = log_in(made[0].applicant).get(page(run)).text
    assert made[0].draw_entry.key in text
    assert made[1].draw_entry.key not in text


def test_a_hidden_run_has_no_page(client, run):
    Run.objects.filter(pk=run.pk).update(published_at=None)
    assert client.get(page(run)).status_code == 404


def test_the_page_costs_the_same_for_few_and_many(
    client,
    run,
    clerk,
    today,
    django_assert_max_num_queries,
):
    frozen(run, today, 30)
    held(run, clerk, today)
    with django_assert_max_num_queries(8):
        client.get(page(run))


# --- The desk ----------------------------------------------------------------------------------
def test_staff_walk_from_the_rule_to_the_result(run, staff, today, log_in, django_assert_max_num_queries):
    client = log_in(staff)
    applicants(run, 6)
    given = {"do": "rule", "source": "lotto", "round_number": 1201, "known_on": "2026-12-12", "first_time_weight": 2}
    client.post(desk(run), given)
    assert Draw.objects.get(run=run).first_time_weight == 2
    at(today, CLOSES)
    client = log_in(staff)  # days have gone by
    assert "목록 확정하기" in client.get(desk(run)).text
    client.post(desk(run), {"do": "freeze"})
    assert 'name="number"' not in client.get(desk(run)).text  # no seed before it can be known
    at(today, KNOWN)
    client = log_in(staff)
    assert 'name="number"' in client.get(desk(run)).text
    typed = {"number": LOTTO, "again": LOTTO, "where": "누리집"}
    looked = client.post(desk(run), {"do": "look", **typed})
    assert "03-11-19-25-33-41+07" in looked.text
    assert Draw.objects.get(run=run).drawn_at is None
    client.post(desk(run), {"do": "draw", **typed})
    assert Draw.objects.get(run=run).drawn_at is not None
    with django_assert_max_num_queries(15):
        text = client.get(desk(run)).text
    assert "김*늘" in text
    assert "김하늘" not in text
    assert "다시 추첨할 수 없습니다" in text


def test_two_different_numbers_are_no_seed_and_nothing_typed_is_lost(run, staff, today, log_in):
    frozen(run, today)
    at(today, KNOWN)
    client = log_in(staff)
    for do in ("look", "draw"):
        text = client.post(desk(run), {"do": do, "number": LOTTO, "again": "1 2 3 4 5 6 7", "where": "누리집"}).text
        assert "두 번 적은 숫자가 다릅니다" in text
        assert 'value="누리집"' in text
    assert Draw.objects.get(run=run).drawn_at is None


def test_a_refusal_is_a_sentence(run, staff, today, log_in):
    frozen(run, today)
    client = log_in(staff)
    assert "이미 확정" in client.post(desk(run), {"do": "freeze"}).text


def test_who_may_only_look_changes_nothing(run, clerk, today, log_in, django_user_model):
    admin = django_user_model.objects.create_superuser("root@example.com", name="나루트")
    watcher = User.objects.create_user("watch@example.com", name="한감사", is_staff=True)
    roles.grant(watcher, "감사(열람)", by=admin, reason="시험")
    at(today, CLOSES)
    client = log_in(User.objects.get(pk=watcher.pk))
    assert client.get(desk(run)).status_code == 200
    assert client.post(desk(run), {"do": "freeze"}).status_code == 403


def test_the_board_says_where_each_draw_stands(run, staff, today, log_in, make_run):
    make_run(run.program, "규칙 없는 회", admission="draw", capacity=2)
    text = log_in(staff).get(reverse("admin:programs_draw_changelist")).text
    assert "접수 중" in text
    assert "규칙 정하기" in text


def test_few_places_with_weights_are_warned_of(run, staff, log_in):
    client = log_in(staff)
    assert "짐작할 수 있습니다" not in client.get(desk(run)).text
    Group.objects.create(run=run, name="우선", capacity=1, weight=3)
    assert "짐작할 수 있습니다" in client.get(desk(run)).text


def test_the_clock_freezes_by_itself(run, today):
    from programs.tasks import freeze_draws

    applicants(run, 1)
    at(today, CLOSES, -timedelta(seconds=1))
    assert freeze_draws() == 0
    at(today, CLOSES)
    assert freeze_draws() == 1
    assert lottery.freeze_due() == 0
