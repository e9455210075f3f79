"""A start that failed, in a sentence, and what to do about it."""

import re
from collections.abc import Sequence

from incidentlab.causes._evidence import match
from incidentlab.causes._init_scripts import FOLDER
from incidentlab.causes.startup._commands import Started
from incidentlab.causes.startup._script import CARRIAGE_RETURN, NOT_IMPORTED, word_with_carriage_return
from incidentlab.causes.startup._unprepared import ON_AN_EMPTY_VOLUME
from incidentlab.model.diagnosis import Link, Mend
from incidentlab.model.evidence import LogEvent

_ENDINGS = (".sh", ".bash", ".py", ".sql")
_WORD = re.compile(r"[\w./\-]{3,256}")
_INTERPRETER = "bad interpreter"
_DENIED = re.compile(r"[Pp]ermission denied")
_FORMAT = re.compile(r"[Ee]xec format error|annot execute binary file")
_COMMAND = re.compile(
    r": (?P<name>[\w.\-]{1,60}): (?:command )?not found|exec: \"(?P<exec>[\w.\-]{1,60})\": executable"
    r"|`(?P<crun>[\w.\-]{1,60})` not found"
)
_LINE_ENDS = "{script} has Windows line ends, so the name of its interpreter ends with a carriage return."
_LAST_WORD = (
    "A start script has Windows line ends, so that {word}, the last word of a line, ends with a carriage return."
)
_PROCESSOR = "The program is for another kind of processor, or the script's first line names no interpreter."


def script_path(text: str) -> str:
    """Return the script that a message complains of; empty where it names none.

    A shell names itself first, then the script that it reads, and last the one that this one could not run.
    """
    for line in text.split("\n"):
        words = (found[0] for found in _WORD.finditer(line))
        scripts = [word for word in words if word.endswith(_ENDINGS) or "entrypoint" in word]
        if scripts:
            return scripts[-1].rstrip(".")
    return ""


def summary(text: str, event: LogEvent | None) -> str:
    """Return what is wrong with the start, in a sentence; ``text`` is what the engine, the kernel or a shell said."""
    path = script_path(text)
    preparing = f"The script {path.rpartition('/')[2]}, which prepares a new database," if FOLDER in path else ""
    word = word_with_carriage_return(text)
    if word:
        return _LAST_WORD.format(word=word)
    if event and match(event, CARRIAGE_RETURN):
        return _LINE_ENDS.format(script=preparing or "The script")
    if preparing and _DENIED.search(text):
        return (
            f"{preparing} may not be {'executed' if _INTERPRETER in text else 'read or executed'} by the server's user."
        )
    if event and match(event, NOT_IMPORTED):
        return "The start command names a module or an object that is not in the image."
    if _FORMAT.search(text):
        return _PROCESSOR
    if _DENIED.search(text):
        return "The file is there and may not be executed."
    command = _COMMAND.search(text)
    if command:
        named = next(value for value in command.groups() if value)
        return f"The start command calls {named}, which is not in the image or not on its PATH."
    return "The start command names a file, or a script an interpreter, that is not in the container."


def mends(app: Started, text: str, event: LogEvent | None, links: Sequence[Link]) -> tuple[Mend, ...]:
    """Return what to do about it, best first; ``app`` is what it starts from, ``links`` the proof."""
    path = _path(text, links)
    if FOLDER in path:
        return _of_init_script(path, text, event)
    if (event and match(event, CARRIAGE_RETURN)) or any("Windows" in link.claim for link in links):
        # Who complains of a last word is the program that it was given to, not the script.
        known = any(path == link.source for link in links)
        return _line_ends(path if known or not word_with_carriage_return(text) else "")
    if event and match(event, NOT_IMPORTED):
        return _module(app)
    if _FORMAT.search(text):
        return _processor(app)
    if _DENIED.search(text):
        return _permission(path)
    command = _COMMAND.search(text)
    if command:
        return _absent(app, next(value for value in command.groups() if value))
    look = f"{app.run('sh')} -c 'ls -l {path}; head -1 {path} | od -c | head'"
    why = "Shows whether it is in the image, and which interpreter it names."
    return Mend("command", look, why), *_line_ends(path)[:1]


