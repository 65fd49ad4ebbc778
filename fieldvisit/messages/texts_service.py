"""Which words a council uses: its own, where it saved some, or the standard ones. Saving adds a version; none is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fieldvisit.ground.languages import LANGUAGES, offered
from fieldvisit.messages.models import MessageText
from fieldvisit.messages.texts import CHANNELS, KINDS, Wording, standard, wording

Place = tuple[str, str, str]  # kind, channel, language


@dataclass(frozen=True, slots=True)
class Text:
    """One text as it stands. version 0: the standard text, which nobody here has saved or checked.

    checked_by: the speaker of its language who read this version; empty: nobody. saved_by: a person's id.
    """

    kind: str
    channel: str
    language: str
    wording: Wording
    version: int = 0
    checked_by: str = ""
    saved_at: datetime | None = None
    saved_by: str | None = None

    @property
    def is_standard(self) -> bool:
        return self.wording == standard(self.kind, self.channel, self.language)

    @property
    def is_draft(self) -> bool:
        return LANGUAGES[self.language].is_draft and not self.checked_by


def wording_for(session: Session, kind: str, channel: str, language: str) -> Wording:
    """The council's newest text, or the standard one; in English where we have not that language.

    channel: sms, email, letter; or the name of a way that a letter goes.
    """
    return text_of(session, kind, "letter" if channel.startswith("letter") else channel, offered(language)).wording


def text_of(session: Session, kind: str, channel: str, language: str) -> Text:
    query = select(MessageText).where(
        MessageText.kind == kind, MessageText.channel == channel, MessageText.language == language
    )
    row = session.scalars(query.order_by(MessageText.version.desc()).limit(1)).first()
    return _of_row(row) if row else Text(kind, channel, language, standard(kind, channel, language))


def texts_of(session: Session) -> Mapping[Place, Text]:
    """Every text as it stands, in the order of kinds, channels and languages."""
    newest = (
        select(
            MessageText.kind, MessageText.channel, MessageText.language, func.max(MessageText.version).label("version")
        )
        .group_by(MessageText.kind, MessageText.channel, MessageText.language)
        .subquery()
    )
    rows = session.scalars(
        select(MessageText).join(
            newest,
            (MessageText.kind == newest.c.kind)
            & (MessageText.channel == newest.c.channel)
            & (MessageText.language == newest.c.language)
            & (MessageText.version == newest.c.version),
        )
    )
    saved = {(row.kind, row.channel, row.language): _of_row(row) for row in rows}
    places = [(kind, channel, language) for kind in KINDS for channel in CHANNELS for language in LANGUAGES]
    return {place: saved.get(place) or Text(*place, standard(*place)) for place in places}


def _of_row(row: MessageText) -> Text:
    said = wording(row.subject, row.body)
    return Text(
        row.kind, row.channel, row.language, said, row.version, row.checked_by, row.saved_at, row.saved_by
    )  # fmt: skip


def save(
    session: Session, text: Text, new: Wording, *, seen: int, checked_by: str, by: str, at: datetime
) -> Text | None:
    """Adds the next version. None: somebody else saved one since version `seen`, and theirs stands.

    The same words, checked by nobody new, add nothing: pressed twice is once. The caller has asked `may_save_text`.
    """
    if new == text.wording and checked_by in ("", text.checked_by):
        return text
    if text.version != seen:
        return None
    row = MessageText(
        kind=text.kind, channel=text.channel, language=text.language, version=seen + 1, subject=new.subject,
        body=new.body, checked_by=checked_by, saved_at=at, saved_by=by,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return None  # at the same moment
    return _of_row(row)
