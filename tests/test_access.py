"""Every URL, every kind of visitor. A new URL fails here until someone decides who may open it.

``WRITE_ACCESS=1 pytest tests/test_access.py`` writes the table anew; read the difference before you commit it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import Client
from django.utils import timezone

from accounts.models import Affiliation, Guardianship, Student, User
from budget.models import GrantApplication, GrantCall, GrantPayment
from counseling import fair_papers
from counseling.models import Booking, CalendarFeed, Fair, Rearrangement, Record, Slot, SlotOffer, Topic, Wish
from gumcheon_portal.demo.logins import DOMAIN
from intake.models import Referral
from lifecycle import retention
from newsletter.models import Post
from notices.models import Mailing, Notice
from programs.models import (
    Application,
    Draw,
    Material,
    Program,
    Review,
    RosterShare,
    Run,
    RunInvitation,
    RunOffer,
    Session,
    Visit,
)
from questionnaires.models import Questionnaire
from surveys import results
from surveys.models import Survey
from tests import access
from tests.access import VISITORS, Place

pytestmark = pytest.mark.django_db

# The admin's nameless patterns only lead on to its named ones.
PLACES = {place.key: place for place in access.places() if place.name or not place.route.startswith("admin/")}


class Demo:
    """Who visits, and which objects of the demo's first family the URLs speak of."""

    def __init__(self) -> None:
        self.clients = {visitor: self._client(visitor) for visitor in VISITORS}
        self.parent = User.objects.get(email=f"parent@{DOMAIN}")
        self.child = Student.objects.get(user__email=f"student@{DOMAIN}")
        self.booking = Booking.objects.filter(student=self.child, state=Booking.State.BOOKED).latest("pk")
        mine = Application.objects.filter(participants__student=self.child).order_by("pk")
        self.application = mine.filter(state=Application.State.CONFIRMED).first()
        self.open_run = self.application.run
        self.form = Questionnaire.objects.answerable().first()
        self.visit = Visit.objects.get(state=Visit.State.ASKED)
        self.partners_run = RosterShare.objects.get().run
        self.camp = Run.objects.get(teams__in_charge__user__email=f"partner@{DOMAIN}")
        self.camp_day = timezone.localdate(self.camp.starts_at).isoformat()
        self.slot = Slot.objects.free().filter(counselor__user__email=f"counselor@{DOMAIN}").first()

    @staticmethod
    def _client(visitor: str) -> Client:
        client = Client()
        if visitor != "anonymous":
            key = "family07" if visitor == "stranger" else visitor
            client.force_login(User.objects.get(email=f"{key}@{DOMAIN}"))
        return client

    def subject(self, model: type[models.Model]) -> models.Model | None:
        """The first family's own object where it has one, else any."""
        own = {
            User: self.parent,
            Student: self.child,
            Booking: self.booking,
            Slot: self.slot,
            CalendarFeed: CalendarFeed.objects.filter(owner=self.parent).first(),
            Wish: Wish.objects.filter(student=self.child).first(),
            SlotOffer: SlotOffer.objects.filter(wish__student=self.child).first(),
            Guardianship: Guardianship.objects.filter(student=self.child).first(),
            Authenticator: Authenticator.objects.filter(user__email=f"admin@{DOMAIN}").first(),
        }
        return own.get(model) or model._default_manager.order_by("pk").first()

    def arguments(self, place: Place) -> dict[str, Any]:
        """What this URL is asked for."""
        names = access.argument_names(place.route)
        if not names:
            return {}
        model = None if place.name in ARGUMENTS else access.admin_model(place.name)
        if model and names in (["object_id"], ["pk"]):
            subject = self.subject(model)
            return {names[0]: subject.pk if subject else 0}  # who may not look is refused before the row is sought
        return ARGUMENTS[place.key](self)


def of(**found: Callable[[Demo], Any]) -> Callable[[Demo], dict[str, Any]]:
    return lambda demo: {name: find(demo) for name, find in found.items()}


def _survey() -> Survey:
    """The survey whose results the demo publishes."""
    return Survey.objects.get(is_published=True)


def _first(_: Demo) -> int:
    return 0


def _csv(_: Demo) -> str:
    return "csv"


