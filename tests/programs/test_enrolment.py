"""Who gets a place, who waits, and who is told no; both sides of every boundary, with the clock held still."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Affiliation, Guardianship, School
from intake.models import Priority, RuleSet
from lifecycle.models import Transition
from programs import enrolment, rules, seating, waiting
from programs.enrolment import Class, Entrant, Full, Misfit, NotNow, People, Twice
from programs.models import Application, Group, Participant, Program, Run, RunOffer
from questionnaires.models import Questionnaire
from tests.programs.conftest import child

pytestmark = pytest.mark.django_db

State = Application.State
Role = Participant.Role


def state(application):
    application.refresh_from_db()
    return application.state


# --- Places --------------------------------------------------------------------------------------


def test_first_come_first_seated_and_then_the_line(open_run, make_family, applying, texts):
    run = open_run(capacity=1)
    first, second, third = (make_family(f"학생{name}") for name in "가나다")

    seated, behind, last = (applying(run, *family) for family in (first, second, third))

    assert (seated.state, behind.state, last.state) == (State.CONFIRMED, State.WAITING, State.WAITING)
    assert [seated.number, behind.number, last.number] == [1, 2, 3]
    assert len(texts("confirmed")) == 1
    assert "대기를 받았습니다" in texts("waiting")[1].subject
    assert "순번은 2번" in texts("waiting")[1].body


def test_a_freed_place_is_offered_to_the_first_in_line_and_a_newcomer_waits(open_run, make_family, applying):
    run = open_run(capacity=1)
    first, second, third = (make_family(f"학생{name}") for name in "가나다")
    seated, behind = applying(run, *first), applying(run, *second)

    enrolment.withdraw(seated, by=first[1])
    newcomer = applying(run, *third)

    assert state(behind) == State.OFFERED
    assert newcomer.state == State.WAITING
    waiting.accept(behind.offers.get(), by=second[1])
    assert state(behind) == State.CONFIRMED


def test_an_offer_past_its_deadline_goes_on_when_somebody_comes(open_run, make_family, applying, today, texts):
    run = open_run(capacity=1)
    families = [make_family(f"학생{name}") for name in "가나다라"]
    seated, second, third = (applying(run, *family) for family in families[:3])
    enrolment.withdraw(seated, by=families[0][1])
    offer = second.offers.get()

    today.move_to(offer.deadline - timedelta(seconds=1))
    applying(run, *families[3])
    assert state(second) == State.OFFERED
    today.move_to(offer.deadline)
    assert rules.places([run], timezone.now())[run.pk].taken == 0
    with pytest.raises(waiting.OfferGone, match="기한"):
        waiting.accept(offer, by=families[1][1])
    enrolment.withdraw(Application.objects.get(applicant=families[3][1]), by=families[3][1])

    assert (state(second), state(third)) == (State.LAPSED, State.OFFERED)
    assert second.participants.get().left_at == offer.deadline
    assert len(texts("offer_lapsed")) == 1


def test_a_declined_place_goes_to_the_next(open_run, make_family, applying):
    run = open_run(capacity=1)
    families = [make_family(f"학생{name}") for name in "가나다"]
    seated, second, third = (applying(run, *family) for family in families)
    enrolment.withdraw(seated, by=families[0][1])

    offer = second.offers.get()
    waiting.decline(offer, by=families[1][1])
    waiting.decline(offer, by=families[1][1])  # a second click

    assert (state(second), state(third)) == (State.DECLINED, State.OFFERED)


def test_two_children_together_or_not_at_all(open_run, make_parent, make_student, texts):
    mother = make_parent()
    children = [make_student(name, mother) for name in ("김하늘", "김바다")]
    run, tight = open_run(capacity=2), open_run(capacity=1)

    made = enrolment.apply(run.pk, [child(one) for one in children], by=mother, together=True)
    with pytest.raises(Full, match="모두에게"):
        enrolment.apply(tight.pk, [child(one) for one in children], by=mother, together=True)

    assert [one.state for one in made] == [State.CONFIRMED] * 2
    assert not tight.applications.exists()
    (said,) = texts("confirmed")
    assert "김하늘·김바다" in said.body


def test_two_children_apart_may_end_differently(open_run, make_parent, make_student, texts):
    mother = make_parent()
    children = [make_student(name, mother) for name in ("김하늘", "김바다")]

    made = enrolment.apply(open_run(capacity=1).pk, [child(one) for one in children], by=mother)

    assert [one.state for one in made] == [State.CONFIRMED, State.WAITING]
    assert (len(texts("confirmed")), len(texts("waiting"))) == (1, 1)


def test_what_is_said_leads_to_the_application_or_to_the_list_of_them(open_run, make_parent, make_student, texts):
    mother, father = make_parent("엄마"), make_parent("아빠")
    one, two = make_student("김하나", mother, father), make_student("김둘", mother)

    first, _second = enrolment.apply(open_run().pk, [child(one), child(two)], by=mother)

    said = {one.recipient_id: one.body for one in texts("confirmed")}
    assert "/programs/applications/\n" in said[mother.pk] + "\n"
    assert f"/programs/applications/{first.pk}/" in said[father.pk]


def test_each_parent_reads_of_the_own_children_alone(open_run, make_parent, make_student, texts):
    mother, father = make_parent("김엄마"), make_parent("이아빠")
    ours, mine = make_student("김하늘", mother, father), make_student("이바다", mother)

    enrolment.apply(open_run(capacity=2).pk, [child(ours), child(mine)], by=mother)

    said = {one.name: one.body for one in texts("confirmed")}
    assert "김하늘·이바다" in said["김엄마"]
    assert "이바다" not in said["이아빠"] and "김하늘" in said["이아빠"]


def test_without_a_wish_to_wait_a_full_run_says_no(open_run, make_family, applying):
    run = open_run(capacity=1)
    applying(run, *make_family("학생가"))

    with pytest.raises(Full, match="자리가 모두"):
        applying(run, *make_family("학생나"), accept_waiting=False)


def test_the_line_has_an_end(open_run, make_family, applying):
    run = open_run(capacity=1, waiting_most=1)
    applying(run, *make_family("학생가"))
    assert applying(run, *make_family("학생나")).state == State.WAITING

    with pytest.raises(Full, match="대기"):
        applying(run, *make_family("학생다"))


def test_groups_cap_within_the_run_and_who_waits_for_a_full_group_blocks_no_other(open_run, make_family, applying):
    run = open_run(capacity=3)
    middle = Group.objects.create(run=run, name="중3", capacity=1, first_grade=9, last_grade=9)
    high = Group.objects.create(run=run, name="고1", capacity=1, first_grade=10, last_grade=10, position=1)

    third = applying(run, *make_family("학생가"))
    again = applying(run, *make_family("학생나"))
    older = applying(run, *make_family("학생다", grade=10))
    outside = applying(run, *make_family("학생라", grade=8))

    assert (third.group, older.group, outside.group) == (middle, high, None)
    assert [third.state, again.state, older.state, outside.state] == [
        State.CONFIRMED,
        State.WAITING,
        State.CONFIRMED,
        State.CONFIRMED,
    ]
    places = rules.places([run], timezone.now())[run.pk]
    assert (places.taken, places.waiting, places.left) == (3, 1, 0)
    assert [(one.name, one.left, one.waiting) for one in places.groups] == [("중3", 0, 1), ("고1", 0, 0)]


def test_whoever_waits_for_the_run_comes_before_a_newcomer_of_another_group(open_run, make_family, applying):
    run = open_run(capacity=1)
    Group.objects.create(run=run, name="중3", capacity=5, first_grade=9, last_grade=9)
    Group.objects.create(run=run, name="고1", capacity=5, first_grade=10, last_grade=10)
    seated, waits = applying(run, *make_family("학생가")), applying(run, *make_family("학생나"))
    enrolment.withdraw(seated, by=seated.applicant)

    assert applying(run, *make_family("학생다", grade=10)).state == State.WAITING
    assert state(waits) == State.OFFERED


def test_priority_has_places_of_its_own_and_shows_nowhere(open_run, make_family, applying, clerk):
    run = open_run(capacity=5)
    kept = Group.objects.create(run=run, name="우선", capacity=1, for_priority=True)
    student, parent = make_family()
    Priority.objects.create(
        student=student,
        first_day="2026-01-01",
        last_day="2027-01-01",
        reason="근거",
        given_by=clerk,
    )

    assert applying(run, student, parent).group == kept
    assert applying(run, *make_family("학생나")).group is None
    assert rules.places([run], timezone.now())[run.pk].groups == ()


def test_a_class_and_single_people_share_one_capacity(open_run, make_program, make_family, make_parent, applying):
    school = School.objects.create(name="금천중학교", neis_code="B100000001")
    teacher = make_parent("박교사")
    run = open_run(make_program(audience=["student", "school"]), capacity=30)
    group = Class(school.pk, "2학년 3반", 28)
    with pytest.raises(Misfit, match="소속"):
        enrolment.apply(run.pk, [group], by=teacher)
    Affiliation.objects.create(user=teacher, role="teacher", school=school, confirmed_at=timezone.now())

    (made,) = enrolment.apply(run.pk, [group], by=teacher)

    assert (made.state, made.places, made.participants.count()) == (State.CONFIRMED, 28, 0)
    assert [applying(run, *make_family(f"학생{n}")).state for n in "가나다"] == [
        State.CONFIRMED,
        State.CONFIRMED,
        State.WAITING,
    ]
    with pytest.raises(Twice, match="2학년 3반"):
        enrolment.apply(run.pk, [group], by=teacher)
    with pytest.raises(Full, match="정원보다 많은"):
        enrolment.apply(run.pk, [Class(school.pk, "2학년 4반", 31)], by=teacher)


# --- People --------------------------------------------------------------------------------------


def test_the_same_student_twice_is_told_so_also_by_the_other_parent(open_run, make_parent, make_student, applying):
    mother, father = make_parent("김엄마"), make_parent("김아빠")
    student = make_student("김하늘", mother, father)
    run = open_run()
    applying(run, student, mother)

    with pytest.raises(Twice, match="김하늘님은 이미"):
        applying(run, student, father)
    with pytest.raises(Twice, match="두 번"):
        enrolment.apply(open_run().pk, [child(student), child(student)], by=mother)


def test_somebody_elses_child_cannot_be_entered(open_run, make_family, make_parent, applying):
    with pytest.raises(Misfit, match="자녀만"):
        applying(open_run(), make_family()[0], make_parent("남"))


def test_a_pair_is_one_student_with_the_guardian(open_run, make_program, make_family, make_parent):
    run = open_run(make_program(audience=["student"]), party=Run.Party.PAIR, capacity=2)
    student, mother = make_family()
    other = make_parent("남")
    pair = People((Entrant(Role.STUDENT, student_id=student.pk), Entrant(Role.GUARDIAN, user_id=mother.pk)))
    with pytest.raises(Misfit, match="함께"):
        enrolment.apply(run.pk, [child(student)], by=mother)
    strange = People((pair.entrants[0], Entrant(Role.GUARDIAN, user_id=other.pk)))
    with pytest.raises(Misfit):
        enrolment.apply(run.pk, [strange], by=mother)

    (made,) = enrolment.apply(run.pk, [pair], by=mother)

    assert (made.places, made.state) == (2, State.CONFIRMED)
    enrolment.withdraw(made, by=mother)
    assert not made.participants.filter(left_at=None).exists()


def test_a_companion_takes_a_place_where_one_is_allowed(open_run, make_family):
    student, mother = make_family()
    two = People((Entrant(Role.STUDENT, student_id=student.pk), Entrant(Role.COMPANION, name="김할머니")))
    with pytest.raises(Misfit, match="동반인"):
        enrolment.apply(open_run().pk, [two], by=mother)

    (made,) = enrolment.apply(open_run(companions=1).pk, [two], by=mother)

    assert made.places == 2


def test_a_programme_for_guardians_takes_them_and_not_their_children(open_run, make_program, make_family, make_parent):
    run = open_run(make_program(audience=["guardian"]))
    student, mother = make_family()
    with pytest.raises(Misfit, match="대상 프로그램"):
        enrolment.apply(run.pk, [child(student)], by=mother)
    alone = make_parent("자녀 없음")
    with pytest.raises(Misfit, match="자녀를 먼저"):
        enrolment.apply(run.pk, [People((Entrant(Role.GUARDIAN, user_id=alone.pk),))], by=alone)

    (made,) = enrolment.apply(run.pk, [People((Entrant(Role.GUARDIAN, user_id=mother.pk),))], by=mother)

    assert made.participants.get().user == mother


# --- The clock and the rules ---------------------------------------------------------------------


def test_applying_opens_and_closes_to_the_second(open_run, make_program, make_family, applying, today, clerk):
    long_ago = timezone.now() - timedelta(days=30)
    run = open_run(make_program(published_at=long_ago), capacity=9, published_at=long_ago)
    families = [make_family(f"학생{n}") for n in "가나다라"]
    today.move_to(run.opens_at - timedelta(seconds=1))
    with pytest.raises(NotNow, match="부터 신청"):
        applying(run, *families[0])
    applying(run, families[3][0], clerk, on_behalf=True)  # staff for a caller
    today.move_to(run.opens_at)
    applying(run, *families[0])
    today.move_to(run.closes_at - timedelta(seconds=1))
    applying(run, *families[1])
    today.move_to(run.closes_at)
    with pytest.raises(NotNow, match="마감"):
        applying(run, *families[2])
    today.move_to(run.ends_at)
    with pytest.raises(NotNow, match="끝난"):
        applying(run, families[2][0], clerk, on_behalf=True)


def test_hidden_cancelled_and_walk_in_runs_are_not_applied_for(open_run, make_program, make_family, applying, clerk):
    student, mother = make_family()
    with pytest.raises(NotNow, match="공개"):
        applying(open_run(published_at=None), student, mother)
    with pytest.raises(NotNow, match="공개"):
        applying(open_run(make_program(published_at=None)), student, mother)
    with pytest.raises(NotNow, match="신청 없이"):
        applying(open_run(opens_at=None, closes_at=None), student, mother)
    gone = open_run()
    gone.move(Run.State.CANCELLED, by=clerk)
    with pytest.raises(NotNow, match="취소된"):
        applying(gone, student, clerk, on_behalf=True)


def test_the_rules_say_who_and_from_when(open_run, make_family, applying, today):
    rule = RuleSet.objects.create(name="고등학생", first_grade=10, last_grade=12, everyone_after_days=2)
    run = open_run(rules=rule, opens_at=timezone.now() - timedelta(days=1))
    with pytest.raises(NotNow, match="학생가님:"):
        applying(run, *make_family("학생가"))
    older, parent = make_family("학생나", grade=10)
    today.move_to(run.opens_at + timedelta(days=2, seconds=-1))
    with pytest.raises(NotNow, match="부터 신청할 수"):
        applying(run, older, parent)
    assert not rules.verdicts(run, [older], timezone.now())[older.pk].allowed
    today.move_to(run.opens_at + timedelta(days=2))

    assert applying(run, older, parent).state == State.CONFIRMED


def test_a_cap_counts_what_is_open_and_staff_may_go_past_it_with_a_reason(open_run, make_family, applying, clerk):
    rule = RuleSet.objects.create(name="한 번에 하나", open_most=1)
    student, parent = make_family()
    first = applying(open_run(rules=rule), student, parent)
    other = open_run(rules=rule)
    with pytest.raises(NotNow, match="1건까지"):
        applying(other, student, parent)

    made = applying(other, student, clerk, on_behalf=True, overridden=frozenset({"open"}), exception="학교의 요청")

    assert made.on_behalf
    assert Transition.objects.of(made).get().reason == "규칙 예외: 학교의 요청"
    enrolment.withdraw(first, by=parent)
    enrolment.withdraw(made, by=clerk, by_centre=True)
    assert applying(open_run(rules=rule), student, parent).state == State.CONFIRMED


def test_without_rules_the_grades_of_the_programme_decide(open_run, make_program, make_family, applying):
    run = open_run(make_program(first_grade=10, last_grade=11))

    with pytest.raises(NotNow, match="대상"):
        applying(run, *make_family())
    with pytest.raises(NotNow, match="대상"):
        applying(run, *make_family("학생나", grade=None, status="graduate"))
    assert applying(run, *make_family("학생다", grade=10)).state == State.CONFIRMED


def test_places_are_given_back_until_the_rules_deadline(open_run, make_family, applying, today):
    run = open_run(capacity=1)
    student, parent = make_family()
    made, waits = applying(run, student, parent), applying(run, *make_family("학생나"))
    until = enrolment.cancel_until(run, made)
    assert f"{timezone.localtime(until):%m-%d %H:%M}" == "12-11 18:00"
    today.move_to(until)
    with pytest.raises(NotNow, match="취소 기한"):
        enrolment.withdraw(made, by=parent)
    assert enrolment.withdraw(waits, by=waits.applicant).state == State.CANCELLED
    today.move_to(until - timedelta(seconds=1))

    assert enrolment.withdraw(made, by=parent).state == State.CANCELLED
    assert enrolment.withdraw(made, by=parent).state == State.CANCELLED  # a second click


# --- Other ways of being let in ------------------------------------------------------------------


def test_a_draw_takes_everybody_down_and_offers_nothing_before_it(open_run, make_family, applying, texts, today):
    run = open_run(capacity=1, admission=Run.Admission.DRAW)
    made = [applying(run, *make_family(f"학생{n}")) for n in "가나다"]

    assert {one.state for one in made} == {State.APPLIED}
    assert len(texts("applied")) == 3
    seating.resize(run.pk, capacity=2, by=None)
    assert not RunOffer.objects.exists()
    today.move_to(run.closes_at)
    with pytest.raises(NotNow, match="명단이 정해졌습니다"):
        applying(run, *make_family("늦음"), on_behalf=True)


def test_a_review_seats_and_rejects_and_only_then_fills(open_run, make_family, applying, clerk, today):
    run = open_run(capacity=1, admission=Run.Admission.REVIEW)
    one, two, three = (applying(run, *make_family(f"학생{n}")) for n in "가나다")
    today.move_to(run.closes_at)

    seating.seat(one, by=clerk)
    with pytest.raises(Full):
        seating.seat(two, by=clerk)
    seating.requeue(three, by=clerk, reason="예비")
    enrolment.withdraw(one, by=one.applicant)
    assert state(three) == State.WAITING  # somebody is still undecided
    seating.reject(two, by=clerk)

    assert (state(two), state(three)) == (State.REJECTED, State.OFFERED)
    with pytest.raises(Full):
        seating.seat(two, by=clerk, reason="착오")


def test_rank_of_the_draw_comes_before_arrival(open_run, make_family, applying):
    run = open_run(capacity=1)
    seated, second, third = (applying(run, *make_family(f"학생{n}")) for n in "가나다")
    Application.objects.filter(pk=third.pk).update(reserve_rank=1)
    assert waiting.positions([second, third]) == {third.pk: 1, second.pk: 2}

    enrolment.withdraw(seated, by=seated.applicant)

    assert (state(third), state(second)) == (State.OFFERED, State.WAITING)


def test_only_the_invited_come_by_invitation(open_run, make_family, applying):
    with pytest.raises(NotNow, match="초대받은"):
        applying(open_run(admission=Run.Admission.INVITATION), *make_family())


# --- Two steps -----------------------------------------------------------------------------------


@pytest.fixture
def camp(open_run):
    form = Questionnaire.objects.create(name="캠프 서류")
    return open_run(second_form=form, second_form_until=timezone.now() + timedelta(days=5), capacity=1)


def test_a_second_form_is_due_before_a_place_is_sure(camp, make_family, applying, texts):
    made = applying(camp, *make_family())
    assert (made.state, made.form_until) == (State.ACCEPTED, camp.second_form_until)
    assert len(texts("accepted")) == 1

    seating.form_done(made, by=None)
    seating.form_done(made, by=None)

    assert state(made) == State.CONFIRMED
    assert len(texts("confirmed")) == 1


def test_whoever_is_seated_late_has_some_days_for_the_form(camp, make_family, applying, today):
    today.move_to(camp.second_form_until - timedelta(hours=1))
    assert applying(camp, *make_family()).form_until == timezone.now() + timedelta(days=2)


# --- Staff ---------------------------------------------------------------------------------------


def test_places_added_later_go_to_the_line_and_taken_ones_stay(open_run, make_family, applying, clerk):
    run = open_run(capacity=2, min_participants=2)
    seated = [applying(run, *make_family(f"학생{n}")) for n in "가나"]
    waits = applying(run, *make_family("학생다"))
    with pytest.raises(NotNow, match="이미 2자리"):
        seating.resize(run.pk, capacity=1, by=clerk)

    seating.resize(run.pk, capacity=3, by=clerk)

    assert state(waits) == State.OFFERED
    assert {state(one) for one in seated} == {State.CONFIRMED}
    enrolment.withdraw(seated[0], by=clerk, by_centre=True)
    enrolment.withdraw(seated[1], by=clerk, by_centre=True)
    with pytest.raises(NotNow, match="최소 인원"):
        seating.resize(run.pk, capacity=1, by=clerk)
    assert seating.resize(run.pk, capacity=None, by=clerk).capacity is None


def test_a_group_is_not_made_smaller_than_what_is_taken(open_run, make_family, applying, clerk):
    run = open_run(capacity=4)
    group = Group.objects.create(run=run, name="중3", capacity=2, first_grade=9, last_grade=9)
    for n in "가나":
        applying(run, *make_family(f"학생{n}"))
    waits = applying(run, *make_family("학생다"))
    with pytest.raises(NotNow, match="‘중3’에 이미 2자리"):
        seating.resize(run.pk, groups={group.pk: 1}, by=clerk)

    seating.resize(run.pk, groups={group.pk: 3}, by=clerk)

    assert state(waits) == State.OFFERED


def test_seating_by_hand_past_others_needs_a_reason(open_run, make_family, applying, clerk):
    run = open_run(capacity=1)
    seated, first, second = (applying(run, *make_family(f"학생{n}")) for n in "가나다")
    with pytest.raises(NotNow, match="사유"):
        seating.seat(second, by=clerk)
    with pytest.raises(Full):
        seating.seat(second, by=clerk, reason="보호자의 사정")
    seating.resize(run.pk, capacity=2, by=clerk)
    seating.requeue(first, by=clerk, reason="다시")  # takes the offer back; the line makes it anew

    assert state(first) == State.OFFERED
    assert first.offers.filter(state="withdrawn").count() == 1
    assert state(seated) == State.CONFIRMED


def test_whoever_let_an_offer_lapse_goes_back_where_it_was(open_run, make_family, applying, clerk, today):
    run = open_run(capacity=1)
    seated, first, second = (applying(run, *make_family(f"학생{n}")) for n in "가나다")
    enrolment.withdraw(seated, by=seated.applicant)
    today.move_to(first.offers.get().deadline)
    seating.resize(run.pk, capacity=1, by=clerk)
    assert (state(first), state(second)) == (State.LAPSED, State.OFFERED)

    seating.requeue(first, by=clerk, reason="문자를 받지 못함")

    assert state(first) == State.WAITING
    assert first.participants.get().left_at is None
    assert first.waiting_since < second.waiting_since or first.pk < second.pk


def test_nobody_is_put_back_who_has_applied_anew(open_run, make_family, applying, clerk):
    run = open_run(capacity=1, admission=Run.Admission.REVIEW)
    student, parent = make_family()
    rejected = applying(run, student, parent)
    seating.reject(rejected, by=clerk)
    applying(run, student, parent)

    with pytest.raises(Twice, match="그사이"):
        seating.requeue(rejected, by=clerk, reason="착오")


def test_a_guardian_who_cares_no_more_is_told_nothing_more(open_run, make_family, make_parent, applying, texts):
    run = open_run()
    student, mother = make_family()
    father = make_parent("김아빠")
    Guardianship.objects.create(guardian=father, student=student, relation="father", confirmed_at=timezone.now())
    made = applying(run, student, mother)
    Guardianship.objects.filter(guardian=mother).update(ended_at=timezone.now())

    enrolment.withdraw(made, by=father)

    assert [one.name for one in texts("cancelled")] == ["김아빠"]


def test_many_runs_are_counted_in_one_query(open_run, make_family, applying, django_assert_num_queries):
    runs = [open_run(capacity=2) for _ in range(5)]
    applying(runs[0], *make_family())
    with django_assert_num_queries(1):
        places = rules.places(runs, timezone.now())
    assert [(one.taken, one.left, one.full) for one in places.values()] == [(1, 1, False)] + [(0, 2, False)] * 4
    assert rules.places([], timezone.now()) == {}


def test_audiences_are_known():
    """``parties`` speaks of these; a new one needs a thought there."""
    assert set(Program.Audience) == {"student", "guardian", "teacher", "school"}