def _of_init_script(path: str, text: str, event: LogEvent | None) -> tuple[Mend, ...]:
    """Return what to do about a script that prepares the database: it lies beside the code, mounted or copied."""
    find = _in_the_code(path)
    if event and match(event, CARRIAGE_RETURN):
        return *_line_ends(path, "Takes the carriage returns away."), ON_AN_EMPTY_VOLUME
    if _DENIED.search(text) and _INTERPRETER in text:
        first = Mend("command", f"{find} -exec chmod a+r,a-x {{}} +",
                     "A mount may forbid to execute it; without the mark the image reads it itself.")  # fmt: skip
    elif _DENIED.search(text):
        first = Mend("command", f"{find} -exec chmod a+r {{}} +",
                     "The image reads it as the server's user, postgres; the folders above it need a+rx.")  # fmt: skip
    else:
        first = Mend("command", f"{find} -exec head -1 {{}} +", "Shows which interpreter it names: the image lacks it.")
    return first, ON_AN_EMPTY_VOLUME


def _absent(app: Started, name: str) -> tuple[Mend, ...]:
    return (
        Mend("command", f"{app.run('sh')} -c 'command -v {name}; echo \"$PATH\"'",
             "Shows whether the image has it, and where the start looks for it."),
        Mend("text", f"Install {name} in the last stage of the image, or call it as the image does.",
             "What an earlier stage of the build installed is not in the image."),
    )  # fmt: skip


def _line_ends(
    path: str, why: str = "Takes the carriage returns away; then build the image again."
) -> tuple[Mend, ...]:
    strip = f"sed -i 's/\\r$//' {path}"
    if not path:
        strip = "find . -name '*.sh' -exec sed -i 's/\\r$//' {} +"
    elif path.startswith("/"):
        strip = f"{_in_the_code(path)} -exec sed -i 's/\\r$//' {{}} +"
    return (
        Mend("command", strip, why),
        Mend("text", "Add to .gitattributes: *.sh text eol=lf", "Git on Windows writes CRLF when it checks out."),
    )


def _in_the_code(path: str) -> str:
    """Return the command that finds a file of the image in the code it was copied from: there its path is another."""
    return f"find . -name {path.rpartition('/')[2]}"


def _module(app: Started) -> tuple[Mend, ...]:
    why = "The module is looked for from the working folder; a volume over it hides what the image holds."
    text = "Let the start command name the module as it lies in the image, or set --app-dir or PYTHONPATH."
    return Mend("command", f"{app.run('ls')} -la .", why), Mend("text", text, why)


def _processor(app: Started) -> tuple[Mend, ...]:
    look = f"docker image inspect --format '{{{{.Os}}}}/{{{{.Architecture}}}}' {app.named()}; docker version --format "
    return (
        Mend("command", look + "'{{.Server.Os}}/{{.Server.Arch}}'",
             "Shows which processor the image is for, and which one the machine has."),
        Mend("text", "Where they differ, build it for the machine's: docker build --platform linux/arm64 . for a "
             "Raspberry Pi or an ARM server, linux/amd64 for most others; or take an image that is made for both.",
             "What is built on a machine is for its own kind of processor, where nothing else is said."),
        Mend("text", "Where they are the same, give the script a first line: #!/bin/sh.",
             "Without one the kernel does not know who reads it."),
    )  # fmt: skip


def _permission(path: str) -> tuple[Mend, ...]:
    chmod = f"chmod +x {path} && git update-index --chmod=+x {path}"
    if path.startswith("/"):
        chmod = f"{_in_the_code(path)} -exec chmod +x {{}} + -exec git update-index --chmod=+x {{}} +"
    text = f'Or start it through its shell: ENTRYPOINT ["sh", "{path}"].'
    return (
        Mend("command", chmod, "Git keeps the mark too; a file from Windows has none."),
        Mend("text", text, "Reading needs no such mark."),
    )


def _path(text: str, links: Sequence[Link]) -> str:
    for link in links:
        if "Windows" in link.claim:
            return link.source
    return script_path(text) or "entrypoint.sh"
