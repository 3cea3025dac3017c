"""Read JSON that others wrote: whatever is wrong with it, there is one error.

Python's reader also takes NaN and numbers beyond the range of floats, which no JSON has, and half characters (lone
surrogates), which no file can hold. It stops at deep nesting with RecursionError.
"""

import json
import math
import re
from typing import Any, NoReturn

HALF = re.compile(r"\\u[dD][89a-fA-F]")


class NotJsonError(ValueError):
    """The text is not JSON; the message has no part of it but a position."""


def loads(content: str | bytes, **hooks: Any) -> Any:
    """Return the value of a JSON text; `hooks` as for `json.loads`. Raises NotJsonError."""
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
        value = json.loads(text, **{"parse_constant": _refuse, "parse_float": _finite, **hooks})
        if HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise NotJsonError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise NotJsonError("it is not UTF-8") from None
    except UnicodeEncodeError:
        raise NotJsonError("it has half a character (a lone surrogate)") from None
    except json.JSONDecodeError as error:
        raise NotJsonError(f"{error.msg}: line {error.lineno} column {error.colno}") from None
    except NotJsonError:
        raise
    except ValueError as error:  # a number of more digits than Python reads; what a hook raises
        raise NotJsonError(str(error)) from None
    return value


def _refuse(name: str) -> NoReturn:
    raise NotJsonError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NotJsonError("a number is beyond the range of floats")
    return number
