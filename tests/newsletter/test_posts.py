from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.urls import reverse
from django.utils import timezone

from newsletter.models import Post

NEWS, NOTICES = "/news/", "/news/notices/"


def titles(response) -> list[str]:
    return [post.title for post in response.context["object_list"]]


@pytest.fixture
def desk(log_in, django_user_model):
    return log_in(django_user_model.objects.create_superuser("w@example.com", name="소식지 담당"))


@pytest.mark.parametrize("url", [NEWS, NOTICES])
def test_an_empty_list_says_so(client, db, url):
    assert "아직 올린 글이 없습니다" in client.get(url).content.decode()


def test_each_kind_has_its_list(client, make_post):
    make_post("입시 소식")
    make_post("휴관 안내", kind=Post.Kind.NOTICE)

    assert titles(client.get(NEWS)) == ["입시 소식"]
    assert titles(client.get(NOTICES)) == ["휴관 안내"]


def test_pinned_posts_stand_on_top_and_then_the_newest(client, make_post):
    now = timezone.now()
    make_post("어제", published_at=now - timedelta(days=1))
    make_post("오늘")
    make_post("고정", pinned=True, published_at=now - timedelta(days=9))

    assert titles(client.get(NEWS)) == ["고정", "오늘", "어제"]


@pytest.mark.parametrize(
    ("moment", "seen"), [("2026-11-24 10:59:59+09:00", []), ("2026-11-24 11:00:00+09:00", ["정시 일정 안내"])]
)
def test_a_post_appears_at_its_hour(client, make_post, today, moment, seen):
    make_post(published_at=timezone.now() + timedelta(hours=1))
    today.move_to(moment)

    assert titles(client.get(NEWS)) == seen


@pytest.mark.parametrize(
    ("moment", "outdated"), [("2026-12-03 23:59:59+09:00", False), ("2026-12-04 00:00+09:00", True)]
)
def test_facts_that_no_longer_hold_are_marked_and_leave_the_list(client, make_post, today, moment, outdated):
    post = make_post(valid_until=date(2026, 12, 3))
    today.move_to(moment)

    assert (post.title not in titles(client.get(NEWS))) is outdated
    assert titles(client.get(NEWS, {"past": "1"})) == [post.title]
    assert ("지난 정보입니다" in client.get(post.get_absolute_url()).content.decode()) is outdated


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?level=high", ["고3 정시", "전 학년 소식"]),
        ("?level=middle", ["전 학년 소식"]),
        ("?q=정시", ["고3 정시"]),
        ("?q=소식 없음", []),
        ("?level=zzz", ["고3 정시", "전 학년 소식"]),
    ],
)
def test_the_address_holds_the_search(client, make_post, query, found):
    make_post("고3 정시", first_grade=12, last_grade=12)
    make_post("전 학년 소식")

    assert sorted(titles(client.get(NEWS + query))) == found


def test_a_post_names_its_source_and_its_neighbours(client, make_post):
    now = timezone.now()
    older = make_post("이전 소식", published_at=now - timedelta(days=1))
    post = make_post(
        source="교육청 발표", source_url="https://example.org/a", body="| 전형 | 날짜 |\n| --- | --- |\n| 정시 | 1월 |"
    )
    make_post("다른 갈래", kind=Post.Kind.NOTICE)

    page = client.get(post.get_absolute_url()).content.decode()

    assert "교육청 발표" in page
    assert older.title in page
    assert "다른 갈래" not in page
    assert '<th scope="col">전형</th>' in page


def test_a_draft_does_not_exist_for_visitors_and_opens_for_its_writers(client, desk, make_post):
    post = make_post(published_at=None)

    client.logout()
    assert client.get(post.get_absolute_url()).status_code == 404


def test_a_writer_reads_a_draft(desk, make_post):
    page = desk.get(make_post(published_at=None).get_absolute_url()).content.decode()

    assert "아직 게시하지 않은 글입니다" in page


def test_the_feed_holds_what_is_published(client, make_post):
    make_post("정시 일정", summary="요약 글")
    make_post("초안", published_at=None)

    feed = ElementTree.fromstring(client.get("/news/feed/").content)  # noqa: S314  (our own)

    assert [item.findtext("title") for item in feed.iter("item")] == ["[입시정보] 정시 일정"]
    assert [item.findtext("description") for item in feed.iter("item")] == ["요약 글"]


@pytest.mark.parametrize("number", [1, 60])
def test_the_list_costs_the_same_with_many_posts(client, make_post, number, django_assert_num_queries):
    for n in range(number):
        make_post(f"{n}번 글")

    with django_assert_num_queries(3):  # the count, the posts, the footer
        client.get(NEWS)


@pytest.mark.parametrize(("field", "value", "said"), [("body", "고친 본문", True), ("pinned", "on", False)])
def test_a_change_of_what_was_read_is_said_on_the_page(desk, make_post, field, value, said):
    post = make_post()
    form = {
        "kind": post.kind,
        "title": post.title,
        "body": post.body,
        "published_at_0": "2026-11-24",
        "published_at_1": "10:00:00",
        field: value,
    }

    desk.post(reverse("admin:newsletter_post_change", args=[post.pk]), form)

    post.refresh_from_db()
    assert (post.revised_at is not None) is said


def test_staff_publish_and_take_down_in_one_step(desk, make_post):
    post = make_post(published_at=None)
    url = reverse("admin:newsletter_post_changelist")

    desk.post(url, {"action": "publish_now", "_selected_action": [post.pk]})
    post.refresh_from_db()
    assert post.published_at == timezone.now()
    desk.post(url, {"action": "take_down", "_selected_action": [post.pk]})
    post.refresh_from_db()
    assert post.published_at is None
