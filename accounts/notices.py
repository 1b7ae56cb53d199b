"""All that ``accounts`` says to people."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Affiliation, Consent, GuardianConsentRequest, Invitation, Student, User
from krds.dates import kdate, kdatetime
from notices import outbox
from notices.kinds import Kind, register

CODE = register(
    Kind(
        code="accounts.code",
        label="인증번호",
        urgent=True,
        capped=True,
        variables={"인증번호": "135790", "분": "5"},
        secret=frozenset({"인증번호"}),
        valid_for=timedelta(minutes=10),
        sms=_("[#{센터}] 인증번호 #{인증번호} (#{분}분 안에 입력). 다른 사람에게 알려 주지 마세요."),
        subject=_("[#{센터}] 인증번호를 보내 드립니다"),
        email=_(
            "인증번호는 #{인증번호}입니다.\n#{분}분 안에 화면에 입력해 주세요.\n\n"
            "인증번호는 다른 사람에게 알려 주지 마세요. 요청하지 않으셨다면 이 메일을 지우셔도 됩니다."
        ),
    )
)
ALREADY = register(
    Kind(
        code="accounts.already",
        label="이미 가입된 연락처로 가입 시도",
        urgent=True,
        capped=True,
        variables={},
        valid_for=timedelta(minutes=30),
        sms=_("[#{센터}] 이미 가입된 번호입니다. 로그인 화면에서 '인증번호로 로그인'을 눌러 주세요. #{링크}"),
        subject=_("[#{센터}] 이미 가입된 이메일입니다"),
        email=_(
            "이 이메일로 가입 신청이 있었지만 이미 가입되어 있습니다.\n"
            "비밀번호가 기억나지 않으면 '인증번호로 로그인'을 이용해 주세요.\n#{링크}\n\n"
            "직접 신청하지 않으셨다면 이 메일을 지우셔도 됩니다."
        ),
    )
)
UNKNOWN = register(
    Kind(
        code="accounts.unknown",
        label="가입되지 않은 연락처로 로그인 시도",
        urgent=True,
        capped=True,
        variables={},
        valid_for=timedelta(minutes=30),
        sms=_("[#{센터}] 가입되지 않은 번호입니다. 다른 번호나 이메일로 가입하셨는지 확인해 주세요. #{링크}"),
        subject=_("[#{센터}] 가입되지 않은 이메일입니다"),
        email=_(
            "이 이메일로 로그인 요청이 있었지만 가입된 정보가 없습니다.\n"
            "다른 이메일이나 휴대폰 번호로 가입하셨는지 확인해 주세요.\n#{링크}\n\n"
            "직접 요청하지 않으셨다면 이 메일을 지우셔도 됩니다."
        ),
    )
)
GUARDIAN_ASKED = register(
    Kind(
        code="accounts.guardian_asked",
        label="보호자 동의 요청",
        urgent=True,
        capped=True,
        variables={"보호자": "김보호", "확인주소": "https://…/", "기한": "2026. 11. 29.(일) 14:00"},
        secret=frozenset({"확인주소"}),
        valid_for=timedelta(days=1),
        sms=_(
            "[#{센터}] #{보호자}님, 자녀가 회원가입을 하려고 보호자 동의를 부탁했습니다. "
            "#{기한}까지 확인해 주세요. #{확인주소}\n동의하지 않으시면 남겨진 연락처는 지워집니다."
        ),
        subject=_("[#{센터}] 자녀의 가입에 보호자 동의가 필요합니다"),
        email=_(
            "#{보호자}님, 자녀가 회원가입을 하려고 보호자 동의를 부탁했습니다.\n#{기한}까지 확인해 주세요.\n#{확인주소}"
        ),
    )
)
CHILD_CONSENTED = register(
    Kind(
        code="accounts.child_consented",
        label="법정대리인 동의 확인",
        urgent=True,
        variables={"자녀": "김하늘", "일시": "2026. 11. 24.(화) 14:00"},
        sms=_(
            "[#{센터}] #{이름}님이 #{일시}에 만 14세 미만 자녀(#{자녀})의 개인정보 처리에 동의하셨습니다. "
            "동의하지 않으셨거나 철회하시려면 확인해 주세요. #{링크}"
        ),
        subject=_("[#{센터}] 법정대리인 동의가 기록되었습니다"),
        email=_(
            "#{이름}님이 #{일시}에 만 14세 미만 자녀(#{자녀})의 개인정보 처리에 동의하셨습니다.\n"
            "동의하지 않으셨거나 철회하시려면 아래에서 확인해 주세요.\n#{링크}"
        ),
    )
)
INVITED = register(
    Kind(
        code="accounts.invited",
        label="가족 초대",
        variables={
            "초대한사람": "김*호",
            "학생": "김*늘",
            "역할": "보호자",
            "초대주소": "https://…/",
            "기한": "2026. 12. 1.(화) 14:00",
        },
        urgent=True,
        secret=frozenset({"초대주소"}),
        sms=_(
            "[#{센터}] #{초대한사람}님이 #{학생} 학생 계정 연결에 초대했습니다(#{역할}). #{기한}까지 확인해 주세요. #{초대주소}"
        ),
        subject=_("[#{센터}] #{역할} 초대를 받으셨습니다"),
        email=_(
            "#{초대한사람}님이 #{학생} 학생 계정 연결에 초대했습니다(#{역할}).\n#{기한}까지 확인해 주세요.\n#{초대주소}"
        ),
    )
)
ACCEPTED = register(
    Kind(
        code="accounts.accepted",
        label="가족 초대 수락",
        variables={"학생": "김하늘", "역할": "보호자"},
        sms=_("[#{센터}] #{학생} 학생의 #{역할} 초대가 수락되었습니다. #{링크}"),
        subject=_("[#{센터}] 초대가 수락되었습니다"),
        email=_(
            "#{학생} 학생의 #{역할} 초대가 수락되었습니다.\n본인이 초대하지 않으셨다면 센터로 알려 주세요.\n#{링크}"
        ),
    )
)
UNLINKED = register(
    Kind(
        code="accounts.unlinked",
        label="보호자 연결 끝",
        variables={"학생": "김하늘"},
        sms=_("[#{센터}] #{학생} 학생의 보호자 연결이 끝났습니다. 궁금한 점은 센터로 문의해 주세요."),
        subject=_("[#{센터}] 보호자 연결이 끝났습니다"),
        email=_("#{학생} 학생의 보호자 연결이 끝났습니다.\n궁금한 점은 센터로 문의해 주세요."),
    )
)
TURNED_14 = register(
    Kind(
        code="accounts.turned_14",
        label="만 14세가 된 학생",
        variables={"학생": "김하늘"},
        sms=_("[#{센터}] #{학생} 학생이 만 14세가 되었습니다. 이제 학생이 자기 정보를 직접 관리할 수 있어요. #{링크}"),
        subject=_("[#{센터}] 이제 학생이 자기 정보를 직접 관리할 수 있습니다"),
        email=_(
            "#{학생} 학생이 만 14세가 되었습니다.\n"
            "이제 보호자의 동의 없이 학생이 자기 개인정보를 직접 관리할 수 있습니다.\n#{링크}"
        ),
    )
)
CHANGED = register(
    Kind(
        code="accounts.changed",
        label="로그인 정보 변경",
        urgent=True,
        variables={"항목": "휴대폰 번호", "일시": "2026. 11. 24.(화) 14:00"},
        sms=_("[#{센터}] #{일시}에 회원 정보(#{항목})가 바뀌었습니다. 직접 바꾸지 않으셨다면 바로 센터로 알려 주세요."),
        subject=_("[#{센터}] 회원 정보(#{항목})가 바뀌었습니다"),
        email=_("#{일시}에 회원 정보(#{항목})가 바뀌었습니다.\n직접 바꾸지 않으셨다면 바로 센터로 알려 주세요."),
    )
)
CONSENT_KEPT = register(
    Kind(
        code="accounts.consent_kept",
        label="수신 동의 처리 결과",
        variables={"내용": "홍보·소식 수신", "결과": "동의", "일시": "2026. 11. 24.(화) 14:00"},
        sms=_("[#{센터}] #{일시} '#{내용}' #{결과} 처리했습니다. 언제든 바꿀 수 있습니다. #{링크}"),
        subject=_("[#{센터}] '#{내용}' #{결과} 처리 결과"),
        email=_(
            "#{이름}님의 수신 동의를 처리했습니다.\n\n○ 내용: #{내용}\n○ 처리: #{결과}\n○ 일시: #{일시}\n\n언제든 아래에서 바꿀 수 있습니다.\n#{링크}"
        ),
    )
)
CONSENT_RECHECK = register(
    Kind(
        code="accounts.consent_recheck",
        label="수신 동의 2년 확인",
        variables={"내용": "홍보·소식 수신", "동의일": "2026. 11. 24.(화)"},
        valid_for=timedelta(days=30),
        sms=_(
            "[#{센터}] #{이름}님은 #{동의일}에 '#{내용}'에 동의하셨습니다. 그대로 받으시려면 두시고, 바꾸시려면 눌러 주세요. #{링크}"
        ),
        subject=_("[#{센터}] '#{내용}' 동의를 확인해 주세요"),
        email=_(
            "#{이름}님은 #{동의일}에 '#{내용}'에 동의하셨습니다.\n"
            "계속 받으시려면 그대로 두시면 되고, 받지 않으시려면 아래에서 철회해 주세요.\n#{링크}"
        ),
    )
)
CONFIRMED = register(
    Kind(
        code="accounts.affiliation_confirmed",
        label="소속 확인",
        variables={"소속": "금천중학교"},
        sms=_("[#{센터}] #{소속} 소속이 확인되었습니다. #{링크}"),
        subject=_("[#{센터}] 소속이 확인되었습니다"),
        email=_("#{소속} 소속이 확인되었습니다.\n이제 학교·기관 신청을 이용하실 수 있습니다.\n#{링크}"),
    )
)
LEFT = register(
    Kind(
        code="accounts.left",
        label="탈퇴 처리",
        urgent=True,
        variables={"일시": "2026. 11. 24.(화) 14:00"},
        sms=_("[#{센터}] #{일시} 탈퇴 처리되었고 개인정보는 지워졌습니다. 그동안 이용해 주셔서 고맙습니다."),
        subject=_("[#{센터}] 탈퇴 처리되었습니다"),
        email=_("#{일시}에 탈퇴 처리되었고 개인정보는 지워졌습니다.\n그동안 이용해 주셔서 고맙습니다."),
    )
)


def _to(contact: str, name: str = "") -> list[outbox.Recipient]:
    """An address that need not belong to anybody."""
    return [
        outbox.Recipient(name=name, email=contact if "@" in contact else "", phone="" if "@" in contact else contact)
    ]


def _absolute(name: str, *args: object) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def code(contact: str, digits: str, *, ip: str | None) -> None:
    """``ip`` is the visitor who asked: codes are counted per address, visitor and day."""
    context = {"인증번호": digits, "분": str(settings.CODE_MINUTES)}
    outbox.post(CODE.code, to=_to(contact), key=f"code/{secrets.token_hex(8)}", context=context, asked_from=ip)


def already(contact: str, *, ip: str | None) -> None:
    key, url = f"already/{secrets.token_hex(8)}", reverse("account_request_login_code")
    outbox.post(ALREADY.code, to=_to(contact), key=key, url=url, asked_from=ip)


def unknown(contact: str, *, ip: str | None) -> None:
    key, url = f"unknown/{secrets.token_hex(8)}", reverse("account_signup")
    outbox.post(UNKNOWN.code, to=_to(contact), key=key, url=url, asked_from=ip)


def guardian_asked(request: GuardianConsentRequest, token: str, *, ip: str | None) -> None:
    context = {
        "보호자": request.guardian_name,
        "확인주소": _absolute("accounts:guardian_consent", token),
        "기한": kdatetime(request.expires_at),
    }
    key = _guardian_key(request.pk)
    outbox.post(GUARDIAN_ASKED.code, to=_to(request.guardian_phone), key=key, context=context, asked_from=ip)


def forget_guardian(pk: int) -> None:
    """The message of a request that is over: it names the guardian, whom nobody may remember (지침 제13조)."""
    outbox.forget(GUARDIAN_ASKED.code, _guardian_key(pk))


def _guardian_key(pk: int) -> str:
    return f"guardian/{pk}"


def child_consented(consent: Consent) -> None:
    """The confirming message of 시행령 제17조의2 ① 1호: to the guardian's phone, whatever they prefer."""
    guardian = consent.by
    outbox.post(
        CHILD_CONSENTED.code,
        to=[outbox.Recipient(name=guardian.name, email="", phone=guardian.phone, user=guardian)],
        key=f"consent/{consent.pk}",
        context={"자녀": consent.student.name, "일시": kdatetime(consent.at)},
        url=reverse("accounts:child", args=[consent.student_id]),
    )


