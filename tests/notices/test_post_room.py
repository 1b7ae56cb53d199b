"""The staff's pages about notices."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from lifecycle.models import AccessLog
from notices import delivery, resending, sealing
from notices.channels.outcomes import InDoubt
from notices.models import Notice, SandboxMessage, Wording

pytestmark = pytest.mark.django_db

State = Notice.State
LIST = "/admin/notices/notice/"


@pytest.fixture
def clerk(log_in):
    """A member of staff who reads notices, decides about them and changes their words; logged in."""
    user = User.objects.create_user("clerk@example.com", "long-enough-1", name="이담당", is_staff=True)
    wanted = ["view_notice", "resend_notice", "view_sandboxmessage", "view_wording", "change_wording"]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    log_in(user)
    return user


def decide(notice: Notice, what: str) -> str:
    return f"{LIST}{notice.pk}/decide/{what}/"


def test_the_list_masks_names_and_addresses(client, clerk, owed, django_assert_max_num_queries):
    for number in range(30):
        owed(name="남궁민수", address=f"0101234{number:04}")
    owed(name="홍길동", address="parent@example.com", channel="email")
    with django_assert_max_num_queries(15):
        page = client.get(LIST).content.decode()
    assert "남**수" in page
    assert "010-****-0000" in page
    assert "pa****@example.com" in page
    assert not [clear for clear in ("남궁민수", "01012340000", "parent@example.com") if clear in page]


def test_the_list_says_what_the_month_has_cost_and_what_needs_somebody(client, clerk, owed):
    owed(state=State.FAILED)
    owed()
    delivery.deliver_due()
    page = client.get(LIST).content.decode()
    assert "<td>20 / 한도 500,000</td>" in page
    assert "실패 1건" in page


@pytest.mark.parametrize(
    ("provider", "mail", "said"),
    [
        ("sandbox", "", "문자와 이메일"),
        ("sens", "", "이메일"),
        ("sandbox", "smtp://mail.example.org", "문자"),
        ("sens", "smtp://mail.example.org", ""),
    ],
)
def test_the_list_says_when_nothing_leaves_the_house(client, clerk, settings, provider, mail, said):
    settings.SMS_PROVIDER, settings.EMAIL_URL = provider, mail
    page = client.get(LIST).content.decode()
    assert f"{said} 보낼 곳이 정해지지 않아" in page if said else "보낼 곳이" not in page


def test_opening_a_notice_is_logged_and_shows_no_secret(client, clerk, owed):
    notice = owed(body="인증번호 #{인증번호}", sealed=sealing.seal({"인증번호": "908172"}))
    page = client.get(f"{LIST}{notice.pk}/change/").content.decode()
    assert "인증번호 ●●●●●●" in page
    assert "908172" not in page
    assert AccessLog.objects.get().act == AccessLog.Act.VIEW


def test_a_failed_notice_is_sent_again_with_a_reason_in_its_trail(client, clerk, owed):
    notice = owed(state=State.FAILED, problem="없는 번호", attempts=4)
    assert "다시 보내기" in client.get(f"{LIST}{notice.pk}/change/").content.decode()
    assert "적은 내용을" in client.post(decide(notice, "resend"), {"reason": ""}).content.decode()

    client.post(decide(notice, "resend"), {"reason": "번호를 확인함"})

    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.problem) == (State.DUE, 0, "")
    step = notice.trail().get()
    assert (step.by, step.reason, step.from_state) == (clerk, "번호를 확인함", State.FAILED)
    assert delivery.deliver_due() == 1


def test_a_doubtful_one_asks_whether_twice_is_all_right(client, clerk, owed):
    notice = owed(state=State.UNKNOWN)
    page = client.get(decide(notice, "resend")).content.decode()
    assert "이미 받았을 수 있어요" in page

    client.post(decide(notice, "resend"), {"reason": "전화로 확인"})
    notice.refresh_from_db()
    assert notice.state == State.UNKNOWN

    client.post(decide(notice, "resend"), {"reason": "전화로 확인", "knowing": "on"})
    notice.refresh_from_db()
    assert notice.state == State.DUE


def test_the_use_case_itself_refuses_a_doubtful_one_without_knowing(clerk, owed):
    with pytest.raises(resending.MayHaveArrived):
        resending.resend(owed(state=State.UNKNOWN), by=clerk, reason="")


@pytest.mark.parametrize(
    ("what", "before", "after"),
    [
        ("believe", State.UNKNOWN, State.SENT),
        ("let-be", State.DUE, State.CANCELLED),
        ("let-be", State.FAILED, State.CANCELLED),
    ],
)
def test_a_person_settles_what_the_machine_cannot(client, clerk, owed, what, before, after):
    notice = owed(state=before)
    client.post(decide(notice, what), {"reason": "전화로 확인"})
    notice.refresh_from_db()
    assert notice.state == after


def test_a_code_cannot_be_sent_again_for_its_secret_is_gone(client, clerk, owed):
    notice = owed(state=State.FAILED, body="인증번호 #{인증번호}")
    assert "다시 보내기" not in client.get(f"{LIST}{notice.pk}/change/").content.decode()
    page = client.post(decide(notice, "resend"), {"reason": "다시 요청"}, follow=True).content.decode()
    assert "한 번만 쓸 수 있어" in page
    notice.refresh_from_db()
    assert notice.state == State.FAILED


def test_a_second_click_gets_a_sentence(client, clerk, owed):
    notice = owed(state=State.FAILED)
    client.post(decide(notice, "resend"), {"reason": "다시"})
    page = client.post(decide(notice, "resend"), {"reason": "다시"}, follow=True).content.decode()
    assert "이미 보낸 알림입니다" in page
    assert notice.trail().count() == 1


def test_many_are_sent_again_in_one_go(client, clerk, owed):
    failed = [owed(state=State.FAILED) for _ in range(3)]
    sent = owed(state=State.SENT)
    chosen = {"action": "resend", "_selected_action": [notice.pk for notice in (*failed, sent)]}
    page = client.post(LIST, chosen).content.decode()
    assert "<strong>3건</strong>" in page
    client.post(LIST, {**chosen, "reason": "잔액을 채움"})
    assert Notice.objects.filter(state=State.DUE).count() == 3


def test_without_the_permission_nobody_decides(client, clerk, owed):
    clerk.user_permissions.remove(Permission.objects.get(codename="resend_notice"))
    notice = owed(state=State.FAILED)
    assert client.post(decide(notice, "resend"), {"reason": "다시"}).status_code == 403
    assert "다시 보내기" not in client.get(f"{LIST}{notice.pk}/change/").content.decode()


def test_looking_changes_nothing(client, clerk, owed):
    notice = owed(state=State.FAILED)
    client.get(decide(notice, "resend"))
    notice.refresh_from_db()
    assert notice.state == State.FAILED
    assert client.get(decide(notice, "nonsense")).status_code == 404


def test_the_sandbox_shows_what_would_have_left_masked(client, clerk, owed):
    owed(name="남궁민수", body="상담 확정 #{인증번호}", sealed=sealing.seal({"인증번호": "908172"}))
    delivery.deliver_due()
    page = client.get("/admin/notices/sandboxmessage/").content.decode()
    detail = client.get(f"/admin/notices/sandboxmessage/{SandboxMessage.objects.get().pk}/change/").content.decode()
    for shown in (page, detail):
        assert "상담 확정 ●●●●●●" in shown
        assert "남**수" in shown
        assert "908172" not in shown


# --- Wording ---------------------------------------------------------------------------------
@pytest.fixture
def words(declare):
    declare(label="상담 예약 확정")
    return reverse("admin:notices_wording_change", args=["test.booked"])


WRITTEN = {"sms": "#{학생} #{일시} 상담입니다", "subject": "예약 #{학생}", "email": "#{이름}님\n#{링크}"}


def test_every_kind_is_in_the_list_changed_or_not(client, clerk, words):
    page = client.get("/admin/notices/wording/").content.decode()
    assert "상담 예약 확정" in page
    assert "기본 문구" in page


def test_the_page_shows_the_default_filled_with_samples_and_its_weight(client, clerk, words):
    page = client.get(words).content.decode()
    assert "김하늘 상담 2026. 11. 24.(화) 14:00" in page
    assert "예시를 넣어 58바이트 · 단문(SMS)" in page


def test_what_staff_write_is_kept_and_spoken(client, clerk, words):
    assert client.post(words, WRITTEN).status_code == 302
    kept = Wording.objects.get()
    assert (kept.kind, kept.sms, kept.changed_by) == ("test.booked", WRITTEN["sms"], clerk)


@pytest.mark.parametrize(
    ("part", "text", "sentence"),
    [
        ("sms", "#{학교} 상담", "모르는 변수입니다: #{학교}"),
        ("email", "#{전화}", "모르는 변수입니다: #{전화}"),
        ("sms", "축하 🎉", "보낼 수 없는 글자가 있습니다: 🎉"),
        ("sms", "가" * 1001, "2,000바이트까지"),
        ("subject", "", "비워 둘 수 없습니다"),
    ],
)
def test_wording_that_cannot_be_sent_is_refused_with_a_sentence(client, clerk, words, part, text, sentence):
    page = client.post(words, {**WRITTEN, part: text}).content.decode()
    assert sentence in page
    assert not Wording.objects.exists()


def test_a_preview_saves_nothing(client, clerk, words):
    page = client.post(words, {**WRITTEN, "sms": "가" * 46, "_preview": "1"}).content.decode()
    assert "92바이트 · 장문(LMS)" in page
    assert "가" * 46 + "</textarea>" in page
    assert not Wording.objects.exists()


def test_typography_that_phones_lack_is_normalised_when_saved(client, clerk, words):
    client.post(words, {**WRITTEN, "sms": "10:00–11:00 • 상담"})
    assert Wording.objects.get().sms == "10:00-11:00 · 상담"


def test_there_is_a_way_back_to_the_default(client, clerk, words):
    client.post(words, WRITTEN)
    assert "기본 문구로 되돌리기" in client.get(words).content.decode()
    assert client.get("/admin/notices/wording/test.booked/reset/").status_code == 405
    client.post("/admin/notices/wording/test.booked/reset/")
    assert not Wording.objects.exists()


def test_typing_the_default_again_is_the_default(client, clerk, words):
    client.post(words, WRITTEN)
    page = client.get(words)
    original = Wording.default(page.context["kind"])
    client.post(words, {"sms": original.sms, "subject": original.subject, "email": original.email})
    assert not Wording.objects.exists()


def test_a_kind_that_only_texts_has_no_mail_to_word(client, clerk, declare):
    declare("test.text", channels=("sms",), variables={}, sms="안녕하세요")
    page = client.get("/admin/notices/wording/test.text/change/").content.decode()
    assert 'name="sms"' in page
    assert 'name="email"' not in page


def test_an_unknown_kind_is_not_there(client, clerk):
    assert client.get("/admin/notices/wording/test.nobody/change/").status_code == 404


def test_who_may_not_change_words_may_read_them(client, clerk, words):
    clerk.user_permissions.remove(Permission.objects.get(codename="change_wording"))
    assert client.get(words).status_code == 200
    assert client.post(words, WRITTEN).status_code == 403
    assert client.post("/admin/notices/wording/test.booked/reset/").status_code == 403


def test_a_doubt_ends_up_in_the_list_of_what_needs_somebody(client, clerk, owed, way):
    way.answers = [InDoubt("문자를 넘긴 뒤 연결이 끊겼습니다.")]
    owed()
    delivery.deliver_due()
    page = client.get(LIST).content.decode()
    assert "확인 필요 1건" in page
    assert "문자를 넘긴 뒤 연결이 끊겼습니다." in page
