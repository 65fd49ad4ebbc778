"""`/rights/codes`: the codes that bind those who come to a home, for anybody to read (HS-2.2b, ME-8.1c). No cookie, no script.

From each clause to where it lives: to a page where a tenant may go, as a link; of the council's own pages, the name.
"""

from flask import Response, abort

from fieldvisit.codes import catalogue, related, service, versions
from fieldvisit.codes.models import CodeVersion
from fieldvisit.codes.routes import handed_over
from fieldvisit.doorway.my_visit_routes import blueprint
from fieldvisit.ground.clock import london_date
from fieldvisit.web.access import access, at, database, no_cookie
from fieldvisit.web.render import page

# What of the product's addresses anybody may open, and what stands there.
FOR_TENANTS = {"/v": "Check a badge", "/t": "Your visit", "/rights": "What we promise you"}


@blueprint.get("/rights/codes")
@access("my-visit", "open")
@no_cookie
def codes() -> Response:
    with database().reading(None) as session:
        live = service.in_force(session, london_date(at()))
        return Response(page("doorway/codes.html", versions=live), mimetype="text/html")


@blueprint.get("/rights/codes/<badge:code>")
@access("my-visit", "open")
@no_cookie
def code(code: str) -> Response:
    """The version of today: what is signed, and each clause in our own words with how it is kept."""
    with database().reading(None) as session:
        version = _live(service.in_force(session, london_date(at())), code)
        document = versions.document_of(version.document)
        made = page(
            "doorway/code.html", version=version, document=document, sections=versions.sections(session, version),
            ours=versions.is_ours(session, version), texts=versions.texts_of(session, version.id), labels=versions.TEXTS,
            places=_places, related=related.beside(version.document), met=catalogue.MET,
        )  # fmt: skip
        return Response(made, mimetype="text/html")


@blueprint.get("/rights/codes/<badge:code>/<word:text_kind>.document")
@access("my-visit", "open")
@no_cookie
def code_document(code: str, text_kind: str) -> Response:
    with database().reading(None) as session:
        version = _live(service.in_force(session, london_date(at())), code)
        text = versions.content_of(session, version.id, text_kind) or abort(404)
        return handed_over(text, version)


def _live(found: list[CodeVersion], code: str) -> CodeVersion:
    return next((version for version in found if version.document == code), None) or abort(404)


def _places(clause: catalogue.Clause) -> list[tuple[str, str]]:
    """Address and words of the pages where a tenant may see that this clause is kept."""
    firsts = {"/" + address.split("/")[1] for address in clause.addresses}
    return [(address, label) for address, label in FOR_TENANTS.items() if address in firsts]