def invited(invitation: Invitation, token: str, *, inviter: str, student: str) -> None:
    """``inviter`` and ``student`` come masked: the address may have been mistyped."""
    context = {
        "초대한사람": inviter,
        "학생": student,
        "역할": invitation.get_role_display(),
        "초대주소": _absolute("accounts:invitation", token),
        "기한": kdatetime(invitation.expires_at),
    }
    outbox.post(INVITED.code, to=_to(invitation.contact), key=f"invitation/{invitation.pk}", context=context)


def accepted(invitation: Invitation) -> None:
    context = {"학생": invitation.student.name, "역할": invitation.get_role_display()}
    outbox.post(
        ACCEPTED.code,
        to=[invitation.invited_by],
        key=f"accepted/{invitation.pk}",
        context=context,
        url=reverse("accounts:me"),
    )


def unlinked(student: Student, person: User, *, key: str) -> None:
    outbox.post(UNLINKED.code, to=[person], key=key, context={"학생": student.name})


def turned_14(student: Student) -> None:
    for person in student.people_to_tell():
        own = student.user_id == person.pk
        url = reverse("accounts:handover") if own else reverse("accounts:child", args=[student.pk])
        outbox.post(
            TURNED_14.code, to=[person], key=f"student/{student.pk}/14", context={"학생": student.name}, url=url
        )


