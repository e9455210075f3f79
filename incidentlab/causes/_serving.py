"""A line says that the program which wrote it serves: its own statement, and no advice or question about another.

"Stop the process that's listening on port 8080" holds the words by which programs say that they serve. Whoever took it
for such a word would call a program well that has just said why it could not start.
"""

import re

# An answer of 2xx or 3xx: access logs of web servers, of frameworks that log in words or fields, of workers.
_GOOD_ANSWER = (
    r"\" [23]\d\d\b|\bHTTP/[\d.]{1,3}\"? [23]\d\d\b"
    r"|\b(?:http[_.]?)?(?:status|code|status_?code|response)[\"']?[=:] ?[23]\d\d\b"
    r"|\b(?:GET|HEAD|POST|PUT|PATCH|DELETE) /\S{0,300} (?:HTTP/[\d.]{1,3} )?[23]\d\d\b"
    r"|\bresponded [23]\d\d\b|\bRequest finished (?:HTTP/\S{1,4} .{1,300}? - |in [\d.]{1,12}ms )[23]\d\d\b"  # .NET
    r"|\bcompleted (?:GET|HEAD|POST|PUT|PATCH|DELETE) /\S{0,300} for \S{1,80}, [23]\d\d\b"  # Gitea, Forgejo
    r"|\b(?:Completed|Sent) [23]\d\d\b|\bTask \S{1,200} succeeded in\b"
)
_ANSWERED = re.compile(_GOOD_ANSWER, re.IGNORECASE)
# "exit code: 255", "expected status=200": no answer to anybody.
_NO_ANSWER = re.compile(r"\b(?:exit(?:ed)?|expect\w{0,3}|wait\w{0,3}|should|must|want\w{0,3})\b", re.IGNORECASE)
# A program says that it serves: what came before did not keep it from working. The words are those of uvicorn,
# gunicorn, Django, Flask, Node's and Java's frameworks, Puma, Phoenix, .NET, Go's habits, Celery.
_SERVING = re.compile(
    r"\b(?:Uvicorn running on|Listening (?:at|on)|Starting development server at|Now listening on:"
    r"|Running on https?://|(?-i:Listen: (?:https?|fcgi)(?:\+unix)?)"  # Gitea; "listen: https://…" is a setting
    r"|(?:server|service|app|application) (?:is |successfully )?(?:started|running|ready|listening)"
    # uvicorn's "Started server process" comes first of all, before the application has started.
    r"|started server(?! process)|Starting (?:HTTPS?|gRPC|web|API) server on"
    r"|(?:Tomcat|Netty|Jetty|Undertow) started on port"
    r"|Started \w{1,100} in [\d.]{1,12} seconds|Running \S{1,200}Endpoint with|ready to handle connections)\b"
    r"|\b(?:Open|Visit|Access|Local|Serving|available|ready|running)\b.{0,60}?https?://(?:localhost|127\.|0\.0\.0\.0|\[)"
    r"|\u2713 Ready in\b|\bcelery@\S{1,200} ready\.",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?;] |\n")
# What makes of these words an advice, a condition, or a word about somebody else, before them in their sentence.
_OF_ANOTHER = re.compile(
    r"\b(?:make|making|be) sure\b|\b(?:ensure|verify|confirm|identify|determine|kill|terminate)\b"
    r"|\b(?:check|see|find|test) (?:that|if|whether|what|which|the|your|out)\b"
    r"|\bstop (?:the|that|this|any|whatever|it)\b|\b(?:if|whether|unless|until|in case|should|must)\b"
    r"|\bexpect\w{0,3}\b|\bwait(?:ing|s|ed)? (?:for|until|till)\b(?! (?:requests|connections|clients|jobs|messages))"
    r"|\b(?:anything|something|nothing|any(?:one|body)|some(?:one|body)|nobody|whatever)\b"
    r"|\b(?:any(?: other)?|some|another) (?:process|program|server|service|app|application|instance|container)\b"
    r"|\b(?:that|which|who)(?:'s| is| are)\b|\b(?:process|program)(?: is)?(?: already)? {0,2}$|\balready {0,2}$"
    r"|\b(?:connect(?:ing|ion)? to|reach) \S{0,80} ?$|(?:\bnot|n't)(?: \w{1,20}){0,2} {0,2}$"
    r"|\b(?:error|fail(?:s|ed|ure)?|unable|cannot)(?: \w{1,20}){0,3} {0,2}$"
    r"|(?:^|[:(,\-\u2013] ?)(?:is|are|does|do|did|was) ",
    re.IGNORECASE,
)
_NOT_SO = re.compile(
    r"^[^.;,(]{0,80}?(?:\b(?:failed|refused|denied|in use|crashed|stopped|died|exited|is down|timed out)\b"
    r"|\bis (?:not|already)\b)|^[^.!;]{0,120}\?(?:[\s\"')]|$)",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\bmake sure\b|\bcheck that\b|\bis the server running\b|\bif \w{1,20} is running\b", re.IGNORECASE
)
_BEFORE = 240  # characters of a sentence that are looked at


def is_its_own(text: str, found: re.Match[str]) -> bool:
    """Whether words that were found in a line are its program's own statement."""
    before = text[max(0, found.start() - _BEFORE) : found.start()]
    sentence = before[max((end.end() for end in _SENTENCE.finditer(before)), default=0) :]
    return not _OF_ANOTHER.search(sentence) and not _NOT_SO.search(text[found.end() : found.end() + _BEFORE])


def says_it_serves(text: str) -> bool:
    """Whether a line says that its program serves, or has answered a request well."""
    if _ADVICE.search(text):
        return False
    return says_it_answered(text) or any(is_its_own(text, found) for found in _SERVING.finditer(text))


def says_it_answered(text: str) -> bool:
    """Whether a line is that of a request which was answered with a 2xx or 3xx."""
    found = _ANSWERED.search(text)
    return found is not None and not _NO_ANSWER.search(text[max(0, found.start() - 24) : found.start()])


def advises(text: str) -> bool:
    """Whether a line tells people what to look at, instead of what is so."""
    return bool(_ADVICE.search(text))
