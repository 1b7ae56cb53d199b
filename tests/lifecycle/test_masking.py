from __future__ import annotations

import pytest

from lifecycle.masking import mask_email, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "masked"),
    [("", ""), ("김", "*"), ("김용", "김*"), ("홍길동", "홍*동"), ("남궁민수", "남**수"), ("Nguyen An", "N*******n")],
)
def test_a_name_keeps_its_ends(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        (None, ""),
        ("", ""),
        ("01000001234", "010-****-1234"),
        ("021234567", "02-****-4567"),
        ("0311234567", "031-****-4567"),
    ],
)
def test_a_number_hides_its_middle(phone, masked):
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        (None, ""),
        ("parent@example.com", "pa****@example.com"),
        ("ab@example.com", "a****@example.com"),
        ("a@b.kr", "****@b.kr"),
    ],
)
def test_an_address_hides_its_end(email, masked):
    assert mask_email(email) == masked
