"""What can be wrong with a call: one family, each with a stable code and the answer to "does trying again help?".

    ServiceError
    ├── Unauthorized      unauthorized     no key, or none that opens anything here
    ├── Forbidden         forbidden        the key is good, but not for this
    ├── NotFound          not_found        not there, or not yours: the two look the same
    ├── Conflict          conflict         the present state forbids it
    ├── Unavailable       unavailable      database, blob store or migrations are not ready (may_retry)
    ├── NoSpace           no_space         nothing can be stored (may_retry)
    ├── BadCall           bad_request, bad_cursor, …   the call itself is wrong
    └── BadSettings       bad_settings     the service cannot start as it is set up; never an HTTP answer

`service.api.problems` turns them (and `parsers.errors`) into HTTP; nothing here knows of it. Whatever else is raised is
our own bug and answered as `internal` with an id.
"""

from __future__ import annotations

from typing import ClassVar


class ServiceError(Exception):
    """A call that cannot be served: a stable `code`, a sentence that says what to do, and whether to try again."""

    code: ClassVar[str] = "service_error"
    may_retry: ClassVar[bool] = False

    def __init__(self, message: str, *, code: str | None = None, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.what = code or self.code
        self.retry_after_s = retry_after_s


class Unauthorized(ServiceError):
    """No key came with the call, or none that opens anything here; which of the two is nobody's business."""

    code = "unauthorized"


class Forbidden(ServiceError):
    """The key is good, but its role may not do this."""

    code = "forbidden"


class NotFound(ServiceError):
    """Not there, or not yours."""

    code = "not_found"


class Conflict(ServiceError):
    """The present state forbids it."""

    code = "conflict"


class BadCall(ServiceError):
    """The call is malformed or asks for something that does not exist."""

    code = "bad_request"


class Unavailable(ServiceError):
    """Database, migrations or blob store are not ready; trying again helps."""

    code = "unavailable"
    may_retry = True


class NoSpace(ServiceError):
    """Nothing can be stored until there is space."""

    code = "no_space"
    may_retry = True


class BadSettings(ServiceError):
    """The service cannot start as it is set up; the sentence names the variable."""

    code = "bad_settings"
