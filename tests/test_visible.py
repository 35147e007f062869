"""Masks and biases made of numbers are told by their form, however they were written."""

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given
from hypothesis import strategies as st

from portlint.record import Visible
from portlint.trace.visible import bias, decays, visible

LENGTHS = st.integers(6, 40)


def back(queries: int, keys: int) -> torch.Tensor:
    """How far behind its query a key lies."""
    return torch.arange(queries)[:, None] + keys - queries - torch.arange(keys)[None]


@given(LENGTHS, st.integers(0, 20))
def test_a_triangle_is_causal_with_and_without_earlier_keys(queries: int, earlier: int) -> None:
    mask = back(queries, queries + earlier) >= 0
    assert visible(mask) == Visible(form="causal", causal=True)


@given(LENGTHS, st.integers(2, 5))
def test_a_band_behind_the_query_is_a_window_of_that_many_keys(length: int, width: int) -> None:
    behind = back(length, length)
    found = visible((behind >= 0) & (behind < width))
    assert found == Visible(form="window", size=width, causal=True)


@given(LENGTHS, st.integers(1, 2))
def test_a_band_on_both_sides_is_symmetric(length: int, far: int) -> None:
    assert visible(back(length, length).abs() <= far) == Visible(form="symmetric", size=2 * far + 1)


@given(st.integers(2, 6), st.integers(2, 6), st.booleans())
def test_equal_pieces_are_chunks(size: int, count: int, causal: bool) -> None:
    piece = torch.arange(size * count) // size
    mask = piece[:, None] == piece[None]
    mask = mask & (back(len(piece), len(piece)) >= 0) if causal else mask
    assert visible(mask) == Visible(form="chunk", size=size, causal=causal)


@given(st.lists(st.integers(2, 7), min_size=2, max_size=5), st.booleans())
def test_pieces_of_several_lengths_are_segments(lengths: list[int], causal: bool) -> None:
    lengths = [*lengths, max(lengths) + 1]
    piece = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    mask = piece[:, None] == piece[None]
    mask = mask & (back(len(piece), len(piece)) >= 0) if causal else mask
    assert visible(mask) == Visible(form="segments", causal=causal)


@given(LENGTHS, st.integers(2, 4))
def test_a_prefix_that_sees_itself_is_one(length: int, prefix: int) -> None:
    mask = (back(length, length) >= 0) | (torch.arange(length) < prefix)[None]
    assert visible(mask) == Visible(form="prefix", size=prefix)


@given(LENGTHS, st.integers(1, 3))
def test_padding_behind_or_before_does_not_hide_the_form(length: int, padded: int) -> None:
    causal = back(length, length) >= 0
    behind, before = causal.clone(), causal.clone()
    behind[:, length - padded :] = False
    before[:, :padded] = False
    for mask in (behind, before, torch.stack([causal, behind])):
        assert visible(mask) == Visible(form="causal", causal=True)
    everyone = torch.ones(2, 1, 1, length, dtype=torch.bool)
    everyone[1, ..., length - padded :] = False
    assert visible(everyone) == Visible(form="keys")


@given(st.integers(0, 1000))
def test_what_follows_no_form_is_dense(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand(15, 15, generator=generator) < 0.5
    assert visible(mask).form in ("dense", "keys", "nothing")


@given(st.integers(1, 8), LENGTHS)
def test_a_slope_for_each_head_is_alibi_also_under_a_mask(heads: int, length: int) -> None:
    slopes = 2.0 ** -torch.arange(1.0, heads + 1)[:, None, None]
    behind = back(length, length)
    for values in (-slopes * behind.abs(), slopes * torch.arange(length)[None, None]):
        assert bias(values, learned=False) == "alibi"
        hidden = values.masked_fill(behind < 0, -torch.inf)
        assert bias(hidden, learned=False) == "alibi"


@given(st.integers(1, 4), LENGTHS, st.booleans())
def test_values_by_distance_are_relative(heads: int, length: int, learned: bool) -> None:
    table = torch.randn(heads, 2 * length, generator=torch.Generator().manual_seed(1))
    values = table[:, back(length, length) + length]
    assert bias(values, learned) == "relative"


def test_other_values_are_learned_or_dense_and_equal_ones_no_bias() -> None:
    values = torch.randn(2, 9, 9, generator=torch.Generator().manual_seed(2))
    assert bias(values, learned=True) == "learned"
    assert bias(values, learned=False) == "dense"
    assert bias(torch.zeros(2, 9, 9).masked_fill(back(9, 9) < 0, -1e9), learned=False) is None


@given(st.integers(1, 6), LENGTHS)
def test_powers_of_the_distance_decay_also_with_rows_that_sum_to_one(
    heads: int, length: int
) -> None:
    rate = (1 - 2.0 ** (-3 - torch.arange(float(heads))))[:, None, None]
    behind = back(length, length)
    factors = rate ** behind.clamp(min=0) * (behind >= 0)
    assert decays(factors)
    assert decays(factors / factors.sum(dim=-1, keepdim=True))
    assert not decays((behind >= 0).float())
    assert not decays(torch.rand(9, 9, generator=torch.Generator().manual_seed(3)))
