"""The wall that PostgreSQL itself keeps (ruling R23): which rows a transaction sees, whatever is asked in it.

Each transaction of the app runs as `fieldvisit_app` and says who asks (`db.py`); what it says, the policies below read.
They are the sights of the models once more, in SQL and coarser: never narrower, or pages would break; never wider than
the area, the firm, or the visits that one is sent to. Change a sight, and change its policy here.

The policies are no frozen text of a migration but what the code says now: `build` puts them up after every upgrade
whose text differs. So there is one text of each, and a table of a later release is walled where all the others are.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from fieldvisit.config import ConfigError
from fieldvisit.db import APP_ROLE, Database, protected_models
from fieldvisit.ground.roles import Role
from fieldvisit.register.apart import ASKED_BY
from fieldvisit.tasks import FOR_ASKED
from fieldvisit.visits.sight import AT_THE_DOOR
from fieldvisit.visits.state import ENDED, Stage

# --- who asks -----------------------------------------------------------------------------------------------------
# A pooled connection gives back '' where nothing is set, not NULL: neither is anybody. `(SELECT ...)` is worked out
# once for a query; without it, once for every row.

PERSON = "(SELECT nullif(current_setting('fv.person', true), ''))"
FIRM = "(SELECT nullif(current_setting('fv.firm', true), ''))"  # said of a contractor manager alone
AREAS = "((SELECT string_to_array(current_setting('fv.areas', true), ','))::text[])"  # of an officer alone, N5
VISITS = "((SELECT string_to_array(current_setting('fv.visits', true), ','))::text[])"  # of whoever visits homes
OFFICER = f"(SELECT current_setting('fv.role', true) = '{Role.OFFICER}')"
DECIDES = f"(SELECT current_setting('fv.role', true) IN {tuple(role.value for role in ASKED_BY)})"
NO_MANAGER = f"(SELECT current_setting('fv.role', true) <> '{Role.CONTRACTOR_MANAGER}')"
SYSTEM = "(SELECT nullif(current_setting('fv.tables', true), '') IS NOT NULL)"
NOBODY = "false"
ANYBODY = "true"


def names(table: str) -> str:
    """System work that names this table; a migration, or a backup, names them all with a star."""
    return f"(SELECT ARRAY['{table}', '*'] && string_to_array(current_setting('fv.tables', true), ','))"


def _in(stages: Iterable[Stage]) -> str:
    return "(" + ", ".join(f"'{stage.value}'" for stage in stages) + ")"


# --- who sees what ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rows:
    """seen: which rows a person may read, change and delete. written: how a row must be that anybody adds or changes,
    where that differs. unasked: which rows are seen where no person asks; all, by system work that names the table.
    """

    seen: str
    written: str = ""
    unasked: str = ""


# What stands inside these has its own policy in it: through a visit is through a visit in sight.
THROUGH_VISIT = "EXISTS (SELECT FROM visit WHERE visit.id = visit_id)"
THROUGH_ENTRY = "EXISTS (SELECT FROM entry WHERE entry.id = entry_id)"
HELD_HERE = f"(SELECT it && {AREAS} OR it = '{{}}' FROM fieldvisit_areas_of_held(visit_id, grant_id) AS it)"  # noqa: S608
THROUGH_HAZARD = "EXISTS (SELECT FROM hazard WHERE hazard.id = hazard_id)"
THROUGH_COMPLAINT = "EXISTS (SELECT FROM complaint WHERE complaint.id = complaint_id)"
THROUGH_WATCH = "EXISTS (SELECT FROM watch WHERE watch.id = watch_id)"
THROUGH_INCIDENT = "EXISTS (SELECT FROM incident WHERE incident.id = incident_id)"
THROUGH_CASE = "EXISTS (SELECT FROM access_case WHERE access_case.id = case_id)"
THROUGH_DECLARATION = "EXISTS (SELECT FROM declaration WHERE declaration.id = declaration_id)"
THROUGH_HOME = "EXISTS (SELECT FROM home WHERE home.id = home_id)"
THROUGH_CONCERN = "EXISTS (SELECT FROM concern WHERE concern.id = concern_id)"
READS_CASES = f"(SELECT current_setting('fv.role', true) IN ('{Role.INVESTIGATOR}', '{Role.SAFEGUARDING_LEAD}'))"
ADDED_BY_ANYBODY = f"{PERSON} IS NOT NULL OR {SYSTEM}"


def _seated(case: str) -> str:
    """case: with its table's name, or it would be the seat's own. breach_seat's policy shows the own seats alone."""
    return f"EXISTS (SELECT FROM breach_seat AS seat WHERE seat.case_id = {case})"


