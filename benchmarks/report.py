"""What is printed and what is kept: tables, and claims that hold or do not."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Report:
    """Everything that one run found."""

    facts: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)

    def table(self, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self.tables[title] = [dict(row) for row in rows]
        _say(f"\n{title}")
        heads = list(rows[0]) if rows else []
        lines = [heads, *([_shown(row[head]) for head in heads] for row in rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
        for line in lines:
            cells = (
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            _say("  " + "  ".join(cells).rstrip())

    def claim(self, what: str, found: Any, wanted: str, *, kept: bool) -> None:
        """One sentence that can be true or false; a false one fails the run."""
        self.claims.append({"what": what, "found": found, "wanted": wanted, "kept": kept})
        _say(f"  {'ok  ' if kept else 'FAIL'} {what}: {_shown(found)} (wanted {wanted})")

    def at_most(self, what: str, found: float, limit: float) -> None:
        self.claim(what, round(found, 2), f"<= {limit:g}", kept=found <= limit)

    def exactly(self, what: str, found: Any, wanted: Any) -> None:
        self.claim(what, found, str(wanted), kept=found == wanted)

    @property
    def kept(self) -> bool:
        return all(claim["kept"] for claim in self.claims)

    def store(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json"
        found = {"facts": self.facts, "claims": self.claims, "tables": self.tables}
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return path


def machine(root: Path) -> dict[str, Any]:
    """Where and on what the figures were taken."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit,
        "processors": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _shown(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
