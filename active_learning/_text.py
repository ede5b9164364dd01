"""Text of others, such as class names, columns and file names, made safe to show: on a terminal, in Markdown.

It stays readable in any script; what would move the cursor, turn the line around or start a new one is shown
as its code. Files and JSON are never escaped so: they hold the exact text.
"""

import html
import re
import unicodedata

UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format (as bidi marks), surrogate, line and paragraph ends
JOINERS = {"\u200c", "\u200d"}  # format too, but they belong to the spelling of words and emoji
# What Markdown takes for markup: anywhere; in an address that it would link; at the start, as of a list
MARKUP = r"[\\`*_\[\]()#|~$^@]|:(?=//)|(?<=www)\.|^[-+=]"
NUMBERED = r"^(\d+)([.)])"  # begins an item of a list


def printable(text):
    r"""Make every control character, bidi mark and newline of a text visible, as \x1b or \n.

    text: anything that str takes
    returns: str of one line, the same if it held no such character
    """
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(c) if unicodedata.category(c) in UNSEEN else c for c in text)


def _visible(c):
    return c if c in JOINERS else c.encode("unicode_escape").decode()


def markdown_text(text):
    """Escape a text so that Markdown, and the HTML made of it, show it as it is.

    text: anything that str takes
    returns: str of one line, to be put between words of Markdown
    """
    escaped = re.sub(NUMBERED, r"\1\\\2", re.sub(MARKUP, r"\\\g<0>", printable(text).strip()))
    return html.escape(escaped, quote=False)
