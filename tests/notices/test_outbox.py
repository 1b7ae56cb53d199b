from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from notices import outbox
from notices.kinds import EMAIL, SMS
from notices.models import Notice, Preference, Wording
from notices.outbox import Recipient

pytestmark = pytest.mark.django_db

SOMEBODY = Recipient(name="김보호", phone="01000000001", email="one@example.com")


def person(**changes) -> User:
    fields = {"name": "김보호", "email": "one@example.com", "phone": "01000000001", "phone_verified_at": timezone.now()}
    return User.objects.create_user(**{**fields, **changes})


def channels() -> list[str]:
    return sorted(Notice.objects.values_list("channel", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_notice_needs_the_transaction_that_makes_it_true(declare):
    declare()
    with pytest.raises(RuntimeError):
        outbox.post("test.booked", to=[SOMEBODY], key="1", context={"학생": "김하늘", "일시": "내일"})


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_is_never_told(declare):
    declare()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.post("test.booked", to=[SOMEBODY], key="1", context={"학생": "김하늘", "일시": "내일"})
        raise ZeroDivisionError
    assert not Notice.objects.exists()


def test_one_row_per_person_and_channel_with_the_words_of_the_moment(declare, say, settings):
    settings.SITE_URL = "https://centre.example.org"
    declare()
    say(SOMEBODY, Recipient(name="박보호", email="two@example.com"), url="/counseling/bookings/12/")

    sms = Notice.objects.get(channel=SMS)
    assert sms.body == f"[{settings.SITE_NAME}] 김하늘 상담 2026. 11. 24.(화) 14:00"
    assert (sms.size, sms.price_class, sms.subject) == (58, Notice.Price.SMS, "")
    mail = Notice.objects.get(channel=EMAIL, name="박보호")
    assert mail.subject == "상담 예약: 김하늘"
    assert mail.body.startswith("박보호님, 김하늘 학생")
    assert mail.body.endswith("https://centre.example.org/counseling/bookings/12/")
    assert Notice.objects.count() == 3


def test_said_twice_is_said_once(declare, say):
    declare()
    say(SOMEBODY)
    say(SOMEBODY)
    assert Notice.objects.count() == 2
    say(SOMEBODY, key="booking/2")
    assert Notice.objects.count() == 4


@pytest.mark.parametrize("context", [{"학생": "김하늘"}, {"학생": "김하늘", "일시": "내일", "장소": "2층"}])
def test_a_variable_too_few_or_too_many_is_a_mistake_of_the_room(declare, say, context):
    declare()
    with pytest.raises(ValueError, match=r"test\.booked"):
        say(SOMEBODY, context=context)


def test_an_unregistered_kind_cannot_be_said(say):
    with pytest.raises(LookupError):
        say(SOMEBODY, kind="test.nobody")


def test_a_value_is_never_read_as_wording(declare, say):
    declare()
    say(SOMEBODY, context={"학생": "#{일시} 하늘", "일시": "내일"})
    assert "# {일시} 하늘 상담 내일" in Notice.objects.get(channel=SMS).body


def test_staffs_wording_is_spoken_instead_of_the_default(declare, say):
    declare()
    Wording.objects.create(kind="test.booked", sms="#{학생}, #{일시}에 만나요", subject="예약", email="곧 만나요")
    say(SOMEBODY)
    assert Notice.objects.get(channel=SMS).body == "김하늘, 2026. 11. 24.(화) 14:00에 만나요"
    assert Notice.objects.get(channel=EMAIL).body == "곧 만나요"


@pytest.mark.parametrize(("count", "price", "subject"), [(45, "sms", ""), (46, "lms", "상담 예약: 김하늘")])
def test_ninety_bytes_are_a_short_message_and_one_more_makes_it_long(declare, say, count, price, subject):
    declare(sms="가" * count)
    say(SOMEBODY)
    notice = Notice.objects.get(channel=SMS)
    assert (notice.size, notice.price_class, notice.subject) == (count * 2, price, subject)


def test_a_long_message_is_cut_at_two_thousand_bytes_and_its_subject_at_forty(declare, say):
    declare(sms="#{학생}", subject="#{학생}")
    say(SOMEBODY, context={"학생": "가" * 2_000, "일시": "내일"})
    notice = Notice.objects.get(channel=SMS)
    assert notice.size == 2_000
    assert notice.body.endswith("가…")
    assert notice.subject == "가" * 19 + "…"


def test_a_text_message_carries_no_emoji_and_the_mail_keeps_it(declare, say):
    declare()
    say(SOMEBODY, context={"학생": "하늘😀", "일시": "10:00–11:00"})
    assert "하늘 상담 10:00-11:00" in Notice.objects.get(channel=SMS).body
    assert "하늘😀" in Notice.objects.get(channel=EMAIL).body


@pytest.fixture
def code(declare):
    return declare(
        "test.code",
        variables={"인증번호": "123456"},
        secret=frozenset({"인증번호"}),
        sms="인증번호 #{인증번호}",
        subject="인증번호",
        email="인증번호 #{인증번호}",
        urgent=True,
    )


def test_a_secret_is_nowhere_in_the_row_but_in_what_leaves(code, say):
    say(SOMEBODY, kind="test.code", context={"인증번호": "908172"})
    for notice in Notice.objects.all():
        assert "908172" not in str(Notice.objects.filter(pk=notice.pk).values().get())
        assert notice.shown_body == "인증번호 ●●●●●●"
        assert notice.spoken_body() == "인증번호 908172"
    assert Notice.objects.get(channel=SMS).size == len("인증번호 908172".encode("cp949"))


def test_a_link_can_be_a_secret_too(declare, say, settings):
    declare(variables={}, secret=frozenset({"링크"}), sms="#{링크}", subject="확인", email="#{링크}")
    say(SOMEBODY, context={}, url="/join/abcdef/")
    notice = Notice.objects.get(channel=SMS)
    assert "abcdef" not in notice.body
    assert notice.spoken_body() == f"{settings.SITE_URL}/join/abcdef/"


@pytest.mark.parametrize(
    ("changes", "chosen", "reached"),
    [
        ({}, None, ["email", "sms"]),
        ({}, {"sms": True, "email": False}, ["sms"]),
        ({}, {"sms": False, "email": True}, ["email"]),
        ({"phone_verified_at": None}, None, ["email"]),
        ({"phone_verified_at": None}, {"sms": True, "email": False}, ["email"]),
        ({"email": None}, {"sms": False, "email": True}, ["sms"]),
        ({"email": None, "phone_verified_at": None}, None, ["sms"]),
        ({"phone": None, "phone_verified_at": None}, None, ["email"]),
    ],
)
def test_people_are_told_as_they_wish_and_never_not_at_all(declare, say, changes, chosen, reached):
    declare()
    user = person(**changes)
    if chosen:
        Preference.objects.create(user=user, **chosen)
    say(user)
    assert channels() == reached


def test_a_kind_that_only_texts_does_so_whatever_the_wish(declare, say):
    declare(channels=(SMS,))
    user = person()
    Preference.objects.create(user=user, sms=False, email=True)
    say(user)
    assert channels() == ["sms"]


def test_posting_to_many_costs_the_same_three_queries(declare, django_assert_num_queries):
    declare()
    people = [person(email=f"p{n}@example.com", phone=f"0100000{n:04}") for n in range(30)]
    with transaction.atomic(), django_assert_num_queries(3):  # wording, preferences, one insert
        outbox.post("test.booked", to=people, key="1", context={"학생": "김하늘", "일시": "내일"})
    assert Notice.objects.count() == 60


def test_a_notice_is_given_up_when_its_time_is_over(declare, say):
    declare(valid_for=timedelta(minutes=10))
    say(SOMEBODY)
    notice = Notice.objects.first()
    assert notice.give_up_at - notice.created_at == timedelta(minutes=10)


@pytest.mark.django_db(transaction=True)
def test_two_transactions_that_say_the_same_thing_at_once_say_it_once(declare, say, at_once):
    declare()
    assert at_once(*[lambda: say(SOMEBODY)] * 6) == [None] * 6
    assert Notice.objects.count() == 2


def test_what_belongs_together_is_said_in_as_few_statements_as_one_word(declare, django_assert_num_queries):
    declare()
    declare("test.counselor", channels=(EMAIL,))
    Wording.objects.create(kind="test.counselor", sms="", subject="예약", email="#{학생} 예약")
    parent, counselor = person(), person(name="이상담", email="two@example.com", phone="01000000002")
    context = {"학생": "김하늘", "일시": "내일"}
    words = [
        outbox.Word(kind="test.booked", to=[parent], key="1", context=context),
        outbox.Word(kind="test.counselor", to=[counselor], key="1", context=context),
    ]

    with django_assert_num_queries(3), transaction.atomic(savepoint=False):
        outbox.post_all(words)

    assert channels() == [EMAIL, EMAIL, SMS]
    assert Notice.objects.get(address="two@example.com").body == "김하늘 예약"
    assert Notice.objects.filter(kind="test.booked", name="김보호").count() == 2
