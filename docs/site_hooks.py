"""What the theme does not do for code in text and tables: names wrap between their parts, and options not at all.

https://www.mkdocs.org/user-guide/configuration/#hooks
"""

import re
from typing import Any

WHOLE = 22  # characters; a shorter piece of code in a table never wraps, such as `extract-image`
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
CODE = re.compile(r"(?<!<pre>)<code>([^<]*)</code>")
PARTS = re.compile(r"(/|::|_|\.(?=\w{5}))")
MARKED = r"\1<wbr>"
OPTION = re.compile(r"(?<![\w-])(--[\w-]+)")


def on_page_content(html: str, **_: Any) -> str:
    """Return the page with places to wrap in the code of its tables, and none in options."""
    html = TABLE.sub(lambda table: CODE.sub(wrapping, table[0]), html)
    return CODE.sub(lambda code: f"<code>{options(code[1])}</code>", html)


def wrapping(code: "re.Match[str]") -> str:
    """Return a piece of code of a table with places to wrap, or as one that does not."""
    text = code[1]
    if len(text) <= WHOLE:
        return f'<code class="whole">{text}</code>'
    marked = options(text)
    return f"<code>{marked if marked != text else PARTS.sub(MARKED, text)}</code>"


def options(text: str) -> str:
    """Return code in which no option wraps."""
    return OPTION.sub(r'<span class="whole">\1</span>', text)
