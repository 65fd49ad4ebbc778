"""Who and where: areas, homes, households, residents, firms, people who visit or work at the council, devices, sign-ins."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldvisit.db import Base, Json, random_key
from fieldvisit.ground.roles import Role


class Area(Base):
    __tablename__ = "area"
    id: Mapped[str] = random_key()
    name: Mapped[str] = mapped_column(unique=True)


class Home(Base):
    __tablename__ = "home"
    id: Mapped[str] = random_key()
    uprn: Mapped[str] = mapped_column(String(12), unique=True)  # text: a UPRN is a name, not a quantity
    address_line: Mapped[str]
    postcode: Mapped[str] = mapped_column(String(8), index=True)
    building: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    town: Mapped[str] = mapped_column(default="")
    tenure: Mapped[str] = mapped_column(default="")
    area_id: Mapped[str] = mapped_column(ForeignKey("area.id"), index=True)
    area: Mapped[Area] = relationship()
    household: Mapped["Household | None"] = relationship(back_populates="home")
    residents: Mapped[list["Resident"]] = relationship(back_populates="home")

    @property
    def address(self) -> str:
        return ", ".join(part for part in (self.address_line, self.town, self.postcode) if part)


class Household(Base):
    """What the people of one home have asked of us. Chosen by them, never inferred (Equality Act 2010 s.20).

    contact_safety: how much may be said by sms, email, phone, letter (T17); one that is not there is content_free.
    password: what the worker must say at the door, of the tenant's own choosing; never printed, never shown at a desk.
    no_letters_until: somebody has left this address; nothing is posted to it before that London date.
    """

    __tablename__ = "household"
    id: Mapped[str] = random_key()
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"), unique=True)
    home: Mapped[Home] = relationship(back_populates="household")
    language: Mapped[str] = mapped_column(String(8), default="en")
    unusable_channels: Mapped[list[str]] = mapped_column(default=list)  # NR-13
    needs: Mapped[list[str]] = mapped_column(default=list)  # codes of register/needs.py, as they asked for them
    trusted_adult: Mapped[bool] = mapped_column(default=False)  # ME-3.1f: wait until this adult is there
    protected: Mapped[bool] = mapped_column(default=False)  # tell nobody anything: "please call us"
    contact_safety: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    word_style: Mapped[str] = mapped_column(String(8), default="words")
    letter_look: Mapped[str] = mapped_column(String(12), default="plain")
    password: Mapped[str] = mapped_column(String(40), default="")
    no_letters_until: Mapped[date | None]
    warnings: Mapped[list["Precaution"]] = relationship(
        primaryjoin="Household.home_id == foreign(Precaution.home_id)",
        order_by="Precaution.set_on, Precaution.id",
        viewonly=True,
    )

    @property
    def precautions(self) -> list[str]:
        """What the worker is told, in codes: what they asked for, and every warning that nobody has ended."""
        return [*self.needs, *(code for one in self.warnings if one.ended_at is None for code in one.codes)]

    def marks_on(self, day: date) -> dict[str, str]:
        """contact_safety as it stands on that London date: nothing is posted while somebody's old address is on hold."""
        held = {"letter": "never"} if self.no_letters_until and day < self.no_letters_until else {}
        return self.contact_safety | held


class Precaution(Base):
    """A warning about a home, as the instruction that the worker is given. Why it was set is not kept here, or anywhere.

    owner_id: the person who answers for it; None, nobody yet: it came from another system. A review date that has
    passed takes nothing away: the worker is still told, and a task asks somebody to look at it.
    hact_code: as the other system said it, "person 10" or "location 20"; empty for one of our own.
    """

    __tablename__ = "precaution"
    id: Mapped[str] = random_key()
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"), index=True)
    code: Mapped[str] = mapped_column(String(24))
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    set_on: Mapped[date]
    review_on: Mapped[date]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    hact_code: Mapped[str] = mapped_column(String(24), default="")
    # A second officer looks at it. Until then it is told all the same: nobody goes unwarned for want of a signature.
    set_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    approved_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]

    @property
    def codes(self) -> tuple[str, ...]:
        """One that nobody has looked at may mean more than our word for it, and one that we have no word for stays as it
        came: the code of the other system is told as well, and the worker told to call."""
        unread = self.hact_code if self.owner_id is None or not self.code else ""
        return tuple(dict.fromkeys(code for code in (self.code, unread) if code))


