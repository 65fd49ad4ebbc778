"""GOV.UK Notify's API v2 as its documentation tells it, on a free port of this machine, with its ways to fail.

The token of each request is checked as Notify does: HS256 under the key's secret, `iss` the service, `iat` within 30 s.
A reference is not unique here either: two requests are two messages.
"""

import base64
import hmac
import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"fieldvisit_tests-{SERVICE}-{SECRET}"
SMS_TEMPLATE, EMAIL_TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a", "d5b7e1c2-9d3f-4f5e-8a6b-7c8d9e0f1a2b"
TEMPLATES = {SMS_TEMPLATE: ("sms", "", "((body))"), EMAIL_TEMPLATE: ("email", "((subject))", "((body))")}
FIELDS = {
    "sms": ({"phone_number", "template_id"}, {"personalisation", "reference", "sms_sender_id"}),
    "email": ({"email_address", "template_id"}, {"personalisation", "reference", "email_reply_to_id"}),
    "letter": ({"reference", "content"}, {"postage"}),
}
STATUSES = {"created", "sending", "delivered", "pending", "sent", "permanent-failure", "temporary-failure",
            "technical-failure", "accepted", "received", "cancelled", "pending-virus-check", "virus-scan-failed",
            "validation-failed"}  # fmt: skip
# What the next requests meet, one each. The first two are the same to the caller: no answer.
FAULTS = {"accepts-then-silent", "silent", "500", "503", "429", "no-json", "empty-json"}


@dataclass
class Sent:
    """One message in the ledger, as Notify would tell it."""

    id: str
    kind: str
    reference: str | None
    to: str
    subject: str
    body: str
    pdf: bytes
    postage: str | None
    created_at: datetime
    status: str = "created"
    completed_at: datetime | None = None

    def told(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "reference": self.reference,
            "email_address": self.to if self.kind == "email" else None,
            "phone_number": self.to if self.kind == "sms" else None,
            "type": self.kind,
            "status": self.status,
            "body": self.body,
            "subject": self.subject or None,
            "created_at": _stamp(self.created_at),
            "sent_at": None if self.status == "created" else _stamp(self.created_at),
            "completed_at": _stamp(self.completed_at),
        }


