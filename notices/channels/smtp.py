"""E-mail over SMTP: one connection for a run of messages, a Message-ID that stays the same when sent again."""

from __future__ import annotations

import re
import smtplib
from email.mime.text import MIMEText
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from notices.channels.outcomes import Failed, Never, TryLater, TrySoon
from notices.models import Addressee, Notice

METHOD = re.compile(r"^METHOD:([A-Z]+)\r?$", re.M)
PERMANENT = 500  # SMTP answers from here on mean: do not try this again


class Smtp:
    """Sends plain text with a simple HTML twin.

    A line that breaks in the middle is no doubt here but a retry: mail programs drop a second
    message with the same Message-ID.
    """

    name = "smtp"

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def send(self, notice: Notice | Addressee) -> str:
        message = self._message(notice)
        try:
            self._open().send_messages([message])
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise _failure(error) from error
        return message.extra_headers["Message-ID"]

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> BaseEmailBackend:
        if self._connection is None:
            connection = get_connection()
            connection.open()
            self._connection = connection
        return self._connection

    def _message(self, notice: Notice | Addressee) -> EmailMultiAlternatives:
        text = notice.spoken_body()
        host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
        message = EmailMultiAlternatives(
            subject=notice.subject,
            body=text,
            to=[notice.address],
            headers={
                "Message-ID": f"<{notice.uid}@{host}>",
                "Auto-Submitted": "auto-generated",  # out-of-office programs do not answer
            },
        )
        page = render_to_string("notices/email.html", {"subject": notice.subject, "text": text})
        message.attach_alternative(page, "text/html")
        if notice.calendar:
            message.attach(_calendar(notice.calendar))
        return message


def _calendar(text: str) -> MIMEText:
    """A calendar entry as mail programs know it: the part names the method that the file names (RFC 6047 §2.4)."""
    part = MIMEText(text, "calendar", "utf-8")
    if method := METHOD.search(text):
        part.set_param("method", method[1])
    part.add_header("Content-Disposition", "attachment", filename="counseling.ics")
    return part


def _failure(error: OSError | smtplib.SMTPException) -> Failed:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max(code for code, _said in error.recipients.values())
        if code >= PERMANENT:
            return Never(f"받는 메일 주소를 메일 서버가 거절했습니다. ({code})")
        return TryLater(f"받는 쪽 메일함이 지금은 받지 않습니다. ({code})")
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused | smtplib.SMTPNotSupportedError):
        return TryLater("메일 서버 설정이 맞지 않습니다. EMAIL_URL과 보내는 주소를 확인해 주세요.")
    if isinstance(error, smtplib.SMTPResponseException):
        if error.smtp_code >= PERMANENT:
            return Never(f"메일 서버가 이 메일을 거절했습니다. ({error.smtp_code})")
        return TryLater(f"메일 서버가 나중에 다시 보내라고 했습니다. ({error.smtp_code})")
    return TrySoon("메일 서버와 연결이 되지 않거나 끊겼습니다.")
