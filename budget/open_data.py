"""The ledger's sums as open data: CSV, JSON and a Fiscal Data Package that says what each column is.

The descriptor follows Fiscal Data Package 1.0rc1 with the column types of its budget taxonomy; the four phases that
it knows are those of ``PHASES``, the finer Korean stage stands beside them.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from budget.models import Account, Project, Source, Stage
from budget.sums import Known, sums

PHASES = {
    Stage.NEED: "proposed",
    Stage.BUDGET: "approved",
    Stage.ALLOTMENT: "approved",
    Stage.COMMITMENT: "executed",
    Stage.PAYMENT: "executed",
    Stage.RETURN: "executed",
}
ADJUSTED = "adjusted"  # 추경, 전용·이용, 이월, 불용

# name → (type, column type of the taxonomy, what it is)
FIELDS: dict[str, tuple[str, str, str]] = {
    "fiscal_year": ("integer", "date:fiscal-year", "회계연도(1월 1일~12월 31일)"),
    "policy": ("string", "activity:generic:program:label", "정책사업"),
    "unit": ("string", "activity:generic:subprogram:label", "단위사업"),
    "project": ("string", "activity:generic:project:label", "세부사업"),
    "account_code": ("string", "economic-classification:generic:code", "통계목 코드. 정하지 않은 돈은 빈칸"),
    "account": ("string", "economic-classification:generic:label", "통계목"),
    "source_code": ("string", "fin-source:generic:code", "재원: state, city, district, private, other"),
    "source": ("string", "fin-source:generic:label", "재원: 국비, 시비, 구비, 민간, 기타"),
    "phase": (
        "string",
        "phase:id",
        "proposed(수요), approved(편성·배정), adjusted(추경·전용·이월·불용), executed(집행)",
    ),
    "stage_code": (
        "string",
        "expenditure-type:code",
        "단계. 한 줄은 한 단계의 합계이므로 서로 다른 단계를 더하지 마세요",
    ),
    "stage": ("string", "expenditure-type:label", "단계의 우리말 이름"),
    "amount_won": ("integer", "value", "금액(원). 줄이는 추경은 음수이고, 감·전출·반납은 그 금액을 양수로 적습니다"),
}


def rows(known: Known) -> list[dict[str, Any]]:
    """One row for each year, project, account, source and stage that has an entry; nobody's name, no remark."""
    found = sums(known, ["year", "project", "account", "source", "stage"])
    projects = {one.pk: one for one in Project.objects.select_related("parent__parent").filter(level=3)}
    accounts = Account.objects.in_bulk()
    listed = []
    for (year, project_id, account_id, source, stage), won in sorted(
        found.items(), key=lambda pair: (pair[0][0], pair[0][1], pair[0][2] or 0, *pair[0][3:])
    ):
        project, account = projects[project_id], accounts.get(account_id)
        listed.append(
            {
                "fiscal_year": year,
                "policy": project.parent.parent.name,
                "unit": project.parent.name,
                "project": project.name,
                "account_code": account.code if account else "",
                "account": account.name if account else "",
                "source_code": source,
                "source": str(Source(source).label),
                "phase": PHASES.get(Stage(stage), ADJUSTED),
                "stage_code": stage,
                "stage": str(Stage(stage).label),
                "amount_won": won,
            }
        )
    return listed


def as_csv(known: Known) -> bytes:
    """Plain CSV for machines: no byte-order mark, no guard against formulas, as the descriptor says."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, FIELDS)
    writer.writeheader()
    writer.writerows(rows(known))
    return out.getvalue().encode()


def as_json(known: Known) -> bytes:
    told = {"as_of": known.day.isoformat(), "currency": "KRW", "rows": rows(known)}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def package(known: Known, *, title: str, homepage: str, files: dict[str, str]) -> dict[str, Any]:
    """The descriptor. ``files`` gives the addresses of ``csv`` and ``json``."""
    fields = [
        {"name": name, "type": kind, "columnType": concept, "title": words}
        for name, (kind, concept, words) in FIELDS.items()
    ]
    constant = [
        {"name": "currency", "type": "string", "columnType": "value-currency:code", "constant": "KRW"},
        {"name": "direction", "type": "string", "columnType": "direction", "constant": "expenditure"},
        {"name": "as_of", "type": "date", "columnType": "date:generic", "constant": known.day.isoformat()},
    ]
    return {
        "profile": "fiscal-data-package",
        "name": "gumcheon-budget",
        "title": title,
        "description": f"{known.day.isoformat()}까지 적은 기록의 합계. 센터의 보조 장부이며 정식 회계는 e호조입니다.",
        "homepage": homepage,
        "created": f"{known.day.isoformat()}T00:00:00+09:00",
        "resources": [
            {
                "name": "budget",
                "profile": "tabular-data-resource",
                "path": files["csv"],
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {"fields": fields, "extraFields": constant, "missingValues": [""]},
            },
            {"name": "budget-json", "path": files["json"], "format": "json", "mediatype": "application/json"},
        ],
    }
