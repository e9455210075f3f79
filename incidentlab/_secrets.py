"""Shapes of secrets: by the name beside them, by their maker's mark, by how random they look.

Every repetition is bounded, so that no hostile line makes a search slow. Shapes of tokens are those that their makers
document (GitHub, GitLab, Slack, Stripe, AWS, Google, npm, PyPI …).
"""

import itertools
import re

# What a value may be after its name, without quotes: up to a blank, or to a mark that ends it and no mark that goes on.
_MARKS = r"\"',;&)\]}"
_VALUE = rf"(?:[^\s{_MARKS}]|[{_MARKS}](?![\s{_MARKS}]|$|[\w.\-]{{1,64}}\s?[=:]))"
_NAMES = (
    r"(?i:pass(?:word|wd|phrase|code)|\bpwd|(?<=_)pwd|(?:\b|_)pass(?=[\"']?\s?[=:])|secret|token|api[_\-]?key"
    r"|access[_\-]?key|private[_\-]?key|account[_\-]?key|signing[_\-]?key|encryption[_\-]?key|master[_\-]?key"
    r"|auth[_\-]?key|ssh[_\-]?key|service[_\-]?key|license[_\-]?key|credentials?|client[_\-]?key|pepper|signature|"
    r"sess(?:ion)?[_\-]?id|session[_\-]?key|csrf|xsrf|connect\.sid|jsessionid|phpsessid|requirepass|webhook[_\-]?url)"
)
# "InvalidPasswordError: password authentication failed": a class with its message, which is a sentence in whatever
# language. A single word, a quoted one, or one with a digit may still be what was wrong, and is masked.
_A_CLASS = (
    r"(?![A-Za-z]{0,40}(?:Error|Exception):\s{1,4}"
    r"(?:[^\s\d\"'`\\][^\s\d\"`\\]{0,80}\s{1,4}\S|[\u2e80-\uffdc]{2}))"
)
# NAME=value, NAME: value, "name": "value", name => value where the name says that the value is a secret.
NAMED = re.compile(
    rf"(?P<head>{_NAMES}{_A_CLASS}(?P<suffix>(?:[_\-A-Z0-9][\w\-]{{0,40}}|s)?)"
    r"(?P<close>\\?[\"'`]?)\s{0,4}(?:=>|:=|[=:])\s{0,4})"
    r"(?:(?P<quote>\\?[\"'`])(?P<quoted>(?:(?!(?P=quote))[^\n]){0,1024})(?P=quote)"
    rf"|(?P<value>{_VALUE}{{1,1024}}))"
)
# Names that speak of a secret and hold none.
HARMLESS_SUFFIX = re.compile(
    r"[_\-]?(?:type|count|ur[li]|path|file|name|ttl|expir\w{0,12}|len(?:gth)?|size|limit|used|version|policy|encryption"
    r"|algorithm|min|max|header|field|enabled|required|timeout|age|method|provider|endpoint|issuer|usage|reset\w{0,12})"
    r"(?:[_\-]?(?:in|at|env|var|key|seconds|ms))?$",
    re.IGNORECASE,
)
HARMLESS_NAME = re.compile(r"(?:max|min|num|total|prompt|completion|input|output)_?$", re.IGNORECASE)
# PostgreSQL and its drivers write "password" in plain sentences too; those words say nothing secret.
HARMLESS_VALUES = frozenset(
    [
        "authentication",
        "auth",
        "for",
        "failed",
        "is",
        "not",
        "no",
        "required",
        "none",
        "null",
        "true",
        "false",
        "missing",
        "optional",
        "invalid",
        "expired",
        "unset",
        "empty",
        "set",
        "string",
        "str",
        "field",
        "undefined",
        "nil",
        "the",
        "a",
        "must",
        "was",
        "has",
        "cannot",
        "could",
        "should",
        "env",
        "yes",
        "ok",
        "error",
        "unknown",
        "wrong",
        "incorrect",
        "default",
        "using",
        "from",
        "file",
        "value",
    ]
)
PLACEHOLDER = re.compile(
    r"\$\{?\w{1,80}(?::?[-?][^}]{0,80})?\}?|<[\w .\-]{1,60}>|\*{3,}|[xX]{3,}|\[\w{1,20}\]"
    r"|%\(?\w{1,40}\)?s?|\{\{?[\w. ]{0,60}\}?\}"
)

# In a URL: a user's password; what follows a host as a port is none. Blanks, quotes and a further scheme end it.
URL_PASSWORD = re.compile(
    r"(?P<head>[a-z][a-z0-9+.\-]{1,30}://[^\s:/@\"'<>]{0,128}:)(?!\d{1,5}(?:[/?#]|\s|$))"
    r"(?:(?!://)[^\s\"'<>]){1,512}(?=@[^\s@]{0,255})",
    re.IGNORECASE,
)
URL_USER = re.compile(r"(?P<head>[a-z][a-z0-9+.\-]{1,30}://)[A-Za-z0-9_.\-]{20,255}(?=@)", re.IGNORECASE)
QUERY = re.compile(
    r"(?P<head>[?&](?:sig|key|code|sv_sig|st|x-amz-[a-z\-]{1,40}|auth|jwt|access)=)[^\s&\"'#]{6,2048}", re.IGNORECASE
)