POLICIES: dict[str, Rows] = {
    # visits_in_sight: a worker's round is today's, tomorrow's first, and the door where one stands (see OWN_VISITS)
    "visit": Rows(f"area_id = ANY {AREAS} OR id = ANY {VISITS} OR (firm_id = {FIRM} AND stage NOT IN {_in(ENDED)})"),
    # _through_visit
    "visit_worker": Rows(THROUGH_VISIT),
    "entry": Rows(THROUGH_VISIT),
    "notice": Rows(THROUGH_VISIT),
    "tenant_link": Rows(f"{NO_MANAGER} AND {THROUGH_VISIT}"),  # _links_in_sight
    # _messages_in_sight; whoever moves or cancels a visit writes one, and who may write is the command's question
    "message": Rows(
        f"({OFFICER} AND ({THROUGH_VISIT} OR EXISTS (SELECT FROM home WHERE home.id = home_id AND area_id = ANY {AREAS})))"
        f" OR (visit_id IS NULL AND home_id IS NULL AND written_by = {PERSON})"
    ),
    # _words_in_sight
    "words": Rows(f"{NO_MANAGER} AND {THROUGH_ENTRY}"),
    # _said_in_sight: coarser, for it also keeps from an officer what was said of a visit to which he was sent himself
    "tenant_said": Rows(f"{OFFICER} AND {THROUGH_VISIT}"),
    # _homes_in_sight: those of the area, and those of visits in sight
    "home": Rows(f"area_id = ANY {AREAS} OR EXISTS (SELECT FROM visit WHERE visit.home_id = home.id)"),
    # _residents_in_sight, _needs_in_sight: as the home, but no name and no needs for a firm's manager (R9)
    "resident": Rows(f"{NO_MANAGER} AND {THROUGH_HOME}"),
    "household": Rows(f"{NO_MANAGER} AND {THROUGH_HOME}"),
    # _warnings_in_sight, _contacts_in_sight
    "precaution": Rows(f"{NO_MANAGER} AND {THROUGH_HOME}"),
    "household_contact": Rows(f"{OFFICER} AND {THROUGH_HOME}"),
    "job": Rows(f"{OFFICER} AND {THROUGH_HOME}"),
    # db.for_officers, db.through: areas are said of an officer alone
    "access_case": Rows(f"area_id = ANY {AREAS}"),
    "access_attempt": Rows(THROUGH_CASE),
    "access_contact": Rows(THROUGH_CASE),
    "access_step": Rows(THROUGH_CASE),
    "access_chase": Rows(THROUGH_CASE),
    "lawful_entry": Rows(f"area_id = ANY {AREAS}"),
    "lawful_entry_step": Rows("EXISTS (SELECT FROM lawful_entry WHERE lawful_entry.id = lawful_entry_id)"),
    # _held_in_sight (see AREAS_OF_HELD), _attachments_in_sight
    "held": Rows(f"{OFFICER} AND {HELD_HERE}"),
    "attachment": Rows(f"{OFFICER} AND {THROUGH_ENTRY}"),
    # nobody(): what system work alone reads
    "envelope": Rows(NOBODY, written=THROUGH_ENTRY),
    # breaches/models.py: through a case in sight; whoever takes the call reads none of it (N4)
    "concern": Rows(
        "EXISTS (SELECT FROM breach_case WHERE breach_case.concern_id = concern.id)", written=ADDED_BY_ANYBODY
    ),
    "concern_added": Rows(THROUGH_CONCERN),
    "concern_link": Rows(THROUGH_CONCERN),
    "concern_draft": Rows(f"person_id = {PERSON}"),
    "sealed_box": Rows(NOBODY),
    "subject_key": Rows(NOBODY),
    # hazards/models.py: the officers of the area; its steps and words through it
    "hazard": Rows(f"area_id = ANY {AREAS}"),
    "hazard_step": Rows(THROUGH_HAZARD),
    "hazard_words": Rows(THROUGH_HAZARD),
    # complaints/models.py: the officers of the area but for those whom it is about; duties are the query wall's. Whoever
    # hears of one writes it down
    "complaint": Rows(
        f"{OFFICER} AND (area_id = ANY {AREAS} OR area_id IS NULL) AND position({PERSON} IN kept_from) = 0",
        written=f"{PERSON} IS NOT NULL OR {SYSTEM}",
    ),
    "complaint_step": Rows(THROUGH_COMPLAINT, written=f"{PERSON} IS NOT NULL OR {SYSTEM}"),
    "complaint_words": Rows(THROUGH_COMPLAINT, written=f"{PERSON} IS NOT NULL OR {SYSTEM}"),
    # safety/models.py: officers of the area, and a firm's manager of the firm's workers; never the worker watched over
    "watch": Rows(f"(area_id = ANY {AREAS} OR firm_id = {FIRM}) AND person_id <> {PERSON}"),
    "watch_step": Rows(THROUGH_WATCH),
    "watch_words": Rows(f"{OFFICER} AND {THROUGH_WATCH}", written=THROUGH_WATCH),
    "safety_word": Rows(NOBODY),
    "safety_buddy": Rows(NOBODY),
    "incident": Rows(f"area_id = ANY {AREAS}"),
    "incident_step": Rows(THROUGH_INCIDENT),
    "incident_words": Rows(THROUGH_INCIDENT),
    # declarations/models.py: coarser at the council, where a duty says which of an area's one sees
    "declaration": Rows(
        f"person_id = {PERSON} OR manager_id = {PERSON} OR firm_id = {FIRM} "
        f"OR ({OFFICER} AND (area_id IS NULL OR area_id = ANY {AREAS}))"
    ),
    "declaration_step": Rows(THROUGH_DECLARATION),
    "declaration_words": Rows(THROUGH_DECLARATION),
    "undertaking": Rows(OFFICER),
    "recusal": Rows(OFFICER),
    # register/apart.py: whoever plans and whoever decides; anybody who declares an interest writes one
    "kept_apart": Rows(f"{DECIDES}", written=f"{PERSON} IS NOT NULL"),
    # breaches/case_models.py: a seat that has not ended; anybody may report, so anybody may add (N1 to N4)
    "breach_case": Rows(_seated("breach_case.id"), written=ADDED_BY_ANYBODY),
    "breach_step": Rows(_seated("breach_step.case_id"), written=ADDED_BY_ANYBODY),
    "breach_words": Rows(_seated("breach_words.case_id"), written=ADDED_BY_ANYBODY),
    "breach_evidence": Rows(_seated("breach_evidence.case_id")),
    "breach_seat": Rows(f"person_id = {PERSON} AND ends IS NULL AND {READS_CASES}", written=NOBODY),
    "breach_apart": Rows(NOBODY, written=ADDED_BY_ANYBODY),
    "breach_told": Rows(
        f"({_seated('breach_told.case_id')}) OR (given_at IS NOT NULL AND (person_id = {PERSON}"
        f" OR (firm_id = {FIRM} AND about_id IS DISTINCT FROM {PERSON})))",
        written=NOBODY,
    ),
    # Not behind the query wall, but of an area, or of those who were asked. Anything may raise a task.
    "task": Rows(
        f"(area_id = ANY {AREAS} OR area_id IS NULL OR (about = 'visit' AND about_id = ANY {VISITS}))"
        f" AND (about <> '{FOR_ASKED}' OR EXISTS (SELECT FROM task_asked"
        f" WHERE task_asked.task_id = task.id AND task_asked.person_id = {PERSON}))",
        written=ANYBODY,
        unasked=SYSTEM,
    ),
    "phone": Rows(f"area_id = ANY {AREAS} OR person_id = {PERSON} OR (area_id IS NULL AND {OFFICER})", unasked=SYSTEM),
    # Of an area, and like `person` not behind the query wall: the pages' own rights say whom they list.
    "involved_person": Rows(ANYBODY, written=ANYBODY, unasked=ANYBODY),
    # Who asks is worked out from these two, so they are read before anybody asks. Nobody changes the own (matrix).
    "person_area": Rows(ANYBODY, written=f"person_id IS DISTINCT FROM {PERSON}", unasked=ANYBODY),
    "person_duty": Rows(ANYBODY, written=f"person_id IS DISTINCT FROM {PERSON}", unasked=ANYBODY),
}

