"""Rules read back in plain Korean: what staff set, and what families read, are the same sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.neis import DISTRICT
from accounts.schoolyear import GRADES
from intake.rules import Place, Scope, Year

if TYPE_CHECKING:
    from intake.rules import Audience, Rules, Stage, YearCap

GRADE_NAMES = dict(GRADES)


def particle(word: str, with_final: str, without: str) -> str:
    """``word`` with the particle its last syllable asks for: ``particle("중1", "이나", "나")``."""
    last = word.rstrip(")’'\"")[-1:]
    # 영 일 삼 육 칠 팔 end in a consonant; of Hangul every 28th syllable has none
    final = (ord(last) - ord("가")) % 28 != 0 if "가" <= last <= "힣" else last in "013678"
    return word + (with_final if final else without)


def grades(first: int | None, last: int | None) -> str:
    """``중1~고3``, ``고3``, ``초1~고3``: an open end is the first or the last grade."""
    low, high = GRADE_NAMES[first or 1], GRADE_NAMES[last or 12]
    return low if low == high else f"{low}~{high}"


def who(audience: Audience) -> str:
    """``중1~고3, 졸업생, 학교 밖 청소년``; ``누구나`` when nothing is asked."""
    named = audience.first_grade is not None or audience.last_grade is not None
    if audience.enrolled and audience.graduates and audience.out_of_school and not named:
        return _("초·중·고 학생, 졸업생, 학교 밖 청소년")
    parts = [
        grades(audience.first_grade, audience.last_grade) if audience.enrolled else "",
        _("졸업생") if audience.graduates else "",
        _("학교 밖 청소년") if audience.out_of_school else "",
    ]
    return ", ".join(part for part in parts if part) or _("해당 없음")


def ages(audience: Audience) -> str:
    """``만 9세~만 24세``, ``만 9세 이상``; empty without bounds."""
    first, last = audience.first_age, audience.last_age
    if first is not None and last is not None:
        return _("만 %(first)d세~만 %(last)d세") % {"first": first, "last": last}
    if first is not None:
        return _("만 %(first)d세 이상") % {"first": first}
    return _("만 %(last)d세 이하") % {"last": last} if last is not None else ""


def place(audience: Audience, names: dict[int, str] | None = None) -> str:
    """``금천구에 살거나 금천구 학교에 다니는``; empty when it does not matter where one is from."""
    where = DISTRICT
    if audience.neighbourhoods:
        known = names or getattr(audience, "places", {})
        dongs = "·".join(str(known.get(pk, "")) for pk in audience.neighbourhoods if known.get(pk))
        where = f"{DISTRICT} {dongs}" if dongs else _("%(district)s의 정해진 동") % {"district": DISTRICT}
    pupil = _("%(district)s 학교에 다니는") % {"district": DISTRICT}
    if audience.residents and audience.pupils:
        joined = (
            _("%(where)s에 살고 %(pupil)s") if audience.place_match == Place.ALL else _("%(where)s에 살거나 %(pupil)s")
        )
        return joined % {"where": where, "pupil": pupil}
    if audience.residents:
        return _("%(where)s에 사는") % {"where": where}
    return pupil if audience.pupils else ""


def audience(audience: Audience, names: dict[int, str] | None = None) -> str:
    """``금천구에 살거나 금천구 학교에 다니는 중1~고3, 졸업생, 학교 밖 청소년(만 24세 이하)``."""
    words = f"{place(audience, names)} {who(audience)}".strip()
    return f"{words}({ages(audience)})" if ages(audience) else words


def is_the_audience(words: str) -> str:
    """``금천구에 사는 학생이 대상입니다.``"""
    if words.endswith(("는", "은")):
        words = _("%(words)s 학생") % {"words": words}
    return _("%(words)s 대상입니다.") % {"words": particle(words, "이", "가")}


def stage(one: Stage, names: dict[int, str] | None = None) -> str:
    """``여는 날: 고3, 졸업생``; those who were invited are named as that and no closer."""
    parts = []
    if one.enrolled or one.graduates or one.out_of_school:
        parts.append(audience(one, names))
    if one.invited:
        parts.append(_("센터가 먼저 안내한 학생"))
    return f"{_after(one.after_days)}: {', '.join(parts)}"


def _after(days: int) -> str:
    return _("여는 날") if not days else _("여는 날부터 %(days)d일 뒤") % {"days": days}


def opening(rules: Rules) -> list[str]:
    """Who may come from when on, the first stage first."""
    hour = _("0시") if not rules.open_hour else _("%(hour)d시") % {"hour": rules.open_hour}
    if not rules.stages and not rules.everyone_after_days:
        return [_("예약은 여는 날 %(hour)s에 열립니다.") % {"hour": hour}]
    rows = [stage(one, dict(rules.places)) for one in sorted(rules.stages, key=lambda one: one.after_days)]
    everyone = _("대상 학생 모두")
    rows.append(f"{_after(rules.everyone_after_days)}: {everyone}")
    return [_("예약은 그날 %(hour)s에 차례로 열립니다.") % {"hour": hour}, *rows]


def caps(rules: Rules) -> list[str]:
    """How many may be booked ahead, and how often a year."""
    said = []
    if rules.open_most is not None:
        counted = "" if rules.open_scope == Scope.ALL else _("이 주제로 ")
        said.append(
            _("한 학생이 %(counted)s미리 예약할 수 있는 상담은 %(most)d건까지입니다.")
            % {"counted": counted, "most": rules.open_most}
        )
    if rules.year_kind != Year.NONE and rules.caps:
        span = _("한 학년도(3월~다음 해 2월)") if rules.year_kind == Year.SCHOOL else _("한 해(1월~12월)")
        scope = "" if rules.year_scope == Scope.ONE else _("모든 주제를 합쳐 ")
        each = ", ".join(_cap(cap) for cap in rules.caps)
        said.append(
            _("%(span)s에 %(scope)s%(each)s까지 이용할 수 있습니다.") % {"span": span, "scope": scope, "each": each}
        )
    return said


def _cap(cap: YearCap) -> str:
    whom = grades(cap.first_grade, cap.last_grade) if cap.first_grade is not None else _("그 밖의 학생")
    return _("%(whom)s %(most)d번") % {"whom": whom, "most": cap.most}


def deadlines(rules: Rules) -> list[str]:
    """Until when one may cancel and change by oneself."""
    cancel = _("취소는 %(when)s까지 ‘내 예약’에서 할 수 있습니다. 그 뒤에는 센터로 전화해 주세요.")
    change = _("변경은 %(when)s까지 할 수 있습니다.")
    said = [
        cancel % {"when": _before(rules.cancel_days, rules.cancel_hour)},
        change % {"when": _before(rules.change_days, rules.change_hour)},
    ]
    if rules.changes_most is not None:
        said.append(_("한 예약은 %(most)d번까지 바꿀 수 있습니다.") % {"most": rules.changes_most})
    return said


def _before(days: int, hour: int) -> str:
    if not days:
        return _("당일 %(hour)d시 전") % {"hour": hour}
    if days == 1:
        return _("상담 전날 %(hour)d시 전") % {"hour": hour}
    return _("상담 %(days)d일 전 %(hour)d시 전") % {"days": days, "hour": hour}


def noshow(rules: Rules) -> list[str]:
    """What follows when somebody does not come and had not cancelled."""
    appeal = _(
        "사정이 있었다면 알림을 받은 날부터 %(days)d일 안에 ‘불참 기록’에서 알려 주세요. 담당자가 확인하고 답해 드립니다."
    )
    if not rules.noshow_pause_at:
        return [_("오지 못할 때는 미리 취소해 주세요.")]
    said = []
    if rules.noshow_pause_at > 1:
        said.append(_("취소하지 않고 오지 않으면 먼저 알려 드립니다."))
    said.append(
        _("%(lapse)s 안에 %(number)d번 오지 않으면 %(months)d개월 동안 새로 예약할 수 없습니다.")
        % {
            "lapse": _months(rules.noshow_lapse_months),
            "number": rules.noshow_pause_at,
            "months": rules.noshow_pause_months,
        }
    )
    said.append(_("불참 기록은 %(lapse)s이 지나면 세지 않습니다.") % {"lapse": _months(rules.noshow_lapse_months)})
    return [*said, appeal % {"days": rules.appeal_days}]


def _months(number: int) -> str:
    if number % 12 == 0:
        return _("%(years)d년") % {"years": number // 12}
    return _("%(months)d개월") % {"months": number}


def read_back(rules: Rules) -> dict[str, list[str]]:
    """The whole rule set in sentences under headings, for staff and families alike."""
    who_may = [is_the_audience(audience(rules, dict(rules.places)))]
    if rules.first_time_only:
        who_may.append(_("처음 이용하는 학생만 예약할 수 있습니다."))
    return {
        _("누가 이용하나요"): who_may,
        _("언제 열리나요"): opening(rules),
        _("몇 번 이용하나요"): caps(rules) or [_("횟수 제한이 없습니다.")],
        _("취소와 변경"): deadlines(rules),
        _("오지 않으면"): noshow(rules),
    }