# What URLs with arguments are asked for: the objects of the demo parent's family wherever somebody owns them.
_booking = of(pk=lambda demo: demo.booking.pk)
_recorded = of(pk=lambda demo: Record.objects.filter(booking__student=demo.child).latest("pk").booking_id)
_drawn = of(run_id=lambda _: Draw.objects.filter(drawn_at__isnull=False).latest("drawn_at").run_id)
_fair = of(pk=lambda _: Fair.objects.get().pk)
_call = of(pk=lambda _: GrantCall.objects.latest("pk").pk)
_grant = of(pk=lambda _: GrantApplication.objects.earliest("pk").pk)
_free_slot = of(pk=lambda demo: demo.slot.pk)
_session = of(pk=lambda _: Session.objects.earliest("pk").pk)
_privacy_text = of(kind=lambda demo: "privacy", version=lambda demo: 1)
ARGUMENTS: dict[str, Callable[[Demo], dict[str, Any]]] = {
    "programs:draw": _drawn,
    "admin:programs_review_run": of(run_id=lambda _: Review.objects.latest("pk").run_id),
    "admin:programs_review_application": of(
        pk=lambda _: Application.objects.filter(run__admission=Run.Admission.REVIEW).latest("pk").pk
    ),
    "programs:draw_file": of(run_id=lambda _: Draw.objects.latest("pk").run_id, kind=lambda _: "list"),
    "admin:programs_draw_run": _drawn,
    "admin:view_on_site": of(
        content_type_id=lambda demo: ContentType.objects.get_for_model(Booking).pk,
        object_id=lambda demo: demo.booking.pk,
    ),
    "admin:app_list": of(app_label=lambda demo: "counseling"),
    "admin:lifecycle_destructionplan_ask": of(code=lambda demo: next(iter(retention.kinds())).code),
    "documents:lent": of(token=lambda demo: "0:forged"),
    "budget:paper": of(pk=lambda demo: 0),
    "budget:data": of(form=lambda demo: "csv"),
    "admin:budget_papers_table": of(code=lambda demo: "plan"),
    "admin:budget_papers_issue": of(code=lambda demo: "plan"),
    "admin:budget_papers_file": of(code=lambda demo: "plan", form=lambda demo: "csv"),
    "admin:counseling_mark": _booking,
    "admin:counseling_cancel": _booking,
    "admin:counseling_video": _booking,
    "admin:counseling_move": _booking,
    "admin:counseling_swap": _booking,
    "admin:counseling_call": _free_slot,
    "admin:counseling_confirmation": _booking,
    "admin:counseling_record": _recorded,
    "admin:counseling_write_record": _recorded,
    "admin:counseling_share_record": _recorded,
    "admin:counseling_unshare_record": _recorded,
    "admin:counseling_history_of_record": _recorded,
    "admin:counseling_break_glass": _recorded,
    "counseling:record": _recorded,
    "counseling:record_tick": _recorded,
    "counseling:record_sheet": _recorded,
    "counseling:record_next": _recorded,
    "admin:counseling_figures_file": of(code=lambda _: "2026", by=lambda _: "topic", form=lambda _: "csv"),
    "admin:notices_notice_decide": of(pk=lambda demo: demo.subject(Notice).pk, what=lambda demo: "resend"),
    "admin:notices_mailing_do": of(pk=lambda demo: demo.subject(Mailing).pk, what=lambda _: "pause"),
    "admin:programs_roster": _session,
    "admin:programs_roster_send": _session,
    "admin:programs_roster_undo": _session,
    "admin:programs_roster_paper": _session,
    "admin:programs_camp": of(pk=lambda demo: demo.camp.pk),
    "admin:programs_camp_proposal": of(pk=lambda demo: demo.camp.pk),
    "admin:programs_camp_day": of(pk=lambda demo: demo.camp.pk, day=lambda demo: demo.camp_day),
    "admin:programs_camp_day_paper": of(pk=lambda demo: demo.camp.pk, day=lambda demo: demo.camp_day),
    "admin:programs_camp_contacts": of(
        pk=lambda demo: demo.camp.pk, key=lambda demo: demo.camp.teams.order_by("pk").first().pk
    ),
    "admin:programs_camp_add": of(pk=lambda demo: demo.camp.pk, part=lambda _: "room"),
    "admin:programs_camp_put": of(
        pk=lambda demo: demo.camp.pk, part=lambda _: "team", key=lambda demo: demo.camp.teams.order_by("pk").first().pk
    ),
    "programs:camp_team": of(pk=lambda demo: demo.camp.teams.order_by("pk").first().pk),
    "programs:camp_contacts": of(pk=lambda demo: demo.camp.teams.order_by("pk").first().pk),
    "admin:programs_completion": of(pk=lambda _: Session.objects.earliest("pk").run_id),
    "admin:programs_certificates": of(pk=lambda _: Session.objects.earliest("pk").run_id),
    "admin:programs_certificates_file": lambda _: {"pk": 1},  # the demo has made none at once
    "admin:programs_certificate": lambda _: {"pk": 1, "kind": "certificate"},
    "programs:wall": of(pk=lambda _: Session.objects.earliest("pk").pk, key=lambda _: "no-such-key"),
    "programs:scanned": of(pk=lambda _: Session.objects.earliest("pk").pk, token=lambda _: "no-such-token"),
    "programs:check_in": _session,
    "programs:paper": lambda _: {"pk": 1, "kind": "certificate"},
    "programs:portfolio": of(pk=lambda demo: demo.child.pk),
    "admin:notices_wording_reset": of(code=lambda demo: "counseling.booked"),
    "admin:centre_policytext_draft": of(kind=lambda demo: "privacy"),
    "accounts:affiliation_end": of(pk=lambda demo: Affiliation.objects.get(user__email=f"teacher@{DOMAIN}").pk),
    "accounts:child": of(pk=lambda demo: demo.child.pk),
    "accounts:child_leave": of(pk=lambda demo: demo.child.pk),
    "accounts:invite": of(pk=lambda demo: demo.child.pk),
    "accounts:unlink": of(pk=lambda demo: demo.subject(Guardianship).pk),
    "accounts:invitation_cancel": lambda demo: {"pk": 1},  # the demo has none: nobody may learn more
    "accounts:invitation": of(token=lambda demo: "no-such-token"),
    "accounts:guardian_consent": of(token=lambda demo: "no-such-token"),
    "mfa_remove_webauthn": lambda demo: {"pk": demo.subject(Authenticator).pk},
    "mfa_edit_webauthn": lambda demo: {"pk": demo.subject(Authenticator).pk},
    "intake:appeal": lambda demo: {"pk": 1},  # another family's, if any
    "intake:letter": of(pk=lambda demo: Referral.objects.get(student=demo.child).pk),
    "intake:code": of(pk=lambda demo: demo.child.pk),
    "intake:withdraw": of(pk=lambda demo: Referral.objects.get(student=demo.child).pk),
    "counseling:fair": _fair,
    "counseling:fair_talk": of(
        pk=lambda demo: Slot.objects.filter(counselor__user=None).untaken(timezone.now()).first().pk
    ),
    "counseling:fair_schedule": of(pk=lambda _: Fair.objects.get().pk, student=lambda demo: demo.child.pk),
    "counseling:fair_schedule_file": of(pk=lambda _: Fair.objects.get().pk, student=lambda demo: demo.child.pk),
    "counseling:fair_screen": of(
        pk=lambda _: Fair.objects.get().pk, key=lambda _: fair_papers.screen_key(Fair.objects.get())
    ),
    "counseling:fair_partner": of(pk=lambda _: Fair.objects.get().run_id),
    "admin:counseling_fair_times": _fair,
    "admin:counseling_fair_copy": _fair,
    "admin:counseling_fair_board": _fair,
    "admin:counseling_fair_drop_out": of(pk=lambda _: Fair.objects.get().booths.first().pk),
    "admin:counseling_fair_sheet": of(pk=lambda _: Fair.objects.get().booths.first().pk),
    "counseling:rules": of(slug=lambda demo: Topic.objects.open().first().slug),
    "counseling:wish": of(pk=lambda demo: demo.subject(Wish).pk),
    "counseling:leave": of(pk=lambda demo: demo.subject(Wish).pk),
    "counseling:offer": of(pk=lambda demo: demo.subject(SlotOffer).pk),
    "counseling:rearranged": of(pk=lambda demo: Rearrangement.objects.get().pk),
    "counseling:slot": _free_slot,
    "counseling:booking": _booking,
    "counseling:review": _booking,
    "counseling:release": _booking,
    "counseling:done": _booking,
    "counseling:cancel": _booking,
    "counseling:change": _booking,
    "counseling:move": of(pk=lambda demo: demo.booking.pk, slot_pk=lambda demo: demo.slot.pk),
    "counseling:confirmation": _booking,
    "counseling:ics": _booking,
    "counseling:feed": of(token=lambda demo: "no-such-token"),
    "counseling:feed_revoke": of(pk=lambda demo: demo.subject(CalendarFeed).pk),
    "surveys:answer": of(token=lambda _: "no-such-token"),
    "surveys:visitor": of(code=lambda _: Survey.objects.get(use="visitor").code),
    "surveys:file": of(
        pk=lambda _: _survey().pk, half=lambda _: results.halves(_survey())[0].isoformat(), place=_first, form=_csv
    ),
    "admin:surveys_file": of(
        pk=lambda _: _survey().pk, half=lambda _: results.halves(_survey())[0].isoformat(), place=_first, form=_csv
    ),
    "admin:surveys_paper": of(pk=lambda _: _survey().pk, half=lambda _: results.halves(_survey())[0].isoformat()),
    "admin:surveys_survey_results": of(pk=lambda _: _survey().pk),
    "admin:surveys_qr": of(pk=lambda _: Survey.objects.get(use="visitor").pk),
    "programs:visit_ask": of(pk=lambda demo: demo.visit.program_id),
    "programs:visit": of(pk=lambda demo: demo.visit.pk),
    "programs:visit_accept": of(pk=lambda demo: demo.visit.pk),
    "programs:visit_cancel": of(pk=lambda demo: demo.visit.pk),
    "admin:programs_visit_reach_file": of(year=lambda _: 2026, form=lambda _: "csv"),
    "programs:roster_notice": of(pk=lambda demo: demo.partners_run.pk),
    "admin:budget_extract_month": of(year=lambda _: 2026, month=lambda _: 1),
    "admin:budget_extract_month_file": of(year=lambda _: 2026, month=lambda _: 1, form=lambda _: "csv"),
    "admin:budget_extract_report": of(pk=lambda _: 0, form=lambda _: "csv"),
    "grants:granted_file": of(form=lambda _: "csv"),
    "grants:call": _call,
    "grants:start": _call,
    "grants:application": _grant,
    "grants:edit": _grant,
    "grants:withdraw": _grant,
    "grants:ask_payment": _grant,
    "grants:report": _grant,
    "grants:letter": _grant,
    "grants:take_back": of(pk=lambda _: GrantPayment.objects.latest("pk").pk),
    "grants:file": of(pk=lambda _: 0),
    "admin:budget_grantcall_read": of(
        pk=lambda _: GrantCall.objects.latest("pk").pk, application=lambda _: GrantApplication.objects.latest("pk").pk
    ),
    "admin:budget_grantapplication_act": of(
        pk=lambda _: GrantApplication.objects.earliest("pk").pk, verb=lambda _: "pay"
    ),
    "admin:budget_grantapplication_file": of(pk=lambda _: 0),
    "partner:run": of(pk=lambda demo: demo.partners_run.pk),
    "partner:roster": of(pk=lambda demo: demo.partners_run.pk),
    "partner:roster_file": of(pk=lambda demo: demo.partners_run.pk, form=lambda _: "csv"),
    "admin:programs_agreement_file_open": lambda demo: {"pk": 1},  # the demo has none
    "admin:programs_agreement_file_discard": lambda demo: {"pk": 1},
    "admin:programs_agreement_shift_file": of(form=lambda _: "csv"),
    "programs:month": of(year=lambda _: timezone.localdate().year, number=lambda _: timezone.localdate().month),
    "programs:calendar": of(pk=lambda demo: Run.objects.published().first().pk),
    "programs:material": of(pk=lambda demo: Material.objects.first().pk),
    "programs:apply": of(pk=lambda demo: demo.open_run.pk),
    "programs:applied": of(pk=lambda demo: demo.application.run_id),
    "programs:application": of(pk=lambda demo: demo.application.pk),
    "programs:withdraw": of(pk=lambda demo: demo.application.pk),
    "programs:ics": of(pk=lambda demo: demo.application.pk),
    "programs:offer": of(pk=lambda demo: RunOffer.objects.get(application__participants__student=demo.child).pk),
    "programs:invited": of(token=lambda demo: "no-such-token"),
    "admin:programs_figures_file": of(
        pk=lambda demo: demo.open_run.program_id,
        year=lambda _: timezone.localdate().year,
        by=lambda _: "grade",
        form=lambda _: "csv",
    ),
    "admin:programs_application_cancel": of(pk=lambda demo: demo.application.pk),
    "admin:programs_application_seat": of(pk=lambda demo: demo.application.pk),
    "admin:programs_application_reject": of(pk=lambda demo: demo.application.pk),
    "admin:programs_application_queue": of(pk=lambda demo: demo.application.pk),
    "admin:programs_session_move": _session,
    "admin:programs_session_remove": _session,
    "admin:programs_session_cancel": _session,
    "admin:programs_run_invite": of(pk=lambda _: RunInvitation.objects.earliest("pk").run_id),
    "admin:programs_runinvitation_again": of(pk=lambda _: RunInvitation.objects.earliest("pk").pk),
    "admin:programs_runinvitation_revoke": of(pk=lambda _: RunInvitation.objects.earliest("pk").pk),
    "programs:detail": of(pk=lambda demo: Program.objects.published().first().pk),
    "newsletter:detail": of(pk=lambda demo: Post.objects.published().first().pk),
    "admin:questionnaires_questionnaire_section": lambda demo: {"pk": demo.form.pk, "number": 0},
    "admin:questionnaires_questionnaire_question": lambda demo: {"pk": demo.form.pk, "key": "none"},
    "admin:questionnaires_questionnaire_preview": lambda demo: {"pk": demo.form.pk, "number": 1},
    "questionnaires:fill": lambda demo: {"code": "counseling", "pk": demo.booking.pk},
    "questionnaires:file": lambda demo: {"pk": 1},  # the demo has none: nobody may learn more
    "questionnaires:delete_file": lambda demo: {"pk": 1},
    "documents:paper": lambda demo: {"pk": 1},  # the demo has none: nobody may learn more
    "documents:file": lambda demo: {"pk": 1},
    "documents:lend": lambda demo: {"pk": 1},
    "documents:verified": of(code=lambda demo: "2222-2222-2222"),
    "centre:policy": of(kind=lambda demo: "privacy"),
    "centre:policy_version": _privacy_text,
    "centre:policy_changes": _privacy_text,
}


