"""The people whom a visitor of the demo may be, and how they get in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass

from allauth.mfa import app_settings as mfa
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings

PASSWORD = "demo-portal-1"  # noqa: S105 -- printed at every start: there is nothing to protect in a demo
DOMAIN = "demo.example"


@dataclass(frozen=True)
class Login:
    """One way into the demo. ``role`` is a staff role of ``accounts.roles``; empty for families and guests."""

    key: str
    title: str
    name: str
    role: str = ""
    is_staff: bool = False

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"


LOGINS = (
    Login("admin", "센터장(모든 권한)", "한가온", is_staff=True),
    Login("counselor", "상담사", "서다온", role="상담사", is_staff=True),
    Login("programs", "프로그램 담당", "문보람", role="프로그램 담당", is_staff=True),
    Login("budget", "예산 담당", "류한결", role="예산 담당", is_staff=True),
    Login("newsletter", "소식지 담당", "심새벽", role="소식지 담당", is_staff=True),
    Login("approver", "팀장(승인)", "남궁도담", role="팀장(승인)", is_staff=True),
    Login("privacy", "개인정보 담당", "표지음", role="개인정보 담당", is_staff=True),
    Login("auditor", "감사(열람)", "도라온", role="감사(열람)", is_staff=True),
    Login("teacher", "교사", "길마루"),
    Login("school", "학교 담당자(보조금)", "구슬아"),
    Login("partner", "협력 기관 담당자", "현누리"),
    Login("parent", "보호자", "김나래"),
    Login("student", "학생", "김하늘"),
)


def totp_secret(login: Login) -> str:
    """The demo's second factor of a staff login: fixed for one installation, different on the next."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), login.email.encode(), hashlib.sha256)
    return base64.b32encode(digest[:20]).decode()


def totp_code(login: Login) -> str:
    """The six digits that are valid right now."""
    return format_hotp_value(hotp_value(totp_secret(login), int(time.time()) // mfa.TOTP_PERIOD))


def printed() -> str:
    """The logins as lines for the terminal."""
    rows = [f"  {login.email:<28} {login.title}" for login in LOGINS]
    return "\n".join(
        [
            f"체험용 로그인 (비밀번호는 모두 {PASSWORD})",
            *rows,
            f"  직원의 인증번호와 보낸 문자는 {settings.SITE_URL}/demo/ 에서 볼 수 있습니다.",
        ]
    )
