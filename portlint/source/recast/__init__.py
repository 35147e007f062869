"""Python's own syntax trees -> nodes, for which rules and conditions are written.

`ast` loses what code looks like, libcst keeps every blank and costs fifteen times as much. These
nodes have neither blanks nor parentheses, but where they stand, and so how they are written, is
known. libcst reads what Python's parser cannot: a newer grammar, or odd formatted strings.
"""
