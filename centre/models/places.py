"""The centre, where it is, and its rooms."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from centre.models.lasting import Lasting


class VenueQuerySet(models.QuerySet):
    def on(self, day: date | None = None) -> VenueQuerySet:
        """Places in use on ``day`` (KST; today when left out), the main one first."""
        day = day or timezone.localdate()
        return self.filter(Q(last_day=None) | Q(last_day__gte=day), first_day__lte=day).order_by("position", "pk")

    def still_to_come(self) -> VenueQuerySet:
        return self.filter(first_day__gt=timezone.localdate()).order_by("first_day", "position", "pk")


class Venue(Lasting):
    """A place the centre uses from one day to another. Centres move; bookings and papers keep the place they named."""

    name = models.CharField("장소명", max_length=60)
    address = models.CharField("도로명주소", max_length=200)
    postcode = models.CharField("우편번호", max_length=5, blank=True)
    floor = models.CharField("층", max_length=40, blank=True, help_text="예: 2~4층")
    phone = models.CharField("전화번호", max_length=20, blank=True, help_text="비워 두면 센터 대표 전화를 안내합니다.")
    directions = models.TextField(
        "오시는 길", blank=True, help_text="지하철·버스·도보 안내. 빈 줄로 문단을, ‘- ’로 목록을 만듭니다."
    )
    parking = models.TextField("주차 안내", blank=True)
    access = models.TextField("이동 편의", blank=True, help_text="승강기, 장애인 화장실, 휠체어 이용 안내 등")
    position = models.PositiveSmallIntegerField("순서", default=0, help_text="가장 작은 곳이 대표 장소입니다.")

    objects = VenueQuerySet.as_manager()

    class Meta(Lasting.Meta):
        verbose_name = "장소"
        verbose_name_plural = "장소"
        ordering = ["position", "first_day", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def rooms_today(self) -> list[Room]:
        today = timezone.localdate()
        return [room for room in self.rooms.all() if room.holds_on(today)]

    @property
    def full_address(self) -> str:
        """``(08500) 서울특별시 금천구 … , 2층``."""
        postcode = f"({self.postcode}) " if self.postcode else ""
        return f"{postcode}{self.address}" + (f", {self.floor}" if self.floor else "")


class CentreManager(models.Manager):
    def current(self) -> Centre | None:
        """The centre with ``address``, ``floor`` and ``venue_name`` of today's main venue; ``None`` before set-up.

        Every page asks this for its footer, so it is one statement of SQL: the query that the ORM
        would build costs ten times as much to write as to answer.
        """
        today = timezone.localdate()
        return next(iter(self.raw(_CURRENT, {"today": today})), None)


_CURRENT = """
    SELECT centre.*, coalesce(venue.name, '') AS venue_name, coalesce(venue.address, '') AS address,
        coalesce(venue.floor, '') AS floor
    FROM centre_centre centre
    LEFT JOIN LATERAL (
        SELECT name, address, floor
        FROM centre_venue
        WHERE first_day <= %(today)s AND (last_day IS NULL OR last_day >= %(today)s)
        ORDER BY position, id
        LIMIT 1
    ) venue ON true
"""


class Centre(models.Model):
    """Who we are and how to reach us: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField("센터 이름", max_length=60)
    operator = models.CharField("운영 기관·부서", max_length=100, blank=True)
    phone = models.CharField("대표 전화", max_length=20, blank=True, help_text="예: 02-000-0000")
    fax = models.CharField("팩스", max_length=20, blank=True)
    email = models.EmailField("이메일", blank=True)
    hours_text = models.CharField(
        "운영시간 안내 문구",
        max_length=200,
        blank=True,
        help_text="쪽 아래와 첫 화면에 보입니다. 예: 평일 10:00~19:00, 토 10:00~17:00",
    )
    introduction = models.TextField("센터 소개", blank=True)
    plan_place = models.CharField(
        "사업계획서의 위치",
        max_length=200,
        blank=True,
        editable=False,
        help_text="계획서에 적힌 글 그대로이며, 지금의 주소는 ‘장소’에서 관리합니다.",
    )

    objects = CentreManager()

    class Meta:
        verbose_name = "센터 정보"
        verbose_name_plural = "센터 정보"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="centre_is_one")]

    def __str__(self) -> str:
        return self.name


class Room(Lasting):
    """A room of a venue where people meet; ``RoomUse`` says who uses it when."""

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="rooms", verbose_name="장소")
    name = models.CharField("방 이름", max_length=40)
    floor = models.CharField("층", max_length=20, blank=True)
    capacity = models.PositiveSmallIntegerField("정원(명)", default=1)
    equipment = models.CharField("갖춘 것", max_length=200, blank=True, help_text="예: 빔프로젝터, 휠체어 책상")
    opens = models.TimeField(
        "여는 시각", null=True, blank=True, help_text="이 방만의 시간이 있을 때 적습니다. 비우면 운영시간을 따릅니다."
    )
    closes = models.TimeField("닫는 시각", null=True, blank=True)

    class Meta(Lasting.Meta):
        verbose_name = "방"
        verbose_name_plural = "방"
        ordering = ["venue", "name"]
        constraints = [
            *Lasting.Meta.constraints,
            models.UniqueConstraint(
                fields=["venue", "name"],
                name="room_once_per_venue",
                violation_error_message="이 장소에 같은 이름의 방이 있습니다.",
            ),
            models.CheckConstraint(
                condition=Q(capacity__gte=1),
                name="room_holds_somebody",
                violation_error_message="정원은 1명 이상이어야 합니다.",
            ),
            models.CheckConstraint(
                condition=Q(opens=None, closes=None)
                | Q(opens__isnull=False, closes__isnull=False, closes__gt=F("opens")),
                name="room_hours_in_order",
                violation_error_message="시각은 둘 다 적거나 둘 다 비우고, 닫는 시각은 여는 시각보다 뒤여야 합니다.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.floor} {self.name}".strip()
