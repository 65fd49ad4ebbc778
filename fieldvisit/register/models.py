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
    """What the people of one home have asked of us. Chosen by them, never inferred (Equality Act 2010 s.20)."""

    __tablename__ = "household"
    id: Mapped[str] = random_key()
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"), unique=True)
    home: Mapped[Home] = relationship(back_populates="household")
    language: Mapped[str] = mapped_column(String(8), default="en")
    unusable_channels: Mapped[list[str]] = mapped_column(default=list)  # NR-13
    precautions: Mapped[list[str]] = mapped_column(default=list)  # codes of `doorstep instructions`, never the cause
    trusted_adult: Mapped[bool] = mapped_column(default=False)  # ME-3.1f: wait until this adult is there
    protected: Mapped[bool] = mapped_column(default=False)  # tell nobody anything: "please call us"


class Resident(Base):
    """A tenant, a joint tenant or a named representative of one home."""

    __tablename__ = "resident"
    id: Mapped[str] = random_key()
    ref: Mapped[str] = mapped_column(unique=True)
    home_id: Mapped[str] = mapped_column(ForeignKey("home.id"), index=True)
    home: Mapped[Home] = relationship(back_populates="residents")
    role: Mapped[str] = mapped_column(String(20))  # tenant, representative
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")


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