class HouseholdContact(Base):
    """Somebody whom the tenant named: the adult they trust, or a neighbour. With the tenant's word that we may ask them."""

    __tablename__ = "household_contact"
    id: Mapped[str] = random_key()
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"))
    kind: Mapped[str] = mapped_column(String(16))  # trusted_adult, neighbour
    name: Mapped[str]
    reach: Mapped[str]  # a telephone number or an e-mail address
    when_free: Mapped[str] = mapped_column(default="")
    agreed_on: Mapped[date]
    __table_args__ = (UniqueConstraint("home_id", "kind"),)


class Resident(Base):
    """A tenant, a joint tenant or a named representative of one home.

    language, contact_safety: of one of several tenants, where theirs differ from the household's; a mark of their own says
    less than the household's, never more.
    """

    __tablename__ = "resident"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(unique=True)
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"), index=True)
    home: Mapped[Home] = relationship(back_populates="residents")
    role: Mapped[str] = mapped_column(String(20))  # tenant, representative
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    contact_safety: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Firm(Base):
    __tablename__ = "firm"
    id: Mapped[str] = random_key()
    name: Mapped[str] = mapped_column(unique=True)
    insurance_until: Mapped[date | None]


class Person(Base):
    """Somebody who signs in: at the door, in a contractor's office, or at the council."""

    __tablename__ = "person"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(String(24))
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    phone: Mapped[str] = mapped_column(default="")
    firm_id: Mapped[str | None] = mapped_column(ForeignKey("firm.id"), index=True)
    firm: Mapped[Firm | None] = relationship()
    password_hash: Mapped[str | None]
    training_until: Mapped[date | None]
    position: Mapped[str] = mapped_column(default="")  # what they do, as they sign it
    half_housing: Mapped[bool] = mapped_column(default=False)  # HS-2.1: spends half the hours or more on housing
    # MO-1f: may this person visit homes, as HR said: "yes", "no" or nothing; when it was checked, and how long that holds.
    # Why is not kept here, or anywhere (ruling R21).
    visit_check: Mapped[str] = mapped_column(String(3), default="")
    visit_checked_on: Mapped[date | None]
    visit_check_until: Mapped[date | None]
    # Whom the person answers to: decides what they declare, and knows of no case about them (security N2).
    manager_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    photo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # cleaned by evidence/clean.py
    disabled_at: Mapped[datetime | None]
    areas: Mapped[list["PersonArea"]] = relationship(back_populates="person")
    duties: Mapped[list["PersonDuty"]] = relationship(back_populates="person")

    @property
    def visits_homes(self) -> bool:
        return self.role in (Role.OPERATIVE, Role.OFFICER)


class PersonArea(Base):
    """N5: a person's areas have a beginning and an end."""

    __tablename__ = "person_area"
    id: Mapped[str] = random_key()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person: Mapped[Person] = relationship(back_populates="areas")
    area_id: Mapped[str] = mapped_column(ForeignKey("area.id"))
    starts: Mapped[datetime]
    ends: Mapped[datetime | None]


class PersonDuty(Base):
    __tablename__ = "person_duty"
    id: Mapped[str] = random_key()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person: Mapped[Person] = relationship(back_populates="duties")
    duty: Mapped[str] = mapped_column(String(24))
    area_id: Mapped[str | None] = mapped_column(ForeignKey("area.id"))  # None: every area
    starts: Mapped[datetime]
    ends: Mapped[datetime | None]


class SignIn(Base):
    """One signed-in browser. Only the hash of its secret is here: a copy of this table opens nothing."""

    __tablename__ = "sign_in"
    id: Mapped[str] = random_key()
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person: Mapped[Person] = relationship()
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class FailedSignIn(Base):
    """A wrong password: counted for each known device apart, and for all strangers together (security.md 6)."""

    __tablename__ = "failed_sign_in"
    id: Mapped[str] = random_key()
    who: Mapped[str] = mapped_column(String(64))  # keyed hash of the e-mail and, where known, the device
    at: Mapped[datetime]
    __table_args__ = (Index(None, "who", "at"),)


class Grant(Base):
    """The right of one phone to append events as one person, and nothing else (offline.md, amendment 2)."""

    __tablename__ = "grant_"
    id: Mapped[str] = random_key()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    person: Mapped[Person] = relationship()
    device: Mapped[str] = mapped_column(String(64))
    public_jwk: Mapped[dict[str, Any]] = mapped_column(Json)
    label: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "device", "person_id"),)


class ImportedRow(Base):
    """What a file last said about one key: so that the same file twice changes nothing."""

    __tablename__ = "imported_row"
    id: Mapped[str] = random_key()
    kind: Mapped[str] = mapped_column(String(12))
    key: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("kind", "key"),)
