"""Assertions in the shared test modules explain themselves like those in tests."""

import pytest

pytest.register_assert_rewrite("tests.inline", "tests.marks")