# A policy of `visit` that looked into `visit_worker`, whose policy looks into `visit`, would never end. So the visits
# that one is sent to are worked out once, as the transaction begins. Around the instant of the request: today began at
# most 25 hours ago, and the day after tomorrow begins in at most 49 (a day in October has 25).
OWN_VISITS = f"""
CREATE OR REPLACE FUNCTION fieldvisit_own_visits(who text, as_of timestamptz) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  asked text := current_setting('fv.tables', true);
  found text;
BEGIN
  PERFORM set_config('fv.tables', 'visit,visit_worker', true);
  SELECT coalesce(string_agg(visit.id, ','), '') INTO found FROM visit
  WHERE (visit.stage IN {_in(AT_THE_DOOR)} OR (
    visit.window_start >= as_of - interval '26 hours' AND visit.window_start < as_of + interval '50 hours'
  ))
  AND EXISTS (
    SELECT FROM visit_worker AS sent
    WHERE sent.visit_id = visit.id AND sent.person_id = who AND sent.ends IS NULL
  );
  PERFORM set_config('fv.tables', asked, true);
  RETURN found;
END $$"""  # noqa: S608
_MARKED = "fieldvisit_own_visits(text, timestamptz)"

# The sight of what is held asks which visits there are NOT: behind this wall there would be none of other areas, and
# what is theirs would be everybody's. So its areas are worked out over all visits; of none, it is any officer's.
AREAS_OF_HELD = """
CREATE OR REPLACE FUNCTION fieldvisit_areas_of_held(said_visit text, sent_under text) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
  asked text := current_setting('fv.tables', true);
  found text[];
BEGIN
  PERFORM set_config('fv.tables', 'visit,visit_worker', true);
  found := coalesce(
    (SELECT ARRAY[visit.area_id::text] FROM visit WHERE visit.id = said_visit),
    (SELECT array_agg(DISTINCT visit.area_id::text)
     FROM grant_ JOIN visit_worker AS sent ON sent.person_id = grant_.person_id JOIN visit ON visit.id = sent.visit_id
     WHERE grant_.id = sent_under),
    '{}'
  );
  PERFORM set_config('fv.tables', asked, true);
  RETURN found;
END $$"""

