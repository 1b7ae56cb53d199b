from __future__ import annotations

from email.header import decode_header, make_header

import pytest

from notices import delivery
from notices.channels.outcomes import Never, TryLater, TrySoon
from notices.channels.smtp import Smtp
from notices.kinds import EMAIL
from notices.models import Notice
from tests.notices.sinks import HANG_UP

pytestmark = pytest.mark.django_db

LETTER = {"channel": EMAIL, "price_class": "", "subject": "상담 예약 😀", "address": "parent@example.com"}


@pytest.fixture
def letter(owed):
    return lambda **more: owed(**LETTER, **more)


def test_a_letter_arrives_as_text_with_an_html_twin(letter, smtp):
    notice = letter(body="하늘 & <b>바다</b>\nhttps://centre.example.org/1/")
    assert delivery.deliver_due() == 1
    [mail] = smtp.mails
    assert str(make_header(decode_header(mail["Subject"]))) == "상담 예약 😀"
    assert mail["To"] == "parent@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert str(notice.uid) in mail["Message-ID"]
    text, page = (part.get_payload(decode=True).decode().replace("\r\n", "\n") for part in mail.get_payload())
    assert text == "하늘 & <b>바다</b>\nhttps://centre.example.org/1/"
    assert "하늘 &amp; &lt;b&gt;바다&lt;/b&gt;<br>" in page
    assert 'href="https://centre.example.org/1/"' in page
    assert Notice.objects.get().provider_id == mail["Message-ID"]


def test_a_run_of_letters_shares_one_connection(letter, smtp, monkeypatch):
    opened = []
    connect = Smtp._open
    monkeypatch.setattr(Smtp, "_open", lambda way: opened.append(way._connection is None) or connect(way))
    for number in range(5):
        letter(body=f"{number}")
    delivery.deliver_due()
    assert (len(smtp.mails), opened.count(True)) == (5, 1)


@pytest.mark.parametrize(
    ("recipient", "data", "outcome"),
    [
        ("550 no such user", None, Never),
        ("450 mailbox busy", None, TryLater),
        (None, "554 refused", Never),
        (None, "451 later", TryLater),
    ],
)
def test_every_answer_has_its_meaning(letter, smtp, recipient, data, outcome):
    if recipient:
        smtp.recipients.append(recipient)
    if data:
        smtp.answers.append(data)
    with pytest.raises(outcome):
        Smtp().send(letter())


def test_a_server_that_does_not_listen_is_tried_again(letter, smtp, settings):
    settings.EMAIL_PORT = 1
    with pytest.raises(TrySoon):
        Smtp().send(letter())


def test_a_letter_whose_line_broke_goes_again_under_the_same_message_id(letter, smtp):
    smtp.answers.append(HANG_UP)
    letter()
    assert delivery.deliver_due() == 0
    Notice.objects.update(send_after=Notice.objects.get().created_at)
    assert delivery.deliver_due() == 1
    first, second = smtp.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_one_bad_address_does_not_hold_up_the_others(letter, smtp):
    smtp.recipients.append("550 no such user")
    letter(key="1")
    letter(key="2")
    assert delivery.deliver_due() == 1
    assert sorted(Notice.objects.values_list("state", flat=True)) == ["failed", "sent"]


def test_a_line_break_in_a_value_cannot_add_headers(declare, say, smtp):
    from notices.outbox import Recipient

    declare(channels=(EMAIL,))
    say(Recipient("김보호", email="a@example.com"), context={"학생": "김\r\nBcc: x@example.com", "일시": "내일"})
    assert delivery.deliver_due() == 1
    assert smtp.mails[0]["Bcc"] is None
