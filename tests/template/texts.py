# ruff: noqa: E501
"""Texts that files, shells, templates and terminals read as something else, and texts in many languages."""

# Each of these arrives exactly, as title, description and maintainers.
TAKEN = (
    # YAML
    "- x", "-", "---", "...", "? x", ": x", "a: b", "key:", "x #y", "#y", "# y", "& x", "&x", "*x", "!x", "!!str x", "%x",
    "@x", "`x`", "{x}", "[x]", "{a: b}", "[a, b]", "> x", "| x", "'x'", '"x"', "it's", 'say "hi"', "null", "~", "true",
    "no", "on", "y", "1", "1.0", "1.10", "0x1F", "0o17", "1e3", ".inf", "2026-11-21", "12:30:45", "< x",
    # Markdown
    "<!-- x", "<b>x</b>", "<script>alert(1)</script>", "</details>", "```", "~~~", "+ x", "* x", "1. x", "1) x", "*x*", "**x**",
    "_x_", "__init__", "a_b_c", "~x~", "~~x~~", "[a](b)", "[a]: b", "![i](u)", "[^1]: x", "[ ] x", "> [!NOTE]", "&amp;", "&copy;",
    "&#35;", "AT&T", "C #", "C ##", "#", "C#", "===", "***", "___", "| a | b |", "a*b", "5 < 6 > 4", "$a$ and $b$", "x\\", "\\",
    "\\*x\\*", "https://x.org/a_b", "https://x.org/~ada/", "https://x.org/*a*", "www.x.org", "ada@x.org", "a  b", "2024. Year",
    # Python, shell, JSON, TOML, Jinja, GitHub
    '"""', "'''", "\\n", "\\u0041", "\\x41", "f'{x}'", "%s %d", "{0}", "$HOME", "$(id)", "`id`", "; rm -rf /", "&& x", "x > y",
    "!!", "${x}", "${{ secrets.X }}", "::error::x", "{{ x }}", "{% x %}", "{# x #}", "%> x", ">> x", "x >>", "--help", "-x", "a=b",
    "\\", "C:\\new\\table", "//", "/etc/passwd", "../x", "x\\\"y", "\"", "EOF",
    # languages
    "L'image d'Ælfrïc", "Données : l’été", "10\u00a0000 « étudiants »\u202f!", "می\u200cخواهم", "שלום עולם", "مرحبا بالعالم", "你好，世界",
    "日本語の授業", "한국어 수업", "Привет, мир", "Ελληνικά", "हिन्दी", "क्\u200dष", "ไทย", "ქართული", "Tiếng Việt", "İstanbul ığdır", "ß ſ ẞ",
    "e\u0301 é", "👩\u200d🔬 science", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "❤\ufe0f", "𝔘𝔫𝔦", "\u200eLTR\u200f", "soft\u00adhyphen", "\U0001fae8",
    "∑ ≤ ∞ µ", "½ ² №", "“quoted” – dash — and…",
    "x" * 300,
)  # fmt: skip

# Each of these is refused, and the message says so.
REFUSED = {
    "": "cannot be empty",
    "   ": "cannot be empty",
    "\u00a0": "cannot be empty",
    " x": "begins or ends with a space",
    "x\u00a0": "begins or ends with a space",
    "two\nlines": "U+000A, a line break",
    "two\r\nlines": "U+000D, a line break",
    "two\u2028lines": "U+2028, a line break",
    "two\x85lines": "U+0085, a line break",
    "a\tb": "U+0009, a tab",
    "\x1b[31mred": "U+001B, a control character",
    "bell\x07": "U+0007, a control character",
    "\x7f": "U+007F, a control character",
    "evil\u202etxt": "U+202E, which changes the direction",
    "a\u2066b\u2069": "U+2066, which changes the direction",
    "\ufeffx": "U+FEFF, which is not a character",
    "x\uffff": "U+FFFF, which is not a character",
    "\ufdd0": "U+FDD0, which is not a character",
    "\ufff9x": "U+FFF9, which is not a character",
    "x" * 301: "longer than 300 characters",
    "é" * 301: "longer than 300 characters",
}

# Only `hubimages` refuses these: cookiecutter evaluates them, or a program's argument cannot hold them.
BY_US = {
    "<< x >>": "contains <<, which is template syntax",
    "<% x %>": "contains <%, which is template syntax",
    "<# x": "contains <#, which is template syntax",
    "1 << 3": "contains <<, which is template syntax",
    "a\0b": "U+0000, a control character",
    "half \ud83d": "U+D83D, half a character",
    "x" * 200_000: "longer than 300 characters",
}