# What only grows: its trigger says no to everybody; this says no to the app before the trigger is asked.
ONLY_ADDED_TO = (
    "access_record", "breach_step", "complaint_step", "entry", "hazard_step", "incident_step", "policy_version", "watch_step",
)  # fmt: skip
ONLY_READ = ("alembic_version",)


def of_people_and_homes(metadata: MetaData) -> frozenset[str]:
    """The tables that must have a policy: those of protected models, and those with rows of one area or one case."""
    scoped = {name for name, table in metadata.tables.items() if {"area_id", "case_id"} & set(table.columns.keys())}
    return frozenset(scoped | {model.__tablename__ for model in protected_models()})


# --- putting it up ------------------------------------------------------------------------------------------------


def build(connection: Connection) -> None:
    """The rights and the policies as this release has them. Does nothing where they stand already."""
    ensure_role(connection)
    wanted = list(_statements(connection))
    mark = hashlib.sha256("\n".join(wanted).encode()).hexdigest()
    if _mark(connection) == mark and not _open_tables(connection):
        return
    for statement in (*wanted, f"COMMENT ON FUNCTION {_MARKED} IS '{mark}'"):
        connection.execute(text(statement))


def ensure_role(connection: Connection) -> None:
    """A role belongs to the whole cluster: another database, or the operator, may have made it."""
    if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE}):
        _or_teach(connection, f"CREATE ROLE {APP_ROLE} NOLOGIN", "cannot make the role", "42710", "23505")
    if connection.scalar(
        text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE}
    ):
        raise ConfigError(
            f"The role {APP_ROLE} of this PostgreSQL may see every row, so the wall between areas would not hold. "
            f"Run as its administrator: ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS;"
        )
    if not connection.scalar(text("SELECT pg_has_role(:role, :may)"), {"role": APP_ROLE, "may": _may_set(connection)}):
        _or_teach(connection, f"GRANT {APP_ROLE} TO CURRENT_USER", "may not use the role")


