"""Which parser reads which kind of file."""

from collections.abc import Callable, Iterator

from portlint.infra.facts import Fact

PARSERS: dict[str, Callable[[str, str], Iterator[Fact]]] = {}
