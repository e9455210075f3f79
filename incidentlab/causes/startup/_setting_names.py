"""Settings that a message names without writing a variable, and how each of them is set.

Sources: compose's ``template.go``; Rails' ``application.rb``; node-postgres' ``sasl.js``; Spring Boot's
``DataSourceProperties`` and its relaxed binding; Laravel's ``EncryptionServiceProvider``.
"""

import re
from dataclasses import dataclass

from incidentlab.causes._evidence import said
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import LogEvent

_COMPOSE = re.compile(r"\brequired variable (?P<name>[A-Za-z_]\w{0,80}) is missing a value")
_PLACEHOLDER = re.compile(r"\bCould not resolve placeholder '(?P<name>[A-Za-z][\w.\-]{1,80})'")
_LOOK = Mend(
    "command",
    "docker compose config",
    "Shows the configuration with all variables filled in, and warns of those that nothing sets.",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a message calls a setting, the variable that sets it, and what is to be known of its value."""

    name: str
    variable: str
    hint: str
    by_compose: bool = False

    @property
    def summary(self) -> str:
        """What is lacking, in a sentence."""
        if self.by_compose:
            return f"Compose has no value for {self.name}, which the file demands, so it starts nothing."
        return f"The program was started without {self.name}."

    @property
    def mends(self) -> tuple[Mend, ...]:
        """How it is set."""
        if self.by_compose:
            text = f"Set {self.variable} in .env beside compose.yaml, or in the environment of whoever calls compose."
            return Mend("text", text, self.hint), _LOOK
        text = f"Set {self.variable} for the service (environment:, or env_file: .env)."
        return Mend("text", text, self.hint), _LOOK


_KNOWN = (
    (re.compile(r"[Mm]issing `?secret_key_base"),
     Setting("secret_key_base", "SECRET_KEY_BASE",
             "bin/rails secret makes one. Where it lies in the credentials, RAILS_MASTER_KEY is what is missing.")),
    (re.compile(r"\bclient password must be a string\b"),
     Setting("the database's password", "PGPASSWORD, or the variable from which the program takes its password or URL,",
             "node-postgres was handed no password, and the server asks for one.")),
    (re.compile(r"\bFailed to configure a DataSource: 'url' attribute is not specified"),
     Setting("spring.datasource.url", "SPRING_DATASOURCE_URL",
             "Such as jdbc:postgresql://HOST:5432/DATABASE; or a profile that has it: SPRING_PROFILES_ACTIVE.")),
    (re.compile(r"\bNo application encryption key has been specified\b"),
     Setting("APP_KEY", "APP_KEY", "php artisan key:generate --show makes one.")),
)  # fmt: skip


def setting(event: LogEvent) -> Setting | None:
    """Return the setting that an event means, where its own words tell which; ``None`` where they do not."""
    text = said(event)
    found = _COMPOSE.search(text)
    if found:
        hint = "The file writes ${" + found["name"] + ":?…}, or ? alone, and compose then insists on a value."
        return Setting(found["name"], found["name"], hint, by_compose=True)
    found = _PLACEHOLDER.search(text)
    if found:
        # Spring's relaxed binding: dots become underscores, dashes go.
        variable = found["name"].replace(".", "_").replace("-", "").upper()
        return Setting(found["name"], variable, "Spring takes it from the environment by that name.")
    return next((one for pattern, one in _KNOWN if pattern.search(text)), None)