@pytest.fixture(scope="module")
def demo(town) -> Demo:
    return Demo()


def test_every_url_answers_as_the_table_says(demo):
    found = {}
    for key, place in PLACES.items():
        url = access.url_of(place, demo.arguments(place))
        found[key] = "".join(access.answer(demo.clients[visitor], url) for visitor in VISITORS)
    if os.environ.get("WRITE_ACCESS"):
        access.write_table(found)

    table = access.read_table()
    assert {key: letters for key, letters in found.items() if table.get(key) != letters} == {}
    assert table.keys() <= found.keys(), "the table speaks of URLs that are gone"
    assert "!" not in "".join(found.values()), "a page answered with an error"


def test_what_belongs_to_a_family_does_not_exist_for_others():
    """The control of the table itself: a wrong letter that somebody pasted in is seen here."""
    table = access.read_table()
    owned = (
        "counseling:booking",
        "counseling:cancel",
        "counseling:change",
        "counseling:move",
        "counseling:ics",
        "accounts:child",
        "accounts:invite",
    )
    for key in owned:
        row = dict(zip(VISITORS, table[key], strict=True))
        assert row["anonymous"] == "L", key
        assert {row[visitor] for visitor in ("stranger", "teacher", "partner")} == {"-"}, key
        assert row["parent"] in ".RP", key


def test_nobody_without_a_staff_account_sees_a_staff_page():
    table = access.read_table()
    for key, letters in table.items():
        row = dict(zip(VISITORS, letters, strict=True))
        if key.startswith("admin:") and key not in {"admin:login", "admin:logout", "admin:jsi18n"}:
            outside = {row[visitor] for visitor in ("anonymous", "stranger", "parent", "student", "teacher", "partner")}
            assert outside <= set("L-xRP"), key
            assert "." not in outside, key
