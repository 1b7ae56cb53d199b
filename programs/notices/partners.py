"""What programmes say about partners: to staff before an agreement ends, to families whose names a partner gets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from krds.dates import kdate, kdatetime
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register
from notices.outbox import Word
from programs.models import Agreement, Application, RosterShare
from programs.models.handovers import ITEMS

ENDS = register(
    Kind(
        code="programs.agreement_ends",
        label="업무협약 종료 안내(직원)",
        channels=(EMAIL,),
        valid_for=timedelta(days=7),
        variables={
            "기관": "가온누리대학교",
            "협약": "청소년 진로체험 업무협약",
            "끝": "2027. 2. 28.(일)",
            "남은날": "30",
            "할일": "연장할지 정해 주세요.",
        },
        subject="[#{센터}] 업무협약이 #{남은날}일 안에 끝납니다: #{기관}",
        email=(
            "#{이름}님, 담당하시는 업무협약의 기간이 끝나 갑니다.\n\n"
            "○ 기관: #{기관}\n"
            "○ 협약: #{협약}\n"
            "○ 이번 기간의 마지막 날: #{끝}\n"
            "○ 할 일: #{할일}\n\n"
            "협약 보기: #{링크}"
        ),
    )
)

SHARED = register(
    Kind(
        code="programs.roster_shared",
        label="참가자 명단을 받는 기관 안내",
        channels=(SMS, EMAIL),
        variables={
            "프로그램": "별 관찰 교실 1회",
            "기관": "가온누리대학교",
            "구분": "처리 위탁",
            "목적": "출석 확인과 조 편성",
            "항목": "이름, 학교급, 학년",
            "기한": "2026. 12. 19.(토) 12:00",
            "할일": "따로 하실 일은 없습니다.",
        },
        sms=_("[#{센터}] #{프로그램} 참가자 명단을 #{기관}에서 받습니다. #{할일} #{링크}"),
        subject=_("[#{센터}] 참가자 명단을 받는 기관을 안내합니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "신청하신 프로그램을 함께하는 기관에서 참가자 명단을 받습니다. 연락처는 건네지 않습니다.\n\n"
            "○ 프로그램: #{프로그램}\n"
            "○ 받는 기관: #{기관}(#{구분})\n"
            "○ 이용 목적: #{목적}\n"
            "○ 항목: #{항목}\n"
            "○ 보유 기한: #{기한}까지\n\n"
            "#{할일}\n"
            "안내 보기: #{링크}"
        ),
    )
)


def agreement_ends(agreement: Agreement, days: int, today: date, *, to: Sequence[User]) -> None:
    """Say that the term ends within ``days``; once for each end and each window."""
    end = agreement.term_end(today)
    renews = f"그대로 두면 {agreement.renews_years}년 더 이어집니다. 끝내려면 상대 기관에 알려 주세요."
    outbox.post(
        ENDS.code,
        to=to,
        key=f"agreement/{agreement.pk}/{end:%Y-%m-%d}/{days}",
        context={
            "기관": str(agreement.side),
            "협약": agreement.title,
            "끝": kdate(end),
            "남은날": str((end - today).days),
            "할일": renews if agreement.renews_years else "연장할지 상의하고, 새 협약을 맺으면 등록해 주세요.",
        },
        url=reverse("admin:programs_agreement_change", args=[agreement.pk]),
    )


def roster_shared(share: RosterShare, applications: Sequence[Application]) -> None:
    """Tell who has applied already; who applies later reads it before applying."""
    asks = share.basis == RosterShare.Basis.PROVIDED
    outbox.post_all(
        Word(
            kind=SHARED.code,
            to=[application.applicant],
            key=f"rostershare/{share.pk}/{application.applicant_id}",
            context={
                "프로그램": str(share.run),
                "기관": share.partner.name,
                "구분": str(share.get_basis_display()),
                "목적": share.purpose,
                "항목": str(ITEMS),
                "기한": kdatetime(share.kept_until),
                "할일": str(
                    _("동의하시는 경우에만 건네며, 동의하지 않으셔도 참여하실 수 있습니다.")
                    if asks
                    else _("따로 하실 일은 없습니다.")
                ),
            },
            url=reverse("programs:roster_notice", args=[share.run_id]),
        )
        for application in {one.applicant_id: one for one in applications}.values()
    )
