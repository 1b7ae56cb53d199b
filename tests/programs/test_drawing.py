"""The draw as arithmetic: exact, repeatable, fair, and the same when written anew from its printed rule."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections import Counter
from itertools import permutations

import pytest
from django.conf import settings

from programs import drawing
from programs.drawing import Entry, Hat, Outcome
from programs.seeds import Source, Unreadable


def hat(*entries: tuple, capacity: int = 1, groups: dict | None = None, reserve: int | None = None) -> Hat:
    made = tuple(Entry(*one) for one in entries)
    return Hat(7, capacity, "lotto 1201 2026-12-12", made, groups or {}, reserve)


def outcomes(drawn: list) -> dict[str, str]:
    return {one.code: str(one.outcome) for one in drawn}


def in_order(drawn: list) -> list[str]:
    return [one.code for one in drawn]


# --- The list ----------------------------------------------------------------------------------
def test_the_list_reads_back_as_it_was_written():
    given = hat(("b", 2, "G1", 3), ("a", 1), capacity=5, groups={"G2": 1, "G1": 4}, reserve=10)
    assert given.lines() == [
        "draw-proof/1",
        "run 7",
        "seed lotto 1201 2026-12-12",
        "places 5",
        "reserve 10",
        "group G1 4",
        "group G2 1",
        "entries 2",
        "a 1 - 1",
        "b 2 G1 3",
    ]
    again = drawing.read(given.lines())
    assert again.lines() == given.lines()
    assert set(again.entries) == set(given.entries)


def test_the_hash_is_that_of_the_file(tmp_path):
    lines = hat(("a", 1), ("b", 2)).lines()
    file = tmp_path / "list.txt"
    file.write_text(drawing.text_of(lines), encoding="utf-8", newline="")
    printed = subprocess.run(["sha256sum", str(file)], capture_output=True, text=True, check=True).stdout
    assert printed.split()[0] == drawing.hash_of(lines)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[1:],
        lambda lines: [*lines[:-2], lines[-1], lines[-2]],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:-1], "b 1 - 0"],
        lambda lines: [*lines[:-1], "b 0 - 1"],
        lambda lines: [*lines[:-1], "b 1 G9 1"],
        lambda lines: [*lines[:-1], "b 1 - 101"],
        lambda lines: [*lines[:-1], "b 01 - 1"],
        lambda lines: [],
    ],
)
def test_a_list_of_another_shape_is_refused(spoil):
    with pytest.raises(drawing.Malformed):
        drawing.read(spoil(hat(("a", 1), ("b", 1)).lines()))


# --- The order ---------------------------------------------------------------------------------
def test_the_order_is_pinned():
    """A change of the algorithm would make every proof file wrong that was ever handed out."""
    drawn = drawing.draw(hat(("a", 1), ("b", 1), ("c", 1, "-", 3), ("d", 1)), "0|1")
    assert in_order(drawn) == ["d", "b", "c", "a"]
    value = hmac.new(b"0|1", b"d|1", hashlib.sha256).hexdigest()
    assert (drawn[0].as_json()["value"], drawn[0].ticket) == (value, 1)


def test_the_order_of_the_entries_given_does_not_matter():
    entries = [("a", 1), ("b", 2, "-", 5), ("c", 1), ("d", 1, "-", 2)]
    results = {tuple(in_order(drawing.draw(hat(*some), "seed"))) for some in permutations(entries)}
    assert len(results) == 1


def test_equal_weights_make_every_order_equally_likely():
    """Chi-square over the 24 orders of four, with fixed seeds: 49.7 is the limit at one in a thousand."""
    rounds = 24_000
    given = hat(("a", 1), ("b", 1), ("c", 1), ("d", 1))
    seen = Counter(tuple(in_order(drawing.draw(given, f"seed {n}"))) for n in range(rounds))
    assert len(seen) == 24
    expected = rounds / 24
    assert sum((count - expected) ** 2 / expected for count in seen.values()) < 49.7


def test_a_weight_is_a_share_of_the_tickets_at_every_step():
    """Of 1, 2 and 3 tickets: who is first, and the whole order, as drawing from an urn says."""
    weights, rounds = {"a": 1, "b": 2, "c": 3}, 30_000
    given = hat(*((code, 1, "-", weight) for code, weight in weights.items()))
    seen = Counter(tuple(in_order(drawing.draw(given, f"seed {n}"))) for n in range(rounds))
    off = 0.0
    for one, two, three in permutations(weights):
        chance = weights[one] / 6 * weights[two] / (6 - weights[one])
        off += (seen[one, two, three] - rounds * chance) ** 2 / (rounds * chance)
    assert off < 20.5  # chi-square with 5 degrees of freedom, one in a thousand


def test_the_statistics_would_see_a_draw_that_ignores_weights():
    weights, rounds = {"a": 1, "b": 2, "c": 3}, 30_000
    given = hat(*((code, 1) for code in weights))
    seen = Counter(in_order(drawing.draw(given, f"seed {n}"))[0] for n in range(rounds))
    off = sum((seen[code] - rounds * weight / 6) ** 2 / (rounds * weight / 6) for code, weight in weights.items())
    assert off > 1_000


# --- The walk ----------------------------------------------------------------------------------
def _order_of(given: Hat) -> list[str]:
    return [entry.code for entry, *_rest in drawing.order("seed", given.entries)]


def test_places_go_down_the_order_and_the_rest_is_ranked():
    given = hat(*((code, 1) for code in "abcdef"), capacity=2)
    first, second, *rest = _order_of(given)
    drawn = drawing.draw(given, "seed")
    assert [one.code for one in drawn if one.outcome == Outcome.SELECTED] == [first, second]
    assert [(one.code, one.rank) for one in drawn if one.outcome == Outcome.RESERVE] == [
        (code, rank) for rank, code in enumerate(rest, start=1)
    ]


def test_two_who_meet_one_place_are_not_parted_and_the_next_who_fits_gets_it():
    singles = [("a", 1), ("b", 1), ("c", 1)]
    first, second, third = _order_of(hat(*singles))
    given = hat(*((code, 2 if code == second else 1) for code in "abc"), capacity=2)
    assert _order_of(given) == [first, second, third]
    drawn = {one.code: one for one in drawing.draw(given, "seed")}
    assert (drawn[first].outcome, drawn[third].outcome) == (Outcome.SELECTED, Outcome.SELECTED)
    assert (drawn[second].outcome, drawn[second].rank) == (Outcome.RESERVE, 1)


@pytest.mark.parametrize(("capacity", "selected"), [(1, 0), (2, 1), (3, 1), (4, 2)])
def test_pairs_fill_exactly(capacity, selected):
    drawn = drawing.draw(hat(("a", 2), ("b", 2), capacity=capacity), "seed")
    assert sum(one.outcome == Outcome.SELECTED for one in drawn) == selected


def test_a_group_caps_as_the_run_does():
    codes = [f"{n:02d}" for n in range(20)]
    given = hat(*((code, 1, "G1" if int(code) < 10 else "-") for code in codes), capacity=12, groups={"G1": 3})
    result = outcomes(drawing.draw(given, "seed"))
    grouped = [code for code in codes if int(code) < 10 and result[code] == "selected"]
    assert len(grouped) == 3
    assert Counter(result.values()) == {"selected": 12, "reserve": 8}


@pytest.mark.parametrize(("reserve", "waiting", "out"), [(None, 4, 0), (4, 4, 0), (3, 3, 1), (0, 0, 4)])
def test_beyond_the_waiting_list_nobody_has_a_rank(reserve, waiting, out):
    result = Counter(
        outcomes(drawing.draw(hat(*((c, 1) for c in "abcde"), capacity=1, reserve=reserve), "seed")).values()
    )
    assert (result["selected"], result["reserve"], result["out"]) == (1, waiting, out)


def test_who_withdrew_stays_in_the_order_and_is_passed_over():
    given = hat(*((code, 1) for code in "abcd"), capacity=1)
    first, second, *_rest = _order_of(given)
    drawn = drawing.draw(given, "seed", {first})
    assert in_order(drawn) == _order_of(given)
    assert [str(one.outcome) for one in drawn[:2]] == ["withdrawn", "selected"]
    assert drawn[1].code == second


# --- The proof ---------------------------------------------------------------------------------
def proof(**changes) -> str:
    given = hat(
        *((drawing.code_of(n, f"key {n}"), 1 + n % 2, f"G{n % 3}" if n % 3 else "-", 1 + n % 4) for n in range(40)),
        capacity=12,
        groups={"G1": 5, "G2": 2},
        reserve=15,
    )
    public = Source.LOTTO.read("33 3 11 19 25 41 7")
    gone = {given.entries[3].code, given.entries[4].code}
    result = drawing.draw(given, drawing.seed_of(drawing.hash_of(given.lines()), public), gone)
    return json.dumps({**json.loads(drawing.prove(given, public, gone, result, {"seen": "누리집"})), **changes})


def again(file: dict) -> list[tuple]:
    """The draw once more, in few lines, from the sentences of the rule."""
    head = dict(line.rsplit(" ", 1) for line in file["list"] if len(line.split()) in (2, 3) and "seed" not in line)
    rows = [line.split() for line in file["list"] if len(line.split()) == 4 and not line.startswith("seed")]
    text = "\n".join(file["list"]) + "\n"
    key = (hashlib.sha256(text.encode()).hexdigest() + "|" + file["seed"]["public"]).encode()
    value = {
        code: min(hmac.new(key, f"{code}|{t + 1}".encode(), "sha256").hexdigest() for t in range(int(weight)))
        for code, _places, _group, weight in rows
    }
    free, answer, rank = {name: int(n) for name, n in head.items() if n.isdigit()}, [], 0
    for code, places, group, _weight in sorted(rows, key=lambda row: value[row[0]]):
        need = ["places", *([f"group {group}"] if group != "-" else [])]
        if code in file["withdrawn"]:
            answer.append((code, "withdrawn", None))
            continue
        if all(free[name] >= int(places) for name in need):
            outcome = "selected"
        elif free.get("reserve", 10**9) >= int(places):
            outcome, need, rank = "reserve", ["reserve"] if "reserve" in free else [], rank + 1
        else:
            outcome, need = "out", []
        for name in need:
            free[name] -= int(places)
        answer.append((code, outcome, rank if outcome == "reserve" else None))
    return answer


def test_somebody_who_reads_the_rule_alone_comes_to_the_same():
    file = json.loads(proof())
    assert again(file) == [(row["code"], row["outcome"], row["rank"]) for row in file["result"]]
    assert {row["outcome"] for row in file["result"]} == {"selected", "reserve", "out", "withdrawn"}


def test_the_file_names_neither_application_nor_person():
    text = proof()
    assert not any(f'"{word}"' in text for word in ("number", "name", "key", "application"))


def changed(path: list, value) -> str:
    file = json.loads(proof())
    at = file
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return json.dumps(file)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (lambda: changed(["result", 5, "outcome"], "selected" if _said(5) != "selected" else "out"), "6번째 순서"),
        (lambda: changed(["result", 0, "value"], "0" * 64), "1번째 순서"),
        (lambda: changed(["list", 3], "places 13"), "목록 해시"),
        (lambda: changed(["seed", "public"], "01-02-03-04-05-06+07"), "씨앗값"),
        (lambda: changed(["withdrawn"], ["nobody"]), "목록에 없는 신청"),
        (lambda: changed(["withdrawn"], []), "순서가 다릅니다"),
        (lambda: changed(["rule", 2], "씨앗값은 아무것입니다."), "규칙"),
        (lambda: changed(["result"], json.loads(proof())["result"][:-1]), "줄 수"),
    ],
)
def test_a_file_that_was_touched_does_not_agree(text, word):
    verdict = drawing.verify(text())
    assert not verdict.agrees
    assert word in verdict.difference


def _said(place: int) -> str:
    return json.loads(proof())["result"][place]["outcome"]


def test_an_untouched_file_agrees():
    assert drawing.verify(proof()).agrees


@pytest.mark.parametrize("text", ["", "{}", "[]", "1", '{"format": "draw-proof/1"}', "꽃"])
def test_what_is_no_proof_file_is_said_to_be_none(text):
    with pytest.raises(drawing.Malformed):
        drawing.verify(text)


def verify(file, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", "verify_draw", str(file)],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/none", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_needs_no_database(tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(proof(), encoding="utf-8")
    bad.write_text(changed(["result", 0, "outcome"], "out"), encoding="utf-8")
    agrees = verify(good)
    assert agrees.returncode == 0, agrees.stderr
    assert "같습니다" in agrees.stdout
    differs = verify(bad)
    assert differs.returncode == 1
    assert "다릅니다. 1번째 순서" in differs.stderr
    assert "파일을 읽지 못했습니다" in verify(tmp_path / "none.json").stderr


# --- Public numbers ----------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["3 11 19 25 33 41 7", "33, 3, 11, 19, 25, 41, 7", "03-11-19-25-33-41+07"])
def test_one_lotto_draw_is_one_seed_however_it_is_typed(typed):
    assert Source.LOTTO.read(typed) == "03-11-19-25-33-41+07"


def test_the_bonus_number_is_the_last_one():
    assert Source.LOTTO.read("7 3 11 19 25 33 41") != Source.LOTTO.read("3 11 19 25 33 41 7")


@pytest.mark.parametrize(
    "typed",
    ["", "1 2 3 4 5 6", "1 2 3 4 5 6 6", "0 1 2 3 4 5 6", "1 2 3 4 5 6 46", "1 2 3 4 5 6 7 8", "1 2 3 4 5 6 x7"],
)
def test_seven_different_numbers_up_to_45_or_nothing(typed):
    with pytest.raises(Unreadable):
        Source.LOTTO.read(typed)


@pytest.mark.parametrize("typed", ["2,534.34", "2534.34", " 2534.34 "])
def test_one_closing_is_one_seed(typed):
    assert Source.KOSPI.read(typed) == "2534.34"


@pytest.mark.parametrize("typed", ["", "2534", "2534.3", "2534.345", "이천", "25,34.34"])
def test_an_index_has_two_decimals(typed):
    with pytest.raises(Unreadable):
        Source.KOSPI.read(typed)
