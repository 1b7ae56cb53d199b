"""What schools are told about their grants, to everybody who looks after the school's money."""

from __future__ import annotations

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Affiliation, User
from budget.models import GrantApplication, GrantPayment
from krds.dates import kdate, kdatetime
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register

SAMPLE = {
    "공고": "2027 금빛학교",
    "학교": "새빛중학교",
    "소식": "신청을 받았습니다.",
    "할일": "따로 하실 일은 없습니다.",
}
NEWS = register(
    Kind(
        code="budget.grant_news",
        label="학교 보조금: 진행 안내",
        channels=(SMS, EMAIL),
        variables=SAMPLE,
        sms=gettext_lazy("[#{센터}] #{공고} #{학교}: #{소식} #{링크}"),
        subject=gettext_lazy("[#{센터}] #{공고}: #{소식}"),
        email=gettext_lazy(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n\n"
            "○ 공고: #{공고}\n"
            "○ 학교: #{학교}\n"
            "○ 소식: #{소식}\n"
            "○ 하실 일: #{할일}\n\n"
            "신청 보기: #{링크}"
        ),
    )
)
DUE = register(
    Kind(
        code="budget.grant_due",
        label="학교 보조금: 기한 안내",
        channels=(SMS, EMAIL),
        variables={**SAMPLE, "소식": "정산 보고 기한은 2027. 12. 10.(금)입니다.", "할일": "정산을 보고해 주세요."},
        sms=gettext_lazy("[#{센터}] #{공고} #{학교}: #{소식} #{링크}"),
        subject=gettext_lazy("[#{센터}] #{공고}: #{소식}"),
        email=gettext_lazy(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n\n"
            "○ 공고: #{공고}\n"
            "○ 학교: #{학교}\n"
            "○ 기한: #{소식}\n"
            "○ 하실 일: #{할일}\n\n"
            "신청 보기: #{링크}"
        ),
    )
)
NOTHING = gettext_lazy("따로 하실 일은 없습니다.")


def submitted(found: GrantApplication) -> None:
    said = _("신청을 받았습니다(접수 번호 %(number)s).") % {"number": found.label_number}
    _news(found, said, NOTHING, f"submitted/{found.revision}")


def correction(found: GrantApplication) -> None:
    said = _("보완이 필요합니다. %(until)s까지 다시 제출해 주세요.") % {"until": kdatetime(found.correction_until)}
    _news(found, said, found.correction, f"correction/{found.trail().count()}")


def granted(found: GrantApplication) -> None:
    said = _("%(won)s원의 교부가 결정되었습니다.") % {"won": f"{found.granted_won:,}"}
    _news(found, said, _("신청 화면에서 교부 결정 통지서를 받고 지급을 요청해 주세요."), "granted")


def rejected(found: GrantApplication) -> None:
    said = _("이번에는 선정되지 않았습니다. 사유: %(reason)s") % {"reason": found.decided_because}
    _news(found, said, NOTHING, "rejected")


def cancelled(found: GrantApplication) -> None:
    said = _("교부가 취소되었습니다. 사유: %(reason)s") % {"reason": found.decided_because}
    _news(found, said, NOTHING, "cancelled")


def paid(found: GrantApplication, payment: GrantPayment) -> None:
    said = _("%(won)s원을 지급했습니다.") % {"won": f"{payment.amount_won:,}"}
    _news(found, said, _("사업을 마치면 정산을 보고해 주세요."), f"paid/{payment.pk}")


def declined(found: GrantApplication, payment: GrantPayment) -> None:
    said = _("지급 요청을 돌려보냈습니다. 사유: %(reason)s") % {"reason": payment.answer}
    _news(found, said, _("내용을 고쳐 다시 요청해 주세요."), f"declined/{payment.pk}")


def reported(found: GrantApplication) -> None:
    _news(found, _("정산 보고를 받았습니다."), NOTHING, f"reported/{found.trail().count()}")


def rework(found: GrantApplication, what: str) -> None:
    _news(found, _("정산 보고의 보완이 필요합니다."), what, f"rework/{found.trail().count()}")


def returning(found: GrantApplication, rest_won: int, interest_won: int) -> None:
    said = _("집행잔액 %(rest)s원과 이자 %(interest)s원을 반납해 주세요.") % {
        "rest": f"{rest_won:,}",
        "interest": f"{interest_won:,}",
    }
    _news(found, said, _("센터가 알려 드리는 고지서로 납부해 주세요."), "returning")


def settled(found: GrantApplication) -> None:
    _news(found, _("정산이 끝났습니다."), NOTHING, "settled")


def closing(found: GrantApplication, window: int) -> None:
    said = _("접수가 %(until)s에 마감됩니다. 아직 제출하지 않았습니다.") % {"until": kdatetime(found.call.closes_at)}
    _due(found, said, _("작성 중인 신청을 제출해 주세요."), f"closing/{found.call.closes_at.isoformat()}/{window}")


def mending(found: GrantApplication, window: int) -> None:
    said = _("보완 기한은 %(until)s입니다.") % {"until": kdatetime(found.correction_until)}
    _due(found, said, found.correction, f"mending/{found.correction_until.isoformat()}/{window}")


def reporting(found: GrantApplication, today: date, window: int) -> None:
    day = found.call.settle_by
    said = (_("정산 보고 기한은 %(day)s입니다.") if today <= day else _("정산 보고 기한(%(day)s)이 지났습니다.")) % {
        "day": kdate(day)
    }
    _due(found, said, _("정산을 보고해 주세요."), f"reporting/{day.isoformat()}/{window}")


def _news(found: GrantApplication, said: str, todo: object, what: str) -> None:
    _post(NEWS, found, said, todo, what)


def _due(found: GrantApplication, said: str, todo: object, what: str) -> None:
    _post(DUE, found, said, todo, what)


def _post(kind: Kind, found: GrantApplication, said: str, todo: object, what: str) -> None:
    mine = Affiliation.objects.current().filter(school=found.school_id, role=Affiliation.Role.SCHOOL)
    outbox.post(
        kind.code,
        to=list(User.objects.present().filter(pk__in=mine.values("user")).order_by("pk")),
        key=f"grant/{found.pk}/{what}",
        context={"공고": found.call.title, "학교": found.school.name, "소식": said, "할일": str(todo)},
        url=reverse("grants:application", args=[found.pk]),
    )
