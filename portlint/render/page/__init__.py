"""Report -> one page of HTML, one module per part; the templates are in `templates/`."""
