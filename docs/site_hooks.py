"""What the theme does not do for code in tables: names of tests, paths and images wrap between their parts.

https://www.mkdocs.org/user-guide/configuration/#hooks
"""

import re
from typing import Any

WHOLE = 22  # characters; a shorter word of code never wraps, such as `--dry-run`
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
CODE = re.compile(r"<code>([^<]*)</code>")
PARTS = re.compile(r"(/|::|_|\.(?=\w{5}))")


def on_page_content(html: str, **_: Any) -> str:
    """Return the page with places to wrap in the code of its tables."""
    return TABLE.sub(lambda table: CODE.sub(wrapping, table[0]), html)


def wrapping(code: "re.Match[str]") -> str:
    """Return a piece of code with places to wrap, or as one that does not."""
    text = code[1]
    if len(text) <= WHOLE:
        return f'<code class="whole">{text}</code>'
    return f"<code>{PARTS.sub(chr(92) + '1<wbr>', text)}</code>"
