from __future__ import annotations

from accounts import disclosure
from counseling import booking


def test_the_copy_of_ones_data_holds_the_familys_bookings_and_no_others(
    slot, make_slot, topic, student, parent, make_student, make_parent
):
    stranger = make_parent("박아빠", phone="01000000099")
    other = make_student("박바다", stranger)
    booking.book(slot.pk, student=student, topic=topic, mode="visit", by=parent, question="과목 선택이 고민이에요.")
    booking.book(make_slot("2026-11-25 16:00").pk, student=other, topic=topic, mode="phone", by=stranger)

    told = disclosure.disclose(parent)["상담 예약"]

    assert [(row["학생"], row["주제"], row["상담받고 싶은 내용"]) for row in told] == [
        ("김하늘", "1:1 진학상담", "과목 선택이 고민이에요.")
    ]