def _may_set(connection: Connection) -> str:
    version = connection.dialect.server_version_info or (0,)
    return "SET" if version >= (16,) else "MEMBER"


def _or_teach(connection: Connection, statement: str, cannot: str, *but: str) -> None:
    """but: SQLSTATEs that are no harm (another database of the cluster was first by a moment)."""
    who = connection.scalar(text("SELECT session_user"))
    try:
        with connection.begin_nested():
            connection.execute(text(statement))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") not in but:
            raise ConfigError(
                f"PostgreSQL's user {who} {cannot} {APP_ROLE}, as which FieldVisit reads and writes. Nothing was "
                f"changed. Run once as the database's administrator, then start again:\n"
                f'  CREATE ROLE {APP_ROLE} NOLOGIN;\n  GRANT {APP_ROLE} TO "{who}";'
            ) from error


def _statements(connection: Connection) -> Iterator[str]:
    tables = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")))
    schema = connection.scalar(text("SELECT current_schema()"))
    yield OWN_VISITS
    yield AREAS_OF_HELD
    yield f"GRANT USAGE ON SCHEMA {schema} TO {APP_ROLE}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {APP_ROLE}"
    for table in sorted(tables):
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}"
    for table in (*ONLY_ADDED_TO, *ONLY_READ):
        yield f"REVOKE UPDATE, DELETE ON {table} FROM {APP_ROLE}"
    for table in ONLY_READ:
        yield f"REVOKE INSERT ON {table} FROM {APP_ROLE}"
    yield f"GRANT UPDATE (seq, prev_hash, hash) ON access_record TO {APP_ROLE}"  # the sequencer's (ruling R5)
    for table, rows in POLICIES.items():
        if table not in tables:
            continue
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS who_asks ON {table}"
        unasked = rows.unasked or names(table)
        written = f" WITH CHECK ({rows.written} OR {names(table)})" if rows.written else ""
        # A person must ask: where system work names `home` alone, `resident` must not be seen through it.
        asked = f"{PERSON} IS NOT NULL AND ({rows.seen})"
        yield f"CREATE POLICY who_asks ON {table} USING ({unasked} OR ({asked})){written}"


def _mark(connection: Connection) -> str | None:
    found: str | None = connection.scalar(
        text("SELECT obj_description(to_regprocedure(:function), 'pg_proc')"), {"function": _MARKED}
    )
    return found


# --- is it up? ----------------------------------------------------------------------------------------------------

_WHO = text(
    "SELECT current_user AS name, rolsuper OR rolbypassrls AS sees_all, "
    "EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema() AND tableowner = current_user) AS owns "
    "FROM pg_roles WHERE rolname = current_user"
)
_OPEN = text(
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') "
    "AND (relname = ANY (:listed) OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid "
    "AND attname IN ('area_id', 'case_id') AND NOT attisdropped)) AND NOT (relrowsecurity AND relforcerowsecurity "
    "AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)) ORDER BY relname"
)


def faults(database: Database) -> list[str]:
    """One sentence for each hole in the wall, as a transaction of the app finds it. None on SQLite: it has no such wall."""
    if database.is_sqlite:
        return []
    try:
        with database.reader.connect() as connection:
            return list(_faults(connection))
    except SQLAlchemyError:
        return [f"No transaction can run as {APP_ROLE}, so nothing can be read. Run: fieldvisit migrate"]


def _open_tables(connection: Connection) -> list[str]:
    return list(connection.scalars(_OPEN, {"listed": list(POLICIES)}))


def _faults(connection: Connection) -> Iterator[str]:
    who = connection.execute(_WHO).one()
    if who.sees_all or who.owns:
        why = "sees every row" if who.sees_all else "owns tables, and can take their policies away"
        yield f"Row security is off: the app reads as {who.name}, who {why}."
    for table in _open_tables(connection):
        yield f"Row security is off for the table {table}. Run: fieldvisit migrate"
    statements = "\n".join(_statements(connection))
    if _mark(connection) != hashlib.sha256(statements.encode()).hexdigest():
        yield "The row security policies are not those of this release. Run: fieldvisit migrate"
