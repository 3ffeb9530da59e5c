"""An application that has processes of its own do its work."""

import concurrent.futures
import multiprocessing
import os


def double(number):
    return number * 2


def wsgi(environ, start_response):
    _, kind, method = environ["PATH_INFO"].split("/")
    context = multiprocessing.get_context(method)
    if kind == "pool":
        with context.Pool(2) as pool:
            results = pool.map(double, range(4))
    else:
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as executor:
            results = list(executor.map(double, range(4)))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{results} {os.environ['HYDRA_WORKER_ID']}".encode()]