@dataclass
class NotifyStandIn:
    """`with NotifyStandIn() as notify:`. faults: taken one for each request to send, then all is well again."""

    ledger: list[Sent] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    faults_of_asking: list[str] = field(default_factory=list)
    bad_recipients: set[str] = field(default_factory=set)
    trial_mode: bool = False
    key: str = KEY
    url: str = ""
    refused: list[str] = field(default_factory=list)  # why a request was turned away

    def __enter__(self) -> "NotifyStandIn":
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def of(self, reference: str) -> list[Sent]:
        return [sent for sent in self.ledger if sent.reference == reference]

    def happens(self, reference: str, status: str, at: datetime) -> Sent:
        """The message's fate, as a question would tell it."""
        assert status in STATUSES, status
        sent = self.of(reference)[0]
        sent.status, sent.completed_at = status, at
        return sent

    def receipt(self, sent: Sent, **changed: Any) -> dict[str, Any]:
        """The body of the callback, with every field that is documented."""
        return {
            "id": sent.id,
            "reference": sent.reference,
            "to": sent.to,
            "status": sent.status,
            "created_at": _stamp(sent.created_at),
            "completed_at": _stamp(sent.completed_at),
            "sent_at": _stamp(sent.created_at),
            "notification_type": sent.kind,
            "template_id": SMS_TEMPLATE,
            "template_version": 1,
        } | changed

    def calls_back(self, address: str, sent: Sent, token: str, **changed: Any) -> int:
        """Posts the receipt as Notify does; the status that was answered."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = Request(address, json.dumps(self.receipt(sent, **changed)).encode(), headers, method="POST")
        try:
            with urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except HTTPError as refused:
            refused.close()
            return refused.code

    # --- what it answers -------------------------------------------------------------------------------------------

    def fault(self, asking: bool) -> str:
        waiting = self.faults_of_asking if asking else self.faults
        with self._lock:
            fault = waiting.pop(0) if waiting else ""
        assert not fault or fault in FAULTS, fault
        return fault

    def silence(self) -> None:
        self._over.wait(20)

    def may(self, authorization: str) -> str:
        """Why not, in Notify's words; empty when the token is good."""
        try:
            scheme, token = authorization.split(" ")
            head, claims, signature = token.split(".")
            header, payload = json.loads(_unpacked(head)), json.loads(_unpacked(claims))
        except ValueError:
            return "Unauthorized: authentication token must be provided"
        wanted = hmac.digest(SECRET.encode(), f"{head}.{claims}".encode(), "sha256")
        if scheme != "Bearer" or (header.get("typ"), header.get("alg")) != ("JWT", "HS256"):
            return "Invalid token: algorithm used is not HS256"
        if payload.get("iss") != SERVICE or not hmac.compare_digest(wanted, _unpacked(signature)):
            return "Invalid token: API key not found"
        if abs(time.time() - int(payload.get("iat", 0))) > 30:
            return "Error: Your system clock must be accurate to within 30 seconds"
        return ""

    def take(self, kind: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        needed, allowed = FIELDS[kind]
        for name in sorted(needed - set(asked)):
            return _refused(400, "ValidationError", f"{name} is a required property")
        for name in sorted(set(asked) - needed - allowed):
            return _refused(400, "ValidationError", f"Additional properties are not allowed ({name} was unexpected)")
        to = asked.get("phone_number") or asked.get("email_address") or ""
        if trouble := self._recipient(kind, to):
            return _refused(400, *trouble)
        return self._letter(asked) if kind == "letter" else self._text(kind, to, asked)

    def _recipient(self, kind: str, to: str) -> tuple[str, str] | None:
        if kind == "sms" and (to in self.bad_recipients or not re.fullmatch(r"(\+44|0)7\d{9}", to.replace(" ", ""))):
            return "ValidationError", "phone_number Not a UK mobile number"
        if kind == "email" and (to in self.bad_recipients or not re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", to)):
            return "ValidationError", "email_address Not a valid email address"
        if self.trial_mode:
            return "BadRequestError", "Can't send to this recipient when service is in trial mode"
        return None

    def _text(self, kind: str, to: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        of_kind, subject, body = TEMPLATES.get(asked["template_id"], ("", "", ""))
        if of_kind != kind:
            return _refused(400, "BadRequestError", "Template not found")
        given = asked.get("personalisation", {})
        missing = [name for name in re.findall(r"\(\((\w+)\)\)", subject + body) if name not in given]
        if missing:
            return _refused(400, "BadRequestError", f"Missing personalisation: {', '.join(missing)}")
        for name, value in given.items():
            subject, body = (text.replace(f"(({name}))", value) for text in (subject, body))
        sent = self._keep(kind, asked.get("reference"), to, subject, body, b"", None)
        content = {"body": sent.body} | ({"from_number": "FIELDVISIT"} if kind == "sms" else {"subject": sent.subject})
        template = {"id": asked["template_id"], "version": 1, "uri": f"{self.url}/v2/template/{asked['template_id']}"}
        uri = f"{self.url}/v2/notifications/{sent.id}"
        return 201, {"id": sent.id, "reference": sent.reference, "content": content, "uri": uri, "template": template}

    def _letter(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        postage = asked.get("postage", "second")
        if postage not in ("first", "second", "economy"):
            return _refused(400, "ValidationError", "postage invalid. It must be either first, second or economy.")
        pdf = base64.b64decode(asked["content"])
        if not pdf.startswith(b"%PDF-"):
            return _refused(400, "BadRequestError", "Letter content is not a valid PDF")
        sent = self._keep("letter", asked["reference"], "Provided as PDF", "", "", pdf, postage)
        sent.status = "pending-virus-check"
        return 201, {"id": sent.id, "reference": sent.reference, "postage": postage}

    def _keep(self, kind: str, *said: Any) -> Sent:
        reference, to, subject, body, pdf, postage = said
        sent = Sent(str(uuid.uuid4()), kind, reference, to, subject, body, pdf, postage, datetime.now(UTC))
        with self._lock:
            self.ledger.append(sent)
        return sent

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        if path == "/v2/notifications":
            wanted = query.get("reference", [None])[0]
            found = [sent.told() for sent in reversed(self.ledger) if wanted in (None, sent.reference)]
            return 200, {"notifications": found[:250], "links": {"current": f"{self.url}{path}"}}
        told = next((sent.told() for sent in self.ledger if path == f"/v2/notifications/{sent.id}"), None)
        return (200, told) if told else _refused(404, "NoResultFound", "No result found")


def _refused(code: int, error: str, message: str) -> tuple[int, dict[str, Any]]:
    return code, {"status_code": code, "errors": [{"error": error, "message": message}]}


def _stamp(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if instant else None


def _unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _handler(notify: NotifyStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            kind = self.path.removeprefix("/v2/notifications/")
            if self._let_in() and not self._failed(fault := notify.fault(asking=False)):
                known = kind in FIELDS
                code, body = notify.take(kind, asked) if known else _refused(404, "NotFound", "No such address")
                self._after(fault, code, body)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if self._let_in() and not self._failed(fault := notify.fault(asking=True)):
                self._after(fault, *notify.answer(parts.path, parse_qs(parts.query)))

        def _let_in(self) -> bool:
            trouble = notify.may(self.headers.get("Authorization", ""))
            if trouble:
                self._say(*_refused(403, "AuthError", trouble))
            return not trouble

        def _failed(self, fault: str) -> bool:
            if fault == "silent":
                notify.silence()
            elif fault in ("500", "503"):
                self._say(*_refused(int(fault), "Exception", "Internal server error"))
            elif fault == "429":
                self._say(*_refused(429, "RateLimitError", "Exceeded rate limit for key type LIVE"))
            else:
                return False
            return True

        def _after(self, fault: str, code: int, body: dict[str, Any]) -> None:
            if fault == "accepts-then-silent":
                notify.silence()
            elif fault == "no-json":
                self._write(201, b"<html>a page of something between us</html>")
            else:
                self._say(code, {} if fault == "empty-json" else body)

        def _say(self, code: int, body: dict[str, Any]) -> None:
            if code >= 400:
                notify.refused.append(body["errors"][0]["message"])
            self._write(code, json.dumps(body).encode())

        def _write(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: object) -> None:
            pass

    return Handler
