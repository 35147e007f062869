"""A run's files and findings -> its models and entry points, each with what it runs into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from portlint.model import CONTEXTS, Finding
from portlint.reading import FileResult
from portlint.report import Part
from portlint.scope import shared
from portlint.scope.ease import Price
from portlint.scope.entries import Entry, entries
from portlint.scope.launches import Launches, installers
from portlint.scope.models import Made, first, made
from portlint.scope.scene import Found, Name, Read, Scene
from portlint.scope.walk import Walk
from portlint.scope.workloads import WORKLOADS, told
from portlint.uncollected import uncollected


def scope(
    results: Sequence[FileResult],
    read: Read,
    inference: Iterable[Finding],
    training: Iterable[Finding],
    price: Price,
) -> tuple[Part, ...]:
    """The parts of what was audited, live ones first; what a test holds is none.

    `read` gives the text of an audited file, `inference` and `training` are the findings as judged
    for these workloads, `price` says what some of them cost together.
    """
    with uncollected():
        scene = Scene(results, read, {"inference": inference, "training": training}, price)
        known = made(scene.code)
        parts = [*_models(scene, known), *_programs(scene, known)]
    return tuple(
        sorted(parts, key=lambda p: (CONTEXTS.index(p.context), p.kind, p.path, p.line, p.name))
    )


def _models(scene: Scene, known: Made) -> Iterator[Part]:
    """The models; those of a file that fare the same are one part."""
    code = scene.code
    by_file: dict[int, list[int]] = {}
    for model in known.models:
        by_file.setdefault(code.homes[model], []).append(model)
    files = {home: first(code, models) for home, models in by_file.items()}
    groups: dict[object, tuple[Found, list[int]]] = {}
    for home, model, walks in shared.walks(code, files, scene.choices):
        findings = scene.findings(walks, code.files[home].path)
        key = (home, *(tuple(f.fingerprint for f in findings[use]) for use in WORKLOADS))
        if key not in groups:
            groups[key] = (Found(scene.homes(walks), findings), [])
        groups[key][1].append(model)
    for found, (model, *others) in groups.values():
        name = Name("model", code.file(model).path, code.line(model), code.pieces[model].name)
        yield scene.part(name, found, [code.pieces[other].name for other in others])


def _programs(scene: Scene, known: Made) -> Iterator[Part]:
    """The programs that train or infer, or run into something."""
    code = scene.code
    modules = {name: code.files[at].path for name, at in code.modules.items()}
    launched = Launches(scene.kinds, scene.read, modules)
    asked = installers(scene.kinds)
    for entry in entries(code, scene.kinds, scene.read, launched.programs):
        folders = {path for path, folder in asked.items() if entry.path.startswith(folder)}
        found = _program(scene, known, entry, launched.files(entry.path, folders))
        if found.findings:
            yield scene.part(Name("entry", entry.path, entry.line, entry.name), found)


def _program(scene: Scene, known: Made, entry: Entry, files: Iterable[str]) -> Found:
    """What a program runs into; without a workload where it has nothing to do with models."""
    walk = Walk(scene.code).run(entry.pieces)
    uses = told(frozenset().union(*(scene.code.edges(piece).signs for piece in walk.ran)))
    walks = dict.fromkeys(WORKLOADS, walk)
    if not uses and (
        not walk.opened.isdisjoint(known.modules) or any(scene.findings(walks, entry.path).values())
    ):
        uses = {"inference"}
    findings = scene.findings(walks, entry.path, files)
    return Found(scene.homes(walks), {use: findings[use] for use in WORKLOADS if use in uses})
