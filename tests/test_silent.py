"""A file that is left unread says the same as one that is read to the end: what it passes on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portlint.catalog import shipped
from portlint.errors import Unreadable
from portlint.passes import start
from portlint.reading import Export
from portlint.source.analyse import analyse
from portlint.source.exports import Externals
from portlint.source.silent import exports
from portlint.source.tree import tree

ALONE = Externals("code", False, {})


def passed_on(text: str) -> dict[str, Export] | None:
    index = start(shipped())
    return exports(tree(text), text, index, index.gates.needles.find(text))


def silent(text: str) -> bool:
    """Whether the text is left unread; then it must say what reading all of it says."""
    found = passed_on(text)
    if found is not None:
        read = analyse(text, "code.py", start(shipped()), ALONE, everything=True)
        assert (read.sightings, read.exports) == ((), found)
    return found is not None


QUIET = (
    "from torch import nn\n",
    "import torch.nn.functional as F\n",
    "from . import nn as layers\n",
    "import os\nimport torch\n",
    "logger = logging.get_logger(__name__)\n",
    "__all__ = ['Net']\n__all__ += ['other']\n",
    "SIZE = -1\nSIZES = {'a': [1, 2], 'b': (3, 4)}\nItems = list[int]\n",
    "if there():\n    import numpy as np\n",
    "class Net(nn.Module):\n    def forward(self, x):\n        return F.relu(x)\n",
    "class Net:\n    def get(self):\n        raise ImportError('no torch')\n",
    '"""Runs where torch.cuda.is_available() says so: x.to("cuda")."""\n',
    "def f(x):\n    # x.cuda()\n    return x\n",
    "class Net(Base): ...\nOther = Net\n",
)
TELLING = (
    "from torch.cuda import Stream\n",
    "import torch.cuda\n",
    "x = torch.zeros(1).cuda()\n",
    "try:\n    import flash_attn\nexcept ImportError:\n    flash_attn = None\n",
    "HAS = is_flash_attn_2_available()\n",
    "cpu_only = 1\n",
    "def there():\n    try:\n        import flash_attn\n    except ImportError:\n"
    "        return False\n    return True\n",
    "def there():\n    return 1\n\n\nready = there()\n",
    "fast = torch.__version__ >= '2.4'\n",
    "mine = not ready\n",
    "nn = None\n",
    "if there():\n    from torch import nn\n",
    "def f():\n    global nn\n    nn = 1\n",
    "size = (count := 3)\n",
    "class Net(nn.Module):\n    def forward(self, x):\n        return x.sum().item()\n",
    "from torch.nn import *\n",
)


@pytest.mark.parametrize("text", QUIET)
def test_imports_classes_and_tables_are_not_read(text: str) -> None:
    assert silent(f"from torch import nn as n\n\n{text}")


@pytest.mark.parametrize(
    "text",
    [text for text in TELLING if not text.startswith(("nn =", "def f"))],
)
def test_whatever_may_be_found_or_be_a_flag_is_read(text: str) -> None:
    assert passed_on(f"import torch\nfrom torch import nn\n\n{text}") is None


@pytest.mark.parametrize("text", ["nn = None\n", "def f():\n    global nn\n    nn = 1\n"])
def test_a_name_with_two_meanings_is_read(text: str) -> None:
    assert passed_on(f"from torch import nn\n\n{text}") is None


def test_what_an_import_can_stand_for_is_passed_on() -> None:
    found = passed_on("from torch import nn\nimport torch.distributed as dist\nimport os\n")
    assert found is not None
    assert {name: item.path for name, item in found.items()} == {
        "nn": "torch.nn",
        "dist": "torch.distributed",
    }


@given(st.lists(st.sampled_from([*QUIET, *TELLING]), min_size=1, max_size=6))
@settings(max_examples=300, deadline=None)
def test_programs_put_together_at_random(pieces: list[str]) -> None:
    silent("".join(pieces))


def test_every_example_of_every_rule() -> None:
    texts = [e.code for r in shipped().rules.values() for e in (*r.bad, *r.good)]
    quiet = 0
    for text in texts:
        try:
            quiet += silent(text)
        except Unreadable:
            continue
    assert quiet > 10
