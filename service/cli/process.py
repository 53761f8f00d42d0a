"""A process that stays: how it settles once it is up, and how it goes where threads of it would hold it up."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import sys
from typing import NoReturn


def settle_memory() -> None:
    """Nothing; what the process has loaded is no longer looked through for garbage, what it let go of is given back.

    There are some 200,000 objects of libraries that live as long as the process does; each full look at them held up
    every request for a tenth of a second.
    """
    gc.collect()
    gc.freeze()
    with contextlib.suppress(AttributeError, OSError):  # a way of the GNU library; others keep what was freed
        ctypes.CDLL(None).malloc_trim(0)


def leave_at_once() -> NoReturn:
    """End the process though jobs still run in it: the interpreter would wait for their threads. They stay pending."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
