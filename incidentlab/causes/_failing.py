"""A line says that its program is gone, or has answered badly, though it calls itself no error and names no exit code.

What a program said of itself before is then no sign of its health: it served, and does so no longer.
"""

import re

# The kernel's and the shell's words, Heroku's and Render's, nodemon's, supervisor's.
_GONE = re.compile(
    r"\bSegmentation fault\b|\bcore dumped\b|\b[Ee]xited with status (?!0\b)\d|\bapp(?:lication)? crashed\b"
    r"|\bState changed from \w{1,20} to crashed\b|\bentered FATAL state\b"
)
# The counterparts of the words by which requests are answered well.
_FAILED = re.compile(
    r"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE) /\S{0,300} (?:HTTP/[\d.]{1,3} )?5\d\d\b|\bHTTP/[\d.]{1,3}\"? 5\d\d\b"
    r"|\bcompleted (?:GET|HEAD|POST|PUT|PATCH|DELETE) /\S{0,300} for \S{1,80}, 5\d\d\b"  # Gitea, Forgejo
    r"|\b(?:http[_.]?)?(?:status|status_?code|response)[\"']?[=:] ?5\d\d\b|\b(?:responded|Completed|Sent) 5\d\d\b",
    re.IGNORECASE,
)


def says_it_is_gone(text: str) -> bool:
    """Whether a line is the last word about a program that did not end well."""
    return bool(_GONE.search(text))


def says_it_failed(text: str) -> bool:
    """Whether a line is that of a request which was answered with a 5xx."""
    return bool(_FAILED.search(text))
