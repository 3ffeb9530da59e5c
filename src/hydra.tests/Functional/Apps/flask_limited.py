"""Flask-Limiter, which counts in what workers share."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

import hydra_server.limits  # noqa: F401  makes hydra:// known

app = Flask(__name__)
fixed = Limiter(get_remote_address, app=app, storage_uri="hydra://fixed")
moving = Limiter(get_remote_address, app=app, storage_uri="hydra://moving", strategy="moving-window")


@app.get("/fixed")
@fixed.limit("5/hour")
def with_a_fixed_window():
    return "ok"


@app.get("/moving")
@moving.limit("5/hour")
def with_a_moving_window():
    return "ok"
