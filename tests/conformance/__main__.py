"""`python -m tests.conformance --write`: writes docs/conformance.md; without it the page is printed."""

from __future__ import annotations

import sys

from tests.conformance.statement import PAGE, statement

if __name__ == "__main__":
    page = statement()
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)
