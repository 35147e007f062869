"""Data flows one way: which module may import which, and what costs nothing to start."""

import networkx
import pytest

from tests.imports import graph, modules, third_party

EDGES = graph()
ALLOWED = {
    "model": (),
    "report": ("report", "model", "attention.features"),
    "attention": (
        *(
            "attention",
            "model",
            "report",
            "errors",
            "catalog",
            "applies",
            "row",
            "targets",
            "judge",
        ),
    ),
    "rule": ("model",),
    "reading": ("model", "notebook.places", "once"),
    "notebook": ("notebook", "model", "errors", "reading", "suppress"),
    "errors": (),
    "catalog": ("cache.compiled", "model", "errors", "rule", "row", "toml"),
    "cache.archive": ("model", "replace"),
    "cache.compiled": ("cache", "rule"),
    "applies": ("model", "row"),
    "row": ("model", "errors"),
    "fates": ("row", "graph", "catalog"),
    "adapt": ("row", "fates", "catalog", "targets", "attention"),
    "context": ("model",),
    "around": ("backends", "context", "model", "reading", "source.modules"),
    "once": (),
    "processes": (),
    "crew": ("processes",),
    "spelled": ("once", "source.lineage"),
    "knowledge": ("row", "adapt", "catalog"),
    "targets": ("catalog", "model", "errors", "rule"),
    "judge": ("model", "targets", "rule"),
    "gitcall": (),
    "formats": (),
    "contents": ("errors",),
    "replace": (),
    "toml": ("errors",),
    "ignored": ("contents", "errors", "gitcall"),
    "discover": ("discover", "ignored", "errors"),
    "suppress": (),
    "select": ("ignored", "model", "rule"),
    "source": (
        *("source", "attention", "catalog", "model", "errors", "rule", "reading", "record"),
    ),
    "record": ("model",),
    "graph": (
        *("graph", "catalog", "record", "source.index", "targets", "model", "rule", "reading"),
        *("row", "applies", "attention", "source.attention", "report"),
    ),
    "trace": ("trace", "record", "model"),
    "child": ("child", "record", "trace.protocol"),
    "oracle.worker": (),
    "join": ("model", "rule"),
    "infra": (
        "infra",
        "toml",
        "source.index",
        "targets",
        "catalog",
        "model",
        "errors",
        "rule",
        "reading",
    ),
    "detectors": (
        "detectors",
        "source",
        "attention.kinds",
        "infra",
        "catalog",
        "model",
        "rule",
        "record",
        "graph",
    ),
    "effort": ("effort", "catalog", "model", "report", "rule"),
    "reread": ("contents", "errors"),
    "onefile": ("discover", "ignored"),
    "score": ("effort.hours", "effort.weights", "report"),
    "plan": (
        *("plan", "effort", "catalog", "errors", "model", "report", "rule", "source.modules"),
    ),
    "fit": (
        *("fit", "report", "graph", "record", "model", "catalog", "errors", "row"),
        *("attention.features", "attention.kinds"),
    ),
    "diff": ("diff", "errors", "model"),
    "baseline": (
        *("baseline", "catalog", "config", "discover", "contents", "errors", "gitcall", "judged"),
        *("analyse", "model", "replace", "report"),
    ),
    "scope": (
        *("scope", "context", "copies", "discover", "errors", "model", "notebook", "reading"),
        *("report", "source", "uncollected"),
    ),
    "render": (
        *("render", "formats", "model", "report", "rule", "row", "page", "query.answer"),
        "diff.values",
    ),
    "page": ("judge", "model", "rule", "targets"),
    "overlay": ("catalog", "contents", "errors", "model", "row"),
    "init": (
        *(
            "init",
            "config",
            "contents",
            "discover",
            "errors",
            "matchers",
            "model",
            "replace",
            "targets",
            "render.words",
        ),
    ),
    "matchers": (),
    "imported": ("imported", "errors", "model", "row"),
    "query": (
        *("query", "passes", "assemble", "applies", "judge", "knowledge", "catalog", "row"),
        *("source.index", "model", "rule", "reading"),
    ),
    "hygiene": ("model", "row", "rule"),
    "settle": ("catalog", "graph.words", "model", "reading", "rule"),
}
"""Module or package -> what it may import of portlint; what is not listed may import anything."""
FRONTS = {"portlint.command", "portlint.progress", "portlint.pruning", "portlint.lsp.judging"}


def within(module: str, package: str) -> bool:
    return module == f"portlint.{package}" or module.startswith(f"portlint.{package}.")


def test_there_are_no_cycles() -> None:
    assert list(networkx.simple_cycles(EDGES)) == []


@pytest.mark.parametrize("package", ALLOWED)
def test_a_layer_knows_only_what_is_below_it(package: str) -> None:
    allowed = ALLOWED[package]
    wrong = [
        f"{module} imports {other}"
        for module, other in EDGES.edges
        if within(module, package) and not any(within(other, name) for name in allowed)
    ]
    assert wrong == []


def test_only_the_fronts_call_the_engine() -> None:
    assert set(EDGES.predecessors("portlint.engine")) <= FRONTS


def test_only_fronts_render() -> None:
    fronts = {"cli", "command", "explain", "asking", "listing", "importing", "options"}
    fronts |= {"commands.facts", "comparing", "pruning"}
    outside = {m for m, other in EDGES.edges if within(other, "render") and not within(m, "render")}
    outside -= {m for m in outside if any(within(m, front) for front in ("oracle", "init", "lsp"))}
    assert outside <= {f"portlint.{front}" for front in fronts}


def test_detectors_are_imported_by_name_only() -> None:
    outside = [m for m, o in EDGES.edges if within(o, "detectors") and not within(m, "detectors")]
    assert outside == []


@pytest.mark.parametrize(
    ("package", "homes"),
    [
        ("torch", ("trace", "oracle.worker")),
        ("torch_xla", ("oracle.worker",)),
        ("libcst", ("source.recast.parsed",)),
        ("yaml", ("infra", "init")),
        ("jinja2", ("render", "init")),
        ("squarify", ("render",)),
        ("rich", ("render", "explain", "progress")),
        (
            "subprocess",
            (
                "gitcall",
                "ignored",
                "baseline.git",
                "source.statements",
                "capture",
                "child",
                "oracle",
            ),
        ),
        ("pygls", ("lsp",)),
        ("lsprotocol", ("lsp",)),
        ("socket", ()),
        ("urllib3", ()),
        ("requests", ()),
    ],
)
def test_a_library_has_its_place(package: str, homes: tuple[str, ...]) -> None:
    users = {name for name, tree in modules().items() if package in third_party(tree)}
    assert [u for u in users if not any(within(u, home) for home in homes)] == []
