"""Python's own syntax trees -> nodes of libcst, which rules and conditions are written for.

libcst's parser keeps every blank and costs fifteen times what `ast.parse` does; telling positions
costs as much again. These nodes have no blanks, parentheses or commas (asking for one raises
AttributeError), and where they stand is known from the start.
"""
