"""A schema for each tenant, which a library selects by name: what to say where one of them is not there.

Source: ros-apartment's ``adapters/postgresql_adapter.rb`` and its README.
"""

import re

from incidentlab.causes._evidence import said
from incidentlab.causes.migrations._account import command, words
from incidentlab.model.diagnosis import Mend
from incidentlab.model.evidence import LogEvent

_APARTMENT = re.compile(r"\bOne of the following schema\(s\) is invalid: ")
_PLAIN = re.compile(r"[\w.-]{1,63}")


def of_tenant(event: LogEvent) -> bool:
    """Whether a schema was selected for a tenant, and no statement of a migration or a model named it."""
    return bool(_APARTMENT.search(said(event)))


def mends(schema: str) -> tuple[Mend, ...]:
    """Return what to do about a tenant whose schema is missing."""
    name = schema if _PLAIN.fullmatch(schema) else "TENANT"
    return (
        command('psql "$DATABASE_URL" -c "\\dn"', "Lists the schemas that this database has: which tenants are there."),
        command(
            f"bin/rails runner \"Apartment::Tenant.create('{name}')\"",
            "Makes the tenant's schema and loads the application's tables into it, if the tenant is meant to exist.",
        ),
        words(
            "If nobody by that name is a tenant, or no longer: answer with “not found” where the tenant is taken from "
            "the host or the path (rescue Apartment::TenantNotFound), and keep Apartment's tenant_names to those whose "
            "schema exists.",
            "Anybody can ask for a subdomain that was never one.",
        ),
    )
