"""Sessions, an upload, and what Flask does with streams and errors."""

import hashlib
import os

from flask import Flask, Response, abort, jsonify, redirect, request, session, url_for

app = Flask(__name__)
app.secret_key = "for tests only"


@app.get("/")
def index():
    return f"Hello, {session['name']}" if "name" in session else "Hello, stranger"


@app.post("/login")
def login():
    session["name"] = request.form["name"]
    session["visits"] = 0
    return redirect(url_for("index"))


@app.get("/visits")
def visits():
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])


@app.post("/logout")
def logout():
    session.clear()
    return redirect(url_for("index"))


@app.post("/upload")
def upload():
    file = request.files["file"]
    content = file.read()
    return jsonify(name=file.filename, type=file.content_type, note=request.form["note"], length=len(content),
                   sha256=hashlib.sha256(content).hexdigest(), worker=os.environ["HYDRA_WORKER_ID"])


@app.get("/stream")
def stream():
    return Response((f"row {i}\n" for i in range(1000)), mimetype="text/csv")


@app.post("/json")
def take_json():
    return jsonify(received=request.get_json())


@app.get("/where/<path:rest>")
def where(rest):
    return jsonify(rest=rest, url=request.url, root=request.root_path, script=request.environ["SCRIPT_NAME"], query=request.args)


@app.get("/teapot")
def teapot():
    abort(418)


@app.get("/fail")
def fail():
    raise RuntimeError("a view that fails")
