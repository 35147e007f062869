"""The words of somebody's table -> ours: status, dtypes, names of operators."""

import re

STATUS = {
    "supported": "supported full fully implemented yes y true ok native stable works available "
    "device complete enabled ✅ ✓ ✔ 🟢 ☑",
    "restricted": "restricted partial partially limited conditional some ⚠ 🟡 🟠",
    "falls-back": "fallback falls-back cpu host",
    "unsupported": "unsupported no n none false unavailable missing fails error blocked removed "
    "disabled ❌ ✗ ✘ ✖ 🔴 🚫",
    "announced": "planned announced roadmap upcoming soon wip",
    "experimental": "experimental beta alpha preview",
}
"""Our word, and the first words or signs of a cell that mean it."""
BY_WORD = {word: status for status, words in STATUS.items() for word in words.split()}
PHRASES = (
    (r"\b(not|isn t|no|un)\b.*\b(support|implement|available|work)", "unsupported"),
    (r"\bfall(s|ing|en)?[ -]?back\b|\b(on|to|via) (the )?(cpu|host)\b", "falls-back"),
    (r"\b(partial|limited|restrict|condition|except|only|with limit)", "restricted"),
    (r"\b(in progress|coming|planned|roadmap)\b", "announced"),
)
"""What counts before the single words, in this order."""
DTYPES = {
    "fp64": "float64",
    "f64": "float64",
    "double": "float64",
    "fp32": "float32",
    "f32": "float32",
    "float": "float32",
    "single": "float32",
    "fp16": "float16",
    "f16": "float16",
    "half": "float16",
    "bf16": "bfloat16",
    "i64": "int64",
    "long": "int64",
    "i32": "int32",
    "int": "int32",
    "i16": "int16",
    "short": "int16",
    "i8": "int8",
    "u8": "uint8",
    "byte": "uint8",
    "boolean": "bool",
    "pred": "bool",
    "c64": "complex64",
    "cfloat": "complex64",
}
KNOWN = frozenset(DTYPES.values()) | frozenset(
    "uint16 uint32 uint64 complex128 complex32 float8_e4m3fn float8_e5m2 float8_e4m3fnuz "
    "float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2".split()
)
EVERY = frozenset("all any * every - –".split())
"""Cells that name no dtype in particular."""


def status(cell: str, fallback: str = "") -> str | None:
    """Our word for a status and what stands in the column of fallbacks; None where none fits."""
    found = _status(cell)
    if found in (None, "unsupported") and _status(fallback) in ("supported", "falls-back"):
        return "falls-back" if found or not cell else None
    return found


def _status(cell: str) -> str | None:
    low = re.sub(r"[\s\ufe0f]+", " ", cell.lower()).strip()
    plain = re.sub(r"[^\w /-]+", " ", low).strip()
    for form, meaning in PHRASES:
        if re.search(form, plain):
            return meaning
    signs = [low[:1] if not low[:1].isalnum() else "", *re.split(r"[\s,;:(.]+", plain)[:1]]
    return next((BY_WORD[sign] for sign in signs if sign in BY_WORD), None)


def dtypes(cell: str) -> tuple[list[str], list[str]]:
    """The dtypes a cell names, and the words in it that are none; both empty for all dtypes."""
    words = re.findall(r"[\w*–-]+", cell.lower().replace("torch.", ""))
    if any(word in EVERY for word in words):
        return [], []
    named = {word: DTYPES.get(word, word) for word in words}
    strange = [word for word, name in named.items() if name not in KNOWN]
    return list(dict.fromkeys(n for n in named.values() if n in KNOWN)), strange


def operators(cell: str) -> tuple[list[str], str]:
    """`aten::sort, topk (k > 1)` -> the operators `aten.sort` and `aten.topk`, and the remark.

    A cell with other words than names is no list of operators.
    """
    remark = "; ".join(re.findall(r"\(([^()]+)\)", cell))
    names = re.sub(r"\([^()]*\)|`", " ", cell)
    found = [operator(name.strip()) for name in re.split(r"[,;\n]+|(?<=\s)/(?=\s)", names.strip())]
    return (found, remark) if all(found) else ([], remark)


def operator(name: str) -> str:
    """One name in the spelling of a row; "" for what is no name."""
    plain = name.replace("\\", "").replace("::", ".")
    plain = plain.removeprefix("torch.ops.").removesuffix(".default")
    if not re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", plain):
        return ""
    if plain.startswith("F."):
        plain = f"torch.nn.functional.{plain[2:]}"
    if plain.startswith(("torch.nn.", "torch.linalg.", "torch.fft.", "torch.special.")):
        return plain
    short = plain.removeprefix("torch.Tensor.").removeprefix("torch.").removeprefix("Tensor.")
    if short != plain or "." not in short:
        return f"aten.{short}"
    return plain if plain.split(".")[0] in NAMESPACES else f"aten.{plain}"


NAMESPACES = frozenset(
    "aten prims torchvision torchaudio neuron quantized c10d _c10d_functional".split()
)
"""Libraries of operators; a dot after any other word parts an operator from its overload."""
