"""``python -m benchmarks [part …] [--short]``: measure, print, store; exit 1 when a claim does not hold."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from benchmarks import databases
from benchmarks.broker import Broker
from benchmarks.floor import pin
from benchmarks.measure import Effort
from benchmarks.portal import Portal
from benchmarks.report import Report, machine

ROOT = Path(__file__).resolve().parent.parent
# name → module, and what it finds out
PARTS = {
    "pages": ("benchmarks.pages", "what a page costs beside the page floor"),
    "bookings": ("benchmarks.bookings", "what a won and a lost booking cost beside the write floor"),
    "stampede": ("benchmarks.stampede", "400 visitors for 100 slots, with and without the guards"),
    "rush": ("benchmarks.rush", "2,000 students for 300 slots within a minute, and with 100,000 past bookings"),
    "search": ("benchmarks.search", "the page of times with 1,000 to 1,000,000 slots"),
    "catalogue": ("benchmarks.catalogue", "the catalogue and its search among 100 and 20,000 programmes"),
    "certificates": ("benchmarks.certificates", "500 certificates in one batch beside one printed page"),
    "money": ("benchmarks.money", "budget papers beside Chromium, and a ledger of a million entries beside a thousand"),
    "draw": ("benchmarks.draw", "a draw of 10,000, and its proof done over again"),
    "weight": ("benchmarks.weight", "compressed bytes of each public page"),
    "queries": ("benchmarks.queries", "queries of each public page with 10 and 10,000 rows"),
    "redis": ("benchmarks.drills.redis", "bookings while Redis is gone, and every notice afterwards"),
}


def main() -> int:
    options = arguments()
    if pin.changed():
        sys.exit("The floor has changed. A new floor makes old figures incomparable: see benchmarks/floor/pin.py.")
    folder = ROOT / "var" / "bench"
    (folder / "log").mkdir(parents=True, exist_ok=True)
    report = Report(machine(ROOT))
    broker = Broker(folder / "broker")
    broker.start()
    try:
        with databases.at_hand(folder) as server:
            report.facts |= {"postgresql": server.version(), "short": options.short}
            portal = Portal(server, broker, folder)
            portal.stage()
            effort = Effort.short() if options.short else Effort.full()
            for name in options.parts or PARTS:
                # imported late: a part speaks to models, which exist once Django is set up
                import_module(PARTS[name][0]).run(portal, report, effort)
    finally:
        broker.stop()
    sys.stdout.write(f"\nstored in {report.store(ROOT / 'bench-results')}\n")
    return 0 if report.kept else 1


def arguments() -> argparse.Namespace:
    listed = "\n".join(f"  {name:<10} {what}" for name, (_, what) in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", epilog=f"parts:\n{listed}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", type=part, metavar="part", help="which parts; all of them by default")
    parser.add_argument("--short", action="store_true", help="fewer rounds, a shorter outage: for CI")
    return parser.parse_args()


def part(name: str) -> str:
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(PARTS)}")
    return name


if __name__ == "__main__":
    sys.exit(main())
