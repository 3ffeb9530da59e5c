"""A page with fifty assets, half of them files of the front, which reports by fetch() how they have come."""

import json

from signals_board import record

SCRIPTS = "".join('<script src="/static/part%d.js"></script>' % i for i in range(25))
STYLES = "".join('<link rel="stylesheet" href="/styles/%d.css">' % i for i in range(25))
PAGE = """<!doctype html><title>assets</title><script>window.parts = []</script>%s%s<p>text</p><script>
addEventListener("load", async () => {
  const entries = performance.getEntriesByType("resource");
  const seen = {
    count: entries.length,
    protocols: [...new Set(entries.map((entry) => entry.nextHopProtocol))],
    parts: window.parts.length,
    rules: [...document.styleSheets].reduce((sum, sheet) => sum + sheet.cssRules.length, 0),
    compressed: entries.filter((entry) => entry.decodedBodySize > entry.encodedBodySize).length,
  };
  await fetch("/report", { method: "POST", body: JSON.stringify(seen) });
});
</script>""" % (STYLES, SCRIPTS)


async def app(scope, receive, send):
    assert scope["type"] == "http"
    kind, body = b"text/html; charset=utf-8", PAGE.encode()
    if scope["path"].startswith("/styles/"):
        kind, body = b"text/css", b"p { margin: 1px; } /* %s */" % (b"style" * 1000)
    elif scope["path"] == "/report":
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        record("report", json.dumps(json.loads(body), sort_keys=True))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": body})
