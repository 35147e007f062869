"""`python -m tests.bench [ROW…]`: measures, prints the table, keeps it in docs/ and README.md."""

import argparse
import datetime
import pathlib
import sys

from tests.bench import record, table
from tests.bench.bench import Bench, Row
from tests.bench.peers import Tools, install
from tests.bench.rows import ROWS
from tests.bench.timing import Failed

ROOT = pathlib.Path(__file__).parents[2]


def arguments() -> argparse.Namespace:
    """Which rows, how much of them, of which checkout."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"some of: {' '.join(ROWS)}")
    parser.add_argument("--full", action="store_true", help="let TorchFix read the whole corpus")
    parser.add_argument("--try", dest="tried", action="store_true", help="small corpora, no record")
    parser.add_argument("--checkout", type=pathlib.Path, default=ROOT, help="what is measured")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / ".bench", help="for files")
    asked = parser.parse_args()
    if unknown := [name for name in asked.rows if name not in ROWS]:
        parser.error(f"no row named {', '.join(unknown)}: there are {' '.join(ROWS)}")
    return asked


def main() -> None:
    """Measure row by row; one that fails is told and leaves the others alone."""
    asked = arguments()
    work = asked.work.resolve()
    (work / "home").mkdir(parents=True, exist_ok=True)
    tools = Tools(asked.checkout.resolve(), install(work), work)
    bench = Bench(tools, asked.tried, asked.full)
    path = work / "tried.json" if asked.tried else ROOT / "docs" / "bench.json"
    kept, failed = record.read(path), False
    for name in asked.rows or ROWS:
        print(f"{name} …", file=sys.stderr)
        try:
            row = ROWS[name](bench)
        except Failed as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            failed = True
            continue
        kept = record.added(kept, name, _now(row, tools.checkout))
        record.write(kept, path)
    print(table.markdown(kept))
    if not asked.tried:
        readme = ROOT / "README.md"
        text = table.between(readme.read_text(encoding="utf-8"), table.markdown(kept))
        readme.write_text(text, encoding="utf-8")
    sys.exit(failed)


def _now(row: Row, checkout: pathlib.Path) -> record.Measured:
    today = datetime.datetime.now(datetime.UTC).date()
    return record.Measured(row, today, record.revision(checkout))


if __name__ == "__main__":
    main()
