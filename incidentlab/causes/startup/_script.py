"""Messages of kernels, shells, container runtimes and servers that could not run what they were told to run."""

import re

from incidentlab.causes._init_scripts import FOLDER, PLACE
from incidentlab.model.cause import Sign

# A program quotes the last word of a script's line, which no person writes so: commands, options and revisions in the
# words of Django, click, argparse, Alembic, cobra, rake, mix, npm and yarn.
_LAST_WORD = re.compile(
    r"(?:\b[Uu]nknown (?:sub)?command|\bNo such (?:command|option)|\binvalid choice|\bidentified by|\b[Uu]nrecognized"
    r" (?:command|argument|option)s?|\bunknown (?:flag|option|shorthand flag)|\b[Mm]issing script|\bbuild task"
    r"|\bThe task|\berror Command)[: ]{1,3}[`'\"\u2018\u201c]?(?P<word>[\w:.@/=\-]{1,120})(?:\\r(?!\w)|\^M['\"])"
)
# The kernel's ENOENT for an interpreter with a carriage return, as env, bash, dash and busybox show it; options that
# end in one; bash's own word for such a line.
CARRIAGE_RETURN = Sign(
    name="carriage-return",
    pattern=re.compile(
        r"\\r['\u2019\"]?: (?:No such file or directory|command not found|not found|bad interpreter|invalid option)"
        r"|\^M: (?:bad interpreter|command not found|not found|No such file)"
        r"|set: (?:line \d{1,4}: )?[Ii]llegal option -\s*(?:$|o pipefail)|set: -: invalid option"
        r"|set: pipefail: invalid option name"
        r"|set: pipefail\\r|: (?:not found|invalid option)\\r"
        r"|\\r': command not found"
        rf"|{_LAST_WORD.pattern}"
    ),
    literals=(
        "\\r", "^M: ", "^M'", '^M"', "llegal option -", "set: -: invalid option", "set: pipefail: invalid option name",
    ),
    examples=(
        "/usr/bin/env: \u2018python\\r\u2019: No such file or directory",
        "env: can't execute 'bash\\r': No such file or directory",
        "/entrypoint.sh: line 2: $'\\r': command not found",
        "/bin/bash^M: bad interpreter: No such file or directory",
        "/app/start.sh: 2: set: Illegal option -",
        "/config/entrypoint.sh: set: line 2: illegal option -",
        "/srv/a.sh: line 2: set: -: invalid option",
        "/srv/c.sh: line 1: set: pipefail: invalid option name",
        "Unknown command: 'migrate\\r'. Did you mean migrate?",
        "FAILED: Can't locate revision identified by 'head\\r'",
        "manage.py: error: unrecognized arguments: --noinput\\r",
    ),
)  # fmt: skip
# containerd's, runc's, crun's and Docker's own words, and the init's inside; bash's and dash's for a file they
# cannot run.
NOT_RUN = Sign(
    name="start-not-run",
    pattern=re.compile(
        r"exec user process caused|exec format error|executable file (?:`[^`]{1,200}` )?not found in \$PATH"
        r"|\bexec:? [\"'\\]{0,4}[\w./\-]{1,200}[\"'\\]{0,4}: (?:no such file or directory|permission denied"
        r"|is a directory|stat )"
        r"|exec(?: container process)? `?[\w./\-]{1,200}`?: (?:No such file or directory|Permission denied"
        r"|Exec format error)"
        r"|crun: [^\n]{0,120}: (?:Permission denied|No such file or directory)"
        r"|[Cc]annot execute: required file not found"
        r"|bad interpreter: |[Cc]annot execute binary file|can't execute '[^'\n]{1,200}': (?:No such file"
        r"|Permission denied)"
        r"|Container command '[^'\n]{1,200}' not found or does not exist"
        r"|\[FATAL tini \(\d{1,7}\)\] exec [^\n]{1,200} failed"
    ),
    literals=(
        "exec user process caused", "exec format error", "not found in $PATH", ": no such file or directory",
        ": permission denied", ": is a directory", ": stat ", ": No such file or directory", ": Permission denied",
        ": Exec format error", "annot execute: required file not found", "bad interpreter: ",
        "annot execute binary file", "can't execute '", "[FATAL tini (", "not found or does not exist",
    ),
    examples=(
        "standard_init_linux.go:228: exec user process caused: no such file or directory",
        "exec /entrypoint.sh: no such file or directory",
        "exec /usr/local/bin/python: exec format error",
        "OCI runtime create failed: runc create failed: unable to start container process: exec: \"./entrypoint.sh\": "
        "permission denied: unknown",
        "starting container process caused \"exec: \\\"/app/entrypoint.sh\\\": stat /app/entrypoint.sh: no such "
        "file or "
        'directory": unknown',
        'exec: "uvicorn": executable file not found in $PATH: unknown',
        "Error: crun: executable file `uvicorn` not found in $PATH: No such file or directory: OCI runtime "
        "attempted to "
        "invoke a command that was not found",
        "crun: open executable: Permission denied: OCI permission denied",
        "/usr/local/bin/docker-entrypoint.sh: line 170: /docker-entrypoint-initdb.d/10-roles.sh: /bin/bash: bad "
        "interpreter: Permission denied",
        "bash: /app/start.sh: cannot execute: required file not found",
        "[FATAL tini (7)] exec ./start.sh failed: Permission denied",
    ),
)  # fmt: skip
# A script that a shell could not read to its end, or that calls what is not there; a start file that is not there.
SCRIPT = Sign(
    name="start-script-fails",
    pattern=re.compile(
        r"\.(?:sh|bash): (?:line )?\d{1,5}: [^\n]{0,200}(?:not found|Permission denied|No such file or directory"
        r"|syntax error|[Ss]yntax error)"
        r"|\b(?:sh|bash|ash|dash): (?:line )?(?:\d{1,5}: )?[^\n:]{1,200}: (?:not found|command not found"
        r"|Permission denied|No such file or directory)"
        r"|\b(?:sh|bash|ash|dash): (?:\d{1,5}: )?(?:can't open|cannot open|Can't open) "
        r"|entrypoint[\w.\-]{0,20}: (?:line )?\d{1,5}: [^\n]{0,200}(?:not found|Permission denied|[Ss]yntax error)"
        r"|syntax error near unexpected token|[Ss]yntax error: (?:unexpected|end of file|word|\"|Unterminated)"
        r"|: \d{1,4}: /[\w./\-]{1,200}: (?:not found|Permission denied)"
        r"|docker-entrypoint-initdb\.d/[^\n]{0,120}: Permission denied"
        r"|unexpected EOF while looking for matching"
        r"|can't open file '[^'\n]{1,300}': \[Errno 2\]|Unable to access jarfile|Could not find or load main class"
        r"|[Mm]issing script: \"?start|Cannot find module '/[^'\n]{1,200}'"
    ),
    literals=(
        ": not found", "not found", "Permission denied", "No such file or directory", "yntax error",
        "t open ", "cannot open ",
        "unexpected EOF while looking for matching", "can't open file '", "Unable to access jarfile",
        "Could not find or load main class", "issing script: ", "Cannot find module '/",
    ),
    examples=(
        "/entrypoint.sh: line 12: alembic: command not found",
        "./start.sh: 5: nc: not found",
        "/bin/sh: 1: ./start.sh: Permission denied",
        "sh: 1: /app/entrypoint.sh: not found",
        "sh: 0: cannot open start.sh: No such file",
        "/bin/sh: can't open '/start.sh': No such file or directory",
        "/entrypoint.sh: line 9: syntax error near unexpected token `fi'",
        '/entrypoint.sh: 14: Syntax error: end of file unexpected (expecting "fi")',
        "/entrypoint.sh: line 3: syntax error: unexpected end of file",
        "python: can't open file '/app/manage.py': [Errno 2] No such file or directory",
        "gunicorn: 1: /docker-entrypoint.sh: not found",
        "psql: error: /docker-entrypoint-initdb.d/001-roles.sql: Permission denied",
        "/usr/local/bin/docker-entrypoint.sh: line 331: exec: postgres: not found",
        "Error: Unable to access jarfile app.jar",
        'npm error Missing script: "start"',
        "Error: Cannot find module '/app/dist/main.js'",
    ),
)  # fmt: skip
# uvicorn's importer, gunicorn's util.import_app, Flask's and Celery's CLI: the start command names code that is not
# there.
NOT_IMPORTED = Sign(
    name="start-names-no-program",
    pattern=re.compile(
        r"Error loading ASGI app\. |Failed to find attribute '[^'\n]{1,80}' in '"
        r"|Unable to load celery application|Error: Could not import '[\w.]{1,120}'"
        r"|Failed to parse '[^'\n]{1,120}' as an attribute name"
        # python -m NAME, and a shebang that names a Python which does not have the program
        r"|^\S{0,120}\bpython[\d.]{0,5}: No module named (?!'?(?:psycopg|asyncpg|pg8000))\S{1,120}$"
    ),
    literals=(
        "Error loading ASGI app", "Failed to find attribute '", "Unable to load celery application",
        "Error: Could not import '", "Failed to parse '", ": No module named ",
    ),
    examples=(
        'ERROR:    Error loading ASGI app. Could not import module "app.main".',
        'ERROR:    Error loading ASGI app. Attribute "app" not found in module "main".',
        "Failed to find attribute 'app' in 'wsgi'.",
        "Error: Could not import 'app'.",
        "/usr/local/bin/python: No module named gunicorn",
    ),
)  # fmt: skip
# psql's word for a script that prepares a new database, with the place in it.
INIT_SCRIPT = Sign(
    name="init-script-fails",
    pattern=PLACE,
    literals=(FOLDER,),
    examples=('psql:/docker-entrypoint-initdb.d/02-tables.sql:7: ERROR:  type "geometry" does not exist',),
)
SIGNS = (CARRIAGE_RETURN, NOT_RUN, SCRIPT, NOT_IMPORTED, INIT_SCRIPT)


def word_with_carriage_return(text: str) -> str:
    """Return the command, option or revision that a program was given with a carriage return at its end."""
    found = _LAST_WORD.search(text)
    return found["word"] if found else ""
