"""Text messages leave only from numbers registered beforehand (전기통신사업법 제84조의2)."""

from __future__ import annotations

from django.conf import settings

from notices.channels.outcomes import TryLater


def registered(number: str) -> str:
    """The sender number itself.

    Raises:
        TryLater: it is not on the list of registered numbers; an operator has to put that right.
    """
    if number not in settings.SMS_SENDERS:
        raise TryLater("등록된 발신번호가 아닙니다. SMS_SENDERS 설정을 확인해 주세요.")
    return number
