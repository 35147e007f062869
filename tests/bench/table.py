"""A record -> the table in Markdown, and README.md with that table between its marks."""

from tests.bench.record import Record

BEGIN, END = "<!-- bench -->\n", "<!-- end of bench -->"
VERDICT = {True: "yes", False: "no", None: ""}


def markdown(record: Record) -> str:
    """A line for each row, and a sentence on where and when."""
    lines = ["| what | asked for | measured | reached |", "|---|---|---|---|"]
    for measured in record.rows.values():
        row = measured.row
        lines.append(f"| {row.what} | {row.asked} | {row.found} | {VERDICT[row.met]} |")
    return "\n".join((*lines, "", *_where(record), ""))


def _where(record: Record) -> list[str]:
    """The machine, the days and the versions."""
    days = sorted({measured.day for measured in record.rows.values()})
    when = (
        " to ".join(dict.fromkeys(day.isoformat() for day in (days[0], days[-1]))) if days else ""
    )
    tools = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    return [f"Measured {when} on {record.machine}.", f"Versions: {tools}."]


def between(readme: str, table: str) -> str:
    """The text with the table between the marks, whatever stood there."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"README.md has no {BEGIN.strip()} … {END} to put the table between")
    return f"{before}{BEGIN}{table}{END}{after}"
