"""What can go wrong between a sync service and us: one family, raised here, judged by the worker alone.

    SyncError
    ├── Rejected      webhook_rejected      a call to our webhook address that proves nothing; `status` is the answer
    ├── NotReady      sync_not_ready        the file is on its way (may_retry, with the waits of the provider)
    ├── RateLimited   sync_rate_limited     too many calls; `after_s` says when to come back (may_retry)
    ├── ProviderDown  sync_provider_down    no answer, a broken one, or a 5xx (may_retry)
    ├── NeedsReauth   sync_needs_reauth     the token is refused: renew it if `may_refresh`, else ask the athlete
    ├── Gone          sync_gone             there is no such file any more, or there never was one
    ├── Unusable      sync_unusable         an answer that no watch writes, or larger than the limits
    └── UnsafeURL     sync_unsafe_url       an address that we do not call

No message repeats a token, an address from outside, or a position.
"""

from __future__ import annotations

from typing import ClassVar

from service.errors import ServiceError


class SyncError(ServiceError):
    """A sync service, or somebody in its name, and we do not get along."""

    code: ClassVar[str] = "sync_failed"


class Rejected(SyncError):
    """A call to our webhook address that is not the provider's; `status` is what it is answered with."""

    code = "webhook_rejected"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class NotReady(SyncError):
    """The provider told of a run whose file it cannot give yet.

    `then_gone`: a provider that still says so after its last wait has no such run, and nobody need look into it.
    """

    code = "sync_not_ready"
    may_retry = True

    def __init__(self, message: str, *, then_gone: bool = False) -> None:
        super().__init__(message)
        self.then_gone = then_gone


class RateLimited(SyncError):
    """Too many calls for now; not before `after_s` seconds have passed."""

    code = "sync_rate_limited"
    may_retry = True

    def __init__(self, message: str, *, after_s: float) -> None:
        super().__init__(message, retry_after_s=int(after_s) + 1)
        self.after_s = after_s


class ProviderDown(SyncError):
    """No answer, half an answer, or one that says the fault is theirs."""

    code = "sync_provider_down"
    may_retry = True


class NeedsReauth(SyncError):
    """The provider does not take the athlete's token.

    `may_refresh`: a new access token may help. Otherwise only the athlete can, by connecting again.
    """

    code = "sync_needs_reauth"

    def __init__(self, message: str, *, may_refresh: bool) -> None:
        super().__init__(message)
        self.may_refresh = may_refresh


class Gone(SyncError):
    """The file is not there and will not come."""

    code = "sync_gone"


class Unusable(SyncError):
    """What came is no watch file, or more than the limits allow."""

    code = "sync_unusable"


class UnsafeURL(SyncError):
    """An address that is none of those the provider's files may come from, or none that the public can reach."""

    code = "sync_unsafe_url"
