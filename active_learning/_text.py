"""Make text from outside, such as names of classes, columns and files, safe to show.

It stays readable in any script. A character that would move the cursor, turn the line around or start a new
line is shown as its code. Files and JSON hold the exact text.
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
    r"""Make control characters, bidi marks and newlines visible.

    Parameters
    ----------
    text : object
        Anything that str takes.

    Returns
    -------
    str
        One line; the same text if it holds no such character.

    Examples
    --------
    >>> print(printable("two\nlines"))
    two\nlines
    """
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(c) if unicodedata.category(c) in UNSEEN else c for c in text)


def _visible(c):
    return c if c in JOINERS else c.encode("unicode_escape").decode()


def markdown_text(text):
    r"""Escape a text so that Markdown, and the HTML made from it, show it as it is.

    Parameters
    ----------
    text : object
        Anything that str takes.

    Returns
    -------
    str
        One line, to be put between words of Markdown.

    Examples
    --------
    >>> print(markdown_text("a*b <c>"))
    a\*b &lt;c&gt;
    """
    escaped = re.sub(NUMBERED, r"\1\\\2", re.sub(MARKUP, r"\\\g<0>", printable(text).strip()))
    return html.escape(escaped, quote=False)
