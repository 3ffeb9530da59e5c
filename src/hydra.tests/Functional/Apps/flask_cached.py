"""Flask-Caching, whose cache is what workers share, and the cache itself."""

import os

from flask import Flask
from flask_caching import Cache

from hydra_server.cachelib import HydraCache

app = Flask(__name__)
app.config.update(CACHE_TYPE="hydra_server.cachelib.flask_caching", CACHE_DEFAULT_TIMEOUT=60, CACHE_KEY_PREFIX="pages:")
cache = Cache(app)
own = HydraCache("own", default_timeout=60)


@app.get("/made-once")
@cache.cached()
def made_once():
    return str(os.getpid())


@app.get("/forgotten")
def forgotten():
    cache.clear()
    return "ok"


@app.get("/counted")
def counted():
    return str(own.inc("hits"))


@app.get("/calls")
def calls():
    own.set_many({"a": 1, "b": {"c": [2]}})
    seen = [
        own.get("a"),
        own.get("missing"),
        own.get_many("b", "missing"),
        own.get_dict("a"),
        own.add("a", 2),
        own.add("new", 2, timeout=0),
        own.set("gone", 3, timeout=-1),
        own.has("gone"),
        own.dec("n"),
        own.delete("a"),
        own.delete("a"),
        own.delete_many("b", "missing", "new"),
        own.has("b"),
    ]
    own.clear()
    return str([*seen, own.has("n")])
