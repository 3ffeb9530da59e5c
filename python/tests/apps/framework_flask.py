"""A Flask application as users write them."""

import io
import logging
import time

from flask import Flask, Response, abort, g, jsonify, request, send_file, session, stream_with_context

app = Flask(__name__)
app.secret_key = "secret"


@app.get("/")
def index():
    return "hello from flask"


@app.get("/json")
def json_view():
    return jsonify(args=request.args.to_dict(), path=request.path, url=request.url, addr=request.remote_addr)


@app.post("/form")
def form():
    return jsonify(
        form=request.form.to_dict(),
        files={name: file.read().decode() for name, file in request.files.items()},
    )


@app.post("/raw")
def raw():
    return request.get_data()


@app.post("/raw_json")
def raw_json():
    return jsonify(request.get_json())


@app.get("/stream")
def stream():
    def generate():
        for number in range(3):
            yield "%s %d\n" % (request.path, number)

    return Response(stream_with_context(generate()), mimetype="text/plain")


@app.get("/file")
def file():
    return send_file(io.BytesIO(b"f" * 200_000), mimetype="application/octet-stream")


@app.get("/session")
def counting():
    session["count"] = session.get("count", 0) + 1
    return str(session["count"])


@app.get("/error")
def error():
    raise ZeroDivisionError("in a view")


@app.get("/abort")
def teapot():
    abort(418)


@app.get("/slow")
def slow():
    time.sleep(0.01)
    g.value = request.args["n"]
    time.sleep(0.01)
    return g.value


@app.get("/log")
def log():
    app.logger.warning("from app.logger")
    logging.getLogger("other").warning("from another logger")
    return ""