def changed(user: User, what: str, at: datetime, *, old_contact: str = "") -> None:
    """Tell the person, and the address they had before, for somebody else may have changed it."""
    context = {"항목": what, "일시": kdatetime(at)}
    key = f"user/{user.pk}/changed/{at.timestamp():.0f}"
    outbox.post(CHANGED.code, to=[user], key=key, context=context)
    if old_contact:
        outbox.post(CHANGED.code, to=_to(old_contact, user.name), key=key, context=context)


def consent_kept(consent: Consent) -> None:
    """The result that 정보통신망법 시행령 제62조의2 wants within 14 days; here it leaves at once."""
    context = {
        "내용": consent.text.title,
        "결과": str(_("수신 동의") if consent.given else _("수신 거부")),
        "일시": kdatetime(consent.at),
    }
    outbox.post(
        CONSENT_KEPT.code,
        to=[consent.user],
        key=f"consent/{consent.pk}",
        context=context,
        url=reverse("accounts:consents"),
    )


def consent_recheck(consent: Consent, *, time: int) -> None:
    """The reminder of 정보통신망법 시행령 제62조의3; ``time`` counts the two-year periods."""
    outbox.post(
        CONSENT_RECHECK.code,
        to=[consent.user],
        key=f"consent/{consent.pk}/recheck/{time}",
        context={"내용": consent.text.title, "동의일": kdate(consent.at)},
        url=reverse("accounts:consents"),
    )


def confirmed(affiliation: Affiliation) -> None:
    outbox.post(
        CONFIRMED.code,
        to=[affiliation.user],
        key=f"affiliation/{affiliation.pk}",
        context={"소속": str(affiliation.school or affiliation.partner)},
        url=reverse("accounts:affiliations"),
    )


def left(*, name: str, email: str | None, phone: str | None, user_id: int, at: datetime) -> None:
    """The last word, to an address that the account no longer has."""
    outbox.post(
        LEFT.code,
        to=[outbox.Recipient(name=name, email=email or "", phone=phone or "")],
        key=f"user/{user_id}/left",
        context={"일시": kdatetime(at)},
    )
