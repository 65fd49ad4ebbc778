"""A vault for tests, with readers whose codes the test can make, and reports sealed as a phone seals them."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
from joserfc import jwe
from joserfc.jwk import ECKey
from sqlalchemy import select

from fieldvisit.config import Config
from fieldvisit.db import new_id
from fieldvisit.vault import doors, service
from fieldvisit.vault.doors import Staying
from fieldvisit.vault.intake import Receipt, take_in
from fieldvisit.vault.models import Box
from fieldvisit.vault.naming import Known
from fieldvisit.vault.opening import open_vault
from fieldvisit.vault.rules import Rank
from fieldvisit.vault.setup import make_home
from fieldvisit.vault.store import Vault
from tests.world import NOW

STEP = timedelta(seconds=30)
WHY = "A new report came in tonight"
SECRET = "The quince stood under the bannister"
AFTER_ITS_TIME = NOW + timedelta(days=7 * 366)  # of an adult's case that was closed now
TO_ITS_END = (
    ("lena", "triaged", {"about": "adult", "worker": False}),
    ("lena", "advised", {}),
    ("lena", "asked_close", {"told": "told"}),
    ("luca", "agreed_close", {}),
)
TO_NOTHING = (("lena", "asked_destroy", {"wanted": "no"}), ("luca", "agreed_destroy", {"wanted": "no"}))
PEOPLE = {
    "lena": ("Lena Osei", Rank.LEAD),
    "luca": ("Luca Ferrante", Rank.LEAD),
    "dina": ("Dina Prowse", Rank.DEPUTY),
    "dirk": ("Dirk Hallam", Rank.DIRECTOR),
    "opal": ("Opal Strand", Rank.OUTSIDE),
    "ines": ("Ines Vale", Rank.INVESTIGATOR),
}


def seal(public: dict[str, Any], said: dict[str, Any]) -> str:
    inside = json.dumps({"v": 1, "kind": "report", "said": said, "pad": ""}).encode()
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": public["kid"]}
    return jwe.encrypt_compact(header, inside, ECKey.import_key(public), algorithms=["ECDH-ES", "A256GCM"])


@dataclass
class House:
    """A vault and its readers. `code` gives each code once, and moves on half a minute, as people wait for the next one."""

    vault: Vault
    secrets: dict[str, str] = field(default_factory=dict)
    readers: dict[str, str] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)

    def enrol(
        self, *refs: str, at: datetime = NOW - timedelta(days=9999), ids: dict[str, str] | None = None
    ) -> "House":
        for ref in refs:
            name, rank = PEOPLE[ref]
            known = Known((ids or {}).get(ref, f"person-{ref}"), f"ref-{ref}", name, f"{ref}@council.example", "07700 900" +
                          f"{100 + list(PEOPLE).index(ref)}")  # fmt: skip
            reader, uri = doors.enrol(self.vault, known, rank, at)
            self.readers[ref], self.secrets[ref] = reader.id, parse_qs(urlsplit(uri).query)["secret"][0]
        return self

    def code(self, ref: str, at: datetime) -> str:
        return pyotp.TOTP(self.secrets[ref]).at(at)

    def staying(self, ref: str, at: datetime = NOW) -> Staying:
        """In, with a code of a minute ago, so that the next code is a new one."""
        with self.vault.store.reading() as session:
            person = session.get_one(doors.Reader, self.readers[ref]).person_id
        secret = doors.come_in(self.vault, person, self.code(ref, at - STEP), at)
        found = doors.staying(self.vault, person, secret, at)
        assert found
        return found

    def send(self, at: datetime = NOW, **said: Any) -> Receipt:
        return take_in(self.vault, seal(self.vault.keys.public["seal"], {"facts": SECRET} | said), at)

    def case_of(self, receipt: Receipt) -> str:
        with self.vault.store.reading() as session:
            return session.scalars(select(Box.case_id).where(Box.number == receipt.number)).one()

    def ends(self, *kinds: Any, at: datetime, case_id: str = "", by: tuple[str, ...] = ("lena", "luca")) -> str:
        """A case is opened by two people, who then take these steps: (who, kind, facts)."""
        case_id = case_id or self.case_of(self.send(at))
        inside = {ref: self.staying(ref, at) for ref in by}
        for ref in by:
            self.open(inside[ref], ref, case_id, at)
        for ref, kind, facts in kinds:
            service.act(self.vault, inside[ref], case_id, kind, facts, {"why": SECRET + " again"}, new_id(), at)
        return case_id

    def closed_case(self, at: datetime = NOW, **said: Any) -> str:
        """Of an adult: kept for six years."""
        return self.ends(*TO_ITS_END, at=at, case_id=self.case_of(self.send(at, **said)))

    def destroyed_case(self, at: datetime = AFTER_ITS_TIME, **said: Any) -> str:
        """No code of an earlier day works afterwards: whoever wants both does this last."""
        return self.ends(*TO_NOTHING, at=at, case_id=self.closed_case(NOW - timedelta(hours=1), **said))

    def open(self, staying: Staying, ref: str, case_id: str, at: datetime = NOW) -> service.Opened:
        return service.open_report(self.vault, staying, case_id, "new", WHY, self.code(ref, at), at)


def a_vault(folder: Path, url: str = "", **settings: Any) -> Vault:
    config = Config.model_construct(home=folder, policy="melton", vault_database_url=url, **settings)
    make_home(config, demo=True)
    return open_vault(config, make=True)