AUTHORIZATION = re.compile(
    r"(?P<head>\b(?:proxy-)?authorization\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?"
    r"(?:(?:bearer|basic|token|digest|apikey|negotiate)\s{1,4})?)"
    r"(?P<value>[^\"'\n,;\\]{6,4096})",
    re.IGNORECASE,
)
SCHEME = re.compile(
    r"(?P<head>\b(?:Bearer|Basic)\s{1,4})(?=[^\s]{0,60}\d|[^\s]{24})[A-Za-z0-9._~+/=\-]{8,4096}", re.IGNORECASE
)
COOKIE = re.compile(r"(?P<head>\b(?:set-)?cookie\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?)[^\"'\n\\]{4,8192}", re.IGNORECASE)
# ALTER ROLE app PASSWORD 'x', --password x, curl -u user:x, .pgpass, .netrc, Redis.
SPOKEN = re.compile(
    r"(?P<head>\bpassword\s{1,4}(?=')|\buser\s{1,4}.{1,100}?\bidentified\s{1,4}by\s{1,4}(?=')"
    r"|--(?:[\w\-]{0,40}password|token|secret|api-key|auth)\s{1,4}(?![\s\-])"
    r"|\s-u\s{1,4}[\w.@\-]{1,64}:|\blogin\s{1,4}\S{1,128}\s{1,4}password\s{1,4}|\brequirepass\s{1,4}"
    r"|\bsshpass\s{1,4}-p\s{0,4}|(?:^|\s)[\w.\-*]{1,128}:(?:\d{2,5}|\*):[\w.\-*]{1,64}:[\w.\-*]{1,64}:(?!\d{1,3}\b)(?=\S{4})"
    r"|\bredis-cli\b.{0,80}?\s-a\s{1,4})(?P<value>'[^'\n]{1,512}'|[^\s\"']{1,512})",
    re.IGNORECASE,
)
TOKENS = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_\-]{16,64}"
    r"|xox[abeoprs]-[A-Za-z0-9\-]{10,255}|xapp-[A-Za-z0-9\-]{10,255}|A(?:KIA|SIA)[0-9A-Z]{16}|AIza[0-9A-Za-z_\-]{30,40}"
    r"|ya29\.[A-Za-z0-9_\-]{16,1024}|GOCSPX-[A-Za-z0-9_\-]{20,40}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,255}"
    r"|whsec_[A-Za-z0-9+/=]{16,255}|sk-[A-Za-z0-9_\-]{20,255}|SG\.[A-Za-z0-9_\-]{16,64}\.[A-Za-z0-9_\-]{16,64}"
    r"|npm_[A-Za-z0-9]{20,64}|pypi-[A-Za-z0-9_\-]{20,512}|do[opr]_v1_[a-f0-9]{32,80}|hf_[A-Za-z0-9]{20,64}"
    r"|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{24,64}|key-[0-9a-f]{32}|hv[sb]\.[A-Za-z0-9_\-]{20,512}|dapi[0-9a-f]{32}"
    r"|NRAK-[A-Z0-9]{20,40}|ATATT3[A-Za-z0-9_\-=]{20,512}|sbp_[a-f0-9]{30,64}|pscale_(?:pw|tkn)_[A-Za-z0-9_\-.]{20,64}"
    r"|lin_api_[A-Za-z0-9]{20,64}|AGE-SECRET-KEY-1[A-Z0-9]{40,64}|\d{8,10}:AA[A-Za-z0-9_\-]{30,36}|SK[0-9a-f]{32}"
    r"|eyJ[A-Za-z0-9_\-]{10,4096}\.[A-Za-z0-9_\-]{4,8192}(?:\.[A-Za-z0-9_\-]{0,2048})?)"
)
HOOKS = re.compile(r"(?P<head>hooks\.slack\.com/services/|discord(?:app)?\.com/api/webhooks/)[\w/\-]{10,200}")

# A private key: its own lines, also as \n within one line, up to its end or to the end of what there is.
KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
KEY_LINE = re.compile(
    r"[\s\"'|>+\-]{0,16}(?:[A-Za-z0-9+/]{1,200}={0,2}|\*{3}"
    r"|(?:Proc-Type|DEK-Info|Version|Comment): .{0,80})[\"',\\n]{0,4}\s{0,4}|\s{0,16}"
)

_LONG = re.compile(r"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9+/_\-]{28,1024}={0,2}(?![A-Za-z0-9_])")
# Integrity hashes and fingerprints are needed for a diagnosis and no secrets: sha512-…, SHA256:…
_HASHED = re.compile(r"(?:sha\d{1,3}[-:=@]|md5[-:=])$", re.IGNORECASE)
_HASH = re.compile(r"(?:sha\d{1,3}-)", re.IGNORECASE)
_SHORTEST = 28
_MIXED = 0.4  # of a random string's neighbours are of different kinds; of CamelCase and paths fewer are


def random_strings(text: str) -> list[str]:
    """Return the long strings of a line that look random: letters in both cases and digits, well mixed.

    Hashes, revision ids, digests, UUIDs and container ids are hexadecimal and stay.
    """
    found: list[str] = []
    for one in _LONG.finditer(text):
        word = one[0]
        if _HASH.match(word) or _HASHED.search(text[max(one.start() - 8, 0) : one.start()]):
            continue
        # A path may end in a token; a token of base64 may hold strokes itself.
        pieces = [piece for piece in word.split("/") if len(piece) >= _SHORTEST]
        found += [word] if _is_random(word) else [piece for piece in pieces if _is_random(piece)]
    return found


def _is_random(word: str) -> bool:
    if word.islower() or word.isupper() or sum(letter.isdecimal() for letter in word) < 2:
        return False
    kinds = ["d" if c.isdecimal() else "u" if c.isupper() else "l" if c.islower() else "-" for c in word]
    changes = sum(one != other for one, other in itertools.pairwise(kinds))
    marks = kinds.count("-")
    return changes / len(word) > _MIXED and marks * 6 < len(word) and len(set(word)) > 14
