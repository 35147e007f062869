"""What every part of the set-up is told."""

from typing import Any, NamedTuple

from portlint.init.origin import Origin
from portlint.init.place import Place
from portlint.model import Target


class Setup(NamedTuple):
    """Where, from where, and for which target; `asked` tells that flags chose the target."""

    place: Place
    origin: Origin
    target: Target
    asked: bool = False


def filled(template: str, **values: Any) -> str:
    """A file of `templates/`; its marks are [[ ]] and [% %], for GitHub has its own braces."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # not HTML: nothing is escaped, and what goes in was checked by `origin` and `place`
    made = Environment(
        loader=PackageLoader("portlint.init"),
        undefined=StrictUndefined,
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return made.get_template(template).render(values)
