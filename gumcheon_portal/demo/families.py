"""Invented schools, families and staff. Everybody gets the same password hash, so that this takes a moment only."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts import roles
from accounts.models import Affiliation, Guardianship, Neighbourhood, Partner, School, Student, User
from accounts.schoolyear import school_year
from gumcheon_portal.demo.logins import DOMAIN, LOGINS, PASSWORD, Login, totp_secret

FAMILIES = 60
SURNAMES = "김이박최정강조윤장임한오서신권황안송류홍"
_GIVEN = (
    "가람 가온 나래 나린 다솜 다온 도담 도란 라온 로운 마루 모아 미르 바다 보람 봄 빛나 새론 서린 소담 "
    "솔 슬기 시내 아람 아라 예솔 온유 이든 자람 지음 초롱 큰솔 푸름 하람 하늘 한별 한울 해솔 해온 희나"
)
GIVEN = _GIVEN.split()
SCHOOLS = {
    School.Kind.ELEMENTARY: ["별빛초등학교", "달무리초등학교", "햇살고을초등학교", "은하수초등학교"],
    School.Kind.MIDDLE: ["새벽별중학교", "노을빛중학교", "구름다리중학교", "바람결중학교"],
    School.Kind.HIGH: ["무지개고등학교", "샛별누리고등학교", "미리내고등학교", "온누리빛고등학교"],
}
COUNSELORS = ("서다온", "민가람", "배초롱", "전해솔", "제하람", "석이든")


@dataclass
class Town:
    """Who lives in the demo."""

    people: dict[str, User]
    counselors: list[User]
    parents: list[User]
    students: list[Student]


def settle(rng: random.Random) -> Town:
    """Make schools, staff, guests and families; return them."""
    password = make_password(PASSWORD)
    schools = _schools()
    partner = Partner.objects.get_or_create(name="가온누리대학교", defaults={"kind": Partner.Kind.UNIVERSITY})[0]
    people = {login.key: _person(login, password, number) for number, login in enumerate(LOGINS, start=1)}
    for login in LOGINS:
        if login.role:
            roles.grant(people[login.key], login.role, by=people["admin"], reason="체험용 센터 준비")
    now = timezone.now()
    confirmed = {"confirmed_at": now, "confirmed_by": people["admin"]}
    school = schools[School.Kind.HIGH][0]
    Affiliation.objects.create(user=people["teacher"], role=Affiliation.Role.TEACHER, school=school, **confirmed)
    Affiliation.objects.create(user=people["partner"], role=Affiliation.Role.PARTNER, partner=partner, **confirmed)
    counselors = [people["counselor"], *_colleagues(password, people["admin"])]
    parents, students = _families(rng, password, people, schools)
    User.objects.filter(is_superuser=False, email__endswith=DOMAIN).update(phone_verified_at=now)
    _verify_addresses()
    return Town(people, counselors, parents, students)


def _schools() -> dict[str, list[School]]:
    rows = [
        School(
            office_code="B10", neis_code=f"000{n:04}", name=name, kind=kind, is_local=True,
            high_kind="일반고" if kind == School.Kind.HIGH else "", address="서울특별시 금천구 (체험용 주소)",
        )
        for n, (kind, name) in enumerate(((kind, name) for kind, names in SCHOOLS.items() for name in names), start=1)
    ]  # fmt: skip
    School.objects.bulk_create(rows)
    return {kind: [school for school in rows if school.kind == kind] for kind in SCHOOLS}


def _person(login: Login, password: str, number: int) -> User:
    user = User.objects.create(
        email=login.email,
        password=password,
        phone=f"0100000{number:04}",
        name=login.name,
        is_staff=login.is_staff,
        is_superuser=login.key == "admin",
    )
    if login.is_staff:
        Authenticator.objects.create(
            user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt(totp_secret(login))}
        )
    return user


def _colleagues(password: str, admin: User) -> list[User]:
    rows = [
        User.objects.create(
            email=f"counselor{n}@{DOMAIN}", password=password, phone=f"01000000{n + 100:03}", name=name, is_staff=True
        )
        for n, name in enumerate(COUNSELORS[1:], start=2)
    ]
    for user in rows:
        roles.grant(user, "상담사", by=admin, reason="체험용 센터 준비")
    return rows


def _families(
    rng: random.Random, password: str, people: dict[str, User], schools: dict[str, list[School]]
) -> tuple[list[User], list[Student]]:
    neighbourhoods = list(Neighbourhood.objects.filter(in_district=True))
    outside = Neighbourhood.objects.filter(in_district=False).first()
    joined = timezone.now() - timedelta(days=120)
    parents = [people["parent"]]
    parents += [
        User(
            email=f"family{n:02}@{DOMAIN}", password=password, phone=f"010000010{n:02}",
            name=rng.choice(SURNAMES) + rng.choice(GIVEN), date_joined=joined + timedelta(days=rng.randrange(100)),
        )
        for n in range(2, FAMILIES + 1)
    ]  # fmt: skip
    second = [
        User(
            email=f"partner{n:02}@{DOMAIN}", password=password, phone=f"010000020{n:02}",
            name=rng.choice(SURNAMES) + rng.choice(GIVEN), date_joined=joined,
        )
        for n in range(1, FAMILIES // 4 + 1)
    ]  # fmt: skip
    User.objects.bulk_create([*parents[1:], *second])
    students: list[Student] = []
    links: list[Guardianship] = []
    for n, parent in enumerate(parents):
        children = 2 if n == 0 else rng.choice((1, 1, 2, 2, 3))
        place = outside if n % 15 == 14 else rng.choice(neighbourhoods)
        for child in range(children):
            student = _child(rng, parent, place, schools, grade=(11, 8)[child] if n == 0 else rng.randint(4, 12))
            students.append(student)
            links.append(_care(parent, student, rng.choice(("mother", "father")), joined))
            if n and n <= len(second):
                links.append(_care(second[n - 1], student, "other", joined))
    students[0].name, students[0].user = people["student"].name, people["student"]
    Student.objects.bulk_create(students)
    Guardianship.objects.bulk_create(links)
    return parents, students


def _child(
    rng: random.Random, parent: User, place: Neighbourhood | None, schools: dict[str, list[School]], *, grade: int
) -> Student:
    kind = School.Kind.ELEMENTARY if grade <= 6 else School.Kind.MIDDLE if grade <= 9 else School.Kind.HIGH
    year = school_year()
    status = Student.Status.ENROLLED
    if grade == 12 and rng.random() < 0.15:
        status = rng.choice((Student.Status.GRADUATE, Student.Status.OUT_OF_SCHOOL))
    enrolled = status == Student.Status.ENROLLED
    return Student(
        name=parent.name[0] + rng.choice(GIVEN),
        birth_date=date(year - grade - 6, rng.randint(1, 12), rng.randint(1, 28)),
        status=status,
        school=rng.choice(schools[kind]) if enrolled else None,
        grade=grade if enrolled else None,
        grade_year=year,
        neighbourhood=place,
        registered_at=parent.date_joined,
    )


def _care(guardian: User, student: Student, relation: str, at: datetime) -> Guardianship:
    return Guardianship(guardian=guardian, student=student, relation=relation, asked_at=at, confirmed_at=at)


def _verify_addresses() -> None:
    EmailAddress.objects.bulk_create(
        [
            EmailAddress(user=user, email=user.email, verified=True, primary=True)
            for user in User.objects.filter(email__endswith=DOMAIN)
        ]
    )
