"""A handler that says what it gets."""

import logging
import os
import sys


class Handler(logging.Handler):
    def emit(self, record):
        if record.levelno < logging.ERROR:
            return
        _, error, trace = record.exc_info
        sys.stderr.write(
            "handled:%s:%s:%s:%s\n"
            % (
                record.name,
                record.msg,
                type(error).__name__,
                os.path.basename(trace.tb_frame.f_code.co_filename),
            )
        )
