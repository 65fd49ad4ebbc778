"""What every answer says to the browser: no inline script, no guessing, no framing, nothing kept (security.md 7)."""

from flask import Flask, Response, request

from fieldvisit.web import light

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; worker-src 'self'; "
    "manifest-src 'self'"
)
PERMISSIONS = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


def install(app: Flask, *, https: bool) -> None:
    light.install(app)

    @app.after_request
    def headers(response: Response) -> Response:
        put = response.headers.setdefault
        put("Content-Security-Policy", CSP)
        put("X-Content-Type-Options", "nosniff")
        put("Referrer-Policy", "no-referrer" if request.path.startswith(("/v", "/t", "/p/")) else "same-origin")
        put("Permissions-Policy", PERMISSIONS)
        put("Cross-Origin-Opener-Policy", "same-origin")
        put("Cross-Origin-Resource-Policy", "same-origin")
        put("X-Robots-Tag", "noindex, nofollow, noarchive")
        if request.path.startswith("/static/js/"):
            # Modules import each other by plain names, so they carry no stamp: ask each time, answer 304.
            response.headers["Cache-Control"] = "no-cache"
        elif not request.path.startswith("/static/"):
            put("Cache-Control", "no-store")
            if request.blueprint not in ("verify", "my_visit"):  # answers are the same for everybody, whatever was sent
                response.vary.add("HX-Request")
        if https:
            put("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
        return response
