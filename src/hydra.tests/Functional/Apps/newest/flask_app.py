"""Flask: a body in chunks, an endless one, a file."""

from flask import Flask, Response, jsonify, request, send_file
from newest.rows import endless_in_a_thread

app = Flask(__name__)


@app.post("/length")
def length():
    return jsonify(length=len(request.get_data()))


@app.get("/rows/<key>")
def rows(key):
    return Response(endless_in_a_thread(key))


@app.get("/file")
def file():
    return send_file(__file__, conditional=True)
