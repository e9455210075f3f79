"""Rights are taken from the app's role: a new role, a hardened server, a grant that was forgotten."""

from incidentlab.model.step import DropPrivileges
from incidentlab.steps._base import Scene, Step
from incidentlab.steps._session import connect, speaking


def _do(options: DropPrivileges, scene: Scene) -> None:
    from psycopg import sql

    # The words come from closed lists and a pattern of the format, so that nothing else can stand in them.
    rights = sql.SQL(", ".join(each.upper() for each in options.revoke))
    place = sql.SQL(options.on)
    role = sql.Identifier(scene.stack.spec.database.user)
    statement = sql.SQL("REVOKE {} ON {} FROM {}, PUBLIC CASCADE").format(rights, place, role)
    with speaking(scene, "Taking rights away"), connect(scene.stack.admin_url) as session:
        session.execute(statement)


def _tell(options: DropPrivileges) -> str:
    return f"REVOKE {', '.join(options.revoke)} ON {options.on} from the app's role"


STEP = Step(DropPrivileges, "drop-privileges", _tell, _do)
