from __future__ import annotations

import pytest
from django.urls import reverse

from centre.models import Centre

LIST = "/programs/"


def titles(response) -> list[str]:
    return [program.title for program in response.context["programs"]]


def test_an_empty_catalogue_says_so(client, db):
    assert "아직 등록한 프로그램이 없습니다" in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["학부모 특강", "별 관찰 교실"]),
        ("?audience=guardian", ["학부모 특강"]),
        ("?level=high", ["학부모 특강"]),
        ("?level=middle", ["학부모 특강", "별 관찰 교실"]),
        ("?status=coming", ["별 관찰 교실"]),
        ("?q=망원경", ["별 관찰 교실"]),
        ("?q=관찰 별", ["별 관찰 교실"]),
        ("?q=관찰 특강", []),
        ("?audience=nobody&level=99&status=x&page=1", ["학부모 특강", "별 관찰 교실"]),
    ],
)
def test_the_address_holds_the_search(client, make_program, make_run, query, found):
    stars = make_program(first_grade=7, last_grade=9)
    make_run(stars)
    make_program("학부모 특강", audience=["guardian"], summary="함께 배웁니다.", position=1)

    assert sorted(titles(client.get(LIST + query))) == sorted(found)


def test_decomposed_hangul_finds_the_same(client, make_program):
    make_program("학습코칭")

    assert titles(client.get(LIST, {"q": "학습"})) == ["학습코칭"]


def test_a_search_that_finds_nothing_offers_the_whole_list(client, make_program):
    make_program()
    page = client.get(LIST, {"q": "없는말"}).content.decode()

    assert "조건에 맞는 프로그램이 없습니다" in page
    assert "전체 프로그램 보기" in page


def test_a_programme_page_tells_its_dates_and_how_to_ask(client, make_program, make_run):
    Centre.objects.create(name="가온센터", phone="02-000-0000")
    program = make_program(body="## 준비물\n\n- 따뜻한 옷", plan_text="맞춤형 진로체험 지원", partner_kind="university")
    make_run(program, capacity=20, place="새벽관 옥상")
    make_run(
        program, "지난 회차", starts_at="2026-11-01 10:00", ends_at="2026-11-01 12:00", opens_at=None, closes_at=None
    )

    page = client.get(program.get_absolute_url()).content.decode()

    for said in (
        "2026. 12. 12.(토) 10:00 ~ 12:00",
        "새벽관 옥상",
        "20명",
        "접수예정",
        "02-000-0000",
        "<h2>준비물</h2>",
    ):
        assert said in page
    assert "맞춤형 진로체험 지원" in page
    assert "지난 일정 1건" in page


def test_a_draft_does_not_exist_for_visitors_and_says_so_to_its_writers(
    client, log_in, make_program, django_user_model
):
    program = make_program(published_at=None)

    assert client.get(program.get_absolute_url()).status_code == 404
    writer = django_user_model.objects.create_superuser("w@example.com", name="담당")
    assert "아직 게시하지 않은 글입니다" in log_in(writer).get(program.get_absolute_url()).content.decode()


@pytest.mark.parametrize("number", [1, 60])
def test_the_list_costs_the_same_with_many_programmes(
    client, make_program, make_run, number, django_assert_num_queries
):
    for n in range(number):
        make_run(make_program(f"{n}번"))

    with django_assert_num_queries(2):  # the programmes of the page, the footer
        client.get(LIST)


def test_a_page_beyond_the_last_does_not_exist(client, make_program):
    make_program()

    assert client.get(LIST, {"page": "2"}).status_code == 404


def test_staff_publish_and_take_down_in_one_step(log_in, make_program, django_user_model):
    desk = log_in(django_user_model.objects.create_superuser("w@example.com", name="담당"))
    program = make_program(published_at=None)
    url = reverse("admin:programs_program_changelist")

    desk.post(url, {"action": "publish_now", "_selected_action": [program.pk]})
    program.refresh_from_db()
    assert program.published_at is not None
    desk.post(url, {"action": "take_down", "_selected_action": [program.pk]})
    program.refresh_from_db()
    assert program.published_at is None


def test_a_programme_of_the_plan_cannot_be_deleted(log_in, make_program, django_user_model):
    desk = log_in(django_user_model.objects.create_superuser("w@example.com", name="담당"))
    planned, own = make_program(plan_key="stars"), make_program("우리 것")

    assert desk.post(reverse("admin:programs_program_delete", args=[planned.pk]), {"post": "yes"}).status_code == 403
    assert desk.post(reverse("admin:programs_program_delete", args=[own.pk]), {"post": "yes"}).status_code == 302


def test_staff_write_a_programme(log_in, db, django_user_model):
    desk = log_in(django_user_model.objects.create_superuser("w@example.com", name="담당"))
    form = {
        "title": "별 관찰 교실",
        "summary": "별을 봅니다.",
        "area": "career",
        "kind": "experience",
        "position": "1",
        "audience": ["student", "guardian"],
        "published_at_0": "",
        "published_at_1": "",
        "materials-TOTAL_FORMS": "0",
        "materials-INITIAL_FORMS": "0",
    }

    answer = desk.post(reverse("admin:programs_program_add"), form)

    assert answer.status_code == 302, answer.context["errors"]
