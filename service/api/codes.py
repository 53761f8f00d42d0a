"""Every error code that a caller can meet: its HTTP status, its title, what it means and what to do.

The one table. Problems take status and title from it, `GET /problems/{code}` and docs/errors/ the rest; a test holds
it complete against `parsers.errors`, `service.errors` and every `code=` in the source. Codes are stable: add, never
rename.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Kind:
    """One code: `status` as HTTP has it, `title` a few words, `means` and `do` a sentence or two each."""

    status: int
    title: str
    means: str
    do: str


_EXPORT_AGAIN = "Export the file again from the watch or from the service it came from, and send that one."
_ONE_OF_OURS = "Send an activity as FIT, GPX or TCX: plain, gzipped or in a ZIP archive."
_FIX_XML = "Export the track again; if you made the file yourself, check it with an XML validator."

_FILE = {
    "empty": Kind(
        400, "Empty file", "The upload holds not a single byte.", "Check that the export finished, and send it again."
    ),
    "unknown_type": Kind(
        415,
        "Unknown file type",
        "The content is none of the formats that are read here. The name and the declared type play no part in this.",
        _ONE_OF_OURS,
    ),
    "too_large": Kind(
        413,
        "Too large",
        "The request body or the file in it is over the limit: the settings `max_file_bytes`, `max_archive_bytes` and "
        "`max_json_bytes`.",
        "Send a single activity at a time, or ask the operator to raise the limit.",
    ),
    "too_large_unpacked": Kind(
        413,
        "Too large when unpacked",
        "The compressed file unpacks to more than the limit, or at a ratio that no watch file reaches.",
        "Send the activity uncompressed, or split the archive.",
    ),
    "archive_unsafe": Kind(
        422,
        "Unsafe archive",
        "The archive holds something that is refused on principle: a path that leads outside, a link, encryption, "
        "archives in archives, overlapping entries, or too many of them.",
        "Unpack it yourself and send the activity files, or pack them anew without passwords and folders in folders.",
    ),
    "corrupt_header": Kind(
        422, "Broken file header", "The file says it is of a known format, but its header is not.", _EXPORT_AGAIN
    ),
    "corrupt_definition": Kind(
        422,
        "Broken file structure",
        "A FIT definition message contradicts itself before any usable minute.",
        _EXPORT_AGAIN,
    ),
    "corrupt_data": Kind(
        422,
        "Broken file content",
        "The data break off or contradict themselves before any usable minute.",
        _EXPORT_AGAIN,
    ),
    "truncated": Kind(
        422,
        "File cut short",
        "The file ends early and holds less than one usable minute. With more, it would have been read, with a note.",
        "Copy the file again; a download or a transfer from the watch was probably cut off.",
    ),
    "crc_mismatch": Kind(
        422,
        "Checksum wrong",
        "The checksum does not fit and no usable minute was found. With one, it would have been read, with a note.",
        "Copy the file again from the watch.",
    ),
    "too_many_messages": Kind(
        422, "Too many messages", "The file holds more messages than any watch writes.", _EXPORT_AGAIN
    ),
    "xml_malformed": Kind(422, "Malformed XML", "The GPX or TCX file is not well-formed XML.", _FIX_XML),
    "xml_forbidden": Kind(
        422,
        "Forbidden XML",
        "The file uses a document type declaration or entities, which are never read here.",
        "Remove the DOCTYPE line, or export the track with another program.",
    ),
    "xml_limit": Kind(
        422,
        "XML over a limit",
        "The XML is nested too deeply, or has too many attributes or too long a text in one place.",
        _FIX_XML,
    ),
    "encoding": Kind(
        422, "Undecodable text", "The bytes do not fit the character encoding that the file declares.", _FIX_XML
    ),
    "not_activity": Kind(
        422,
        "No activity",
        "A sound file, but of something else: a course, a workout, settings, sleep or monitoring.",
        "Send the recording of a run.",
    ),
    "no_usable_points": Kind(
        422,
        "No usable points",
        "The file was read, but no two of its points can be used.",
        "Check the recording on the watch.",
    ),
    "no_time": Kind(
        422,
        "No times",
        "The track has fewer than two points with a time, so it is a course and not a run.",
        "Export the recorded activity instead of the planned route.",
    ),
}

_CALL = {
    "bad_request": Kind(
        400, "Bad request", "The request is malformed.", "Compare it with the API reference under /docs."
    ),
    "bad_json": Kind(
        400,
        "Bad JSON",
        "The body is not JSON as RFC 8259 has it (NaN, Infinity and lone surrogates are no JSON).",
        "Send UTF-8 JSON with `Content-Type: application/json`.",
    ),
    "bad_multipart": Kind(
        400,
        "Bad multipart body",
        "The multipart body breaks off, has no boundary, or has too many or too long fields.",
        "Let an HTTP library build the form; name the file parts `file`.",
    ),
    "no_file": Kind(
        400,
        "No file",
        "The form has no part of the name `file`.",
        "Add one part named `file` for each file, or send the bytes of one file as the body.",
    ),
    "bad_cursor": Kind(
        400,
        "Bad cursor",
        "The cursor is none that this list gave out.",
        "Start without `cursor` and follow `next_cursor` unchanged.",
    ),
    "unauthorized": Kind(
        401,
        "No valid key",
        "The call bears no API key, or one that is mistyped, unknown here or revoked.",
        "Send `Authorization: Bearer cw_…` with a valid key. An admin makes one with `POST /v1/keys`, the operator "
        "with `crampwatch key add`.",
    ),
    "forbidden": Kind(
        403,
        "Not with this key",
        "The key is valid, but its role may not do this: an ingest key may only upload, and keys, athletes and the "
        "audit log are an admin's.",
        "Use a key of another role; docs/keys.md lists what each may do.",
    ),
    "cross_site": Kind(
        403,
        "From another site",
        "A page of another site, or of another port of this one, tried to change something here.",
        "Open the page of this service itself and do it there.",
    ),
    "not_local": Kind(
        403,
        "Only from this computer",
        "Without keys (`auth=local`) the service answers programs on its own computer only: a loopback Host name, no "
        "page of another origin, no proxy in between.",
        "Call http://127.0.0.1 or http://localhost directly. To serve other machines, set up keys.",
    ),
    "not_found": Kind(
        404,
        "Not found",
        "There is no such thing, or it is not yours; the two look the same on purpose.",
        "Check the address and the id; lists tell the ids that you may use.",
    ),
    "method_not_allowed": Kind(
        405, "Method not allowed", "The address exists, but not for this method.", "See `Allow` and /docs."
    ),
    "request_timeout": Kind(
        408,
        "Too slow",
        "The headers or the body of the request came too slowly.",
        "Send the request again over a better connection.",
    ),
    "conflict": Kind(
        409,
        "Conflict",
        "The present state forbids it: for example, the `external_id` belongs to another one already.",
        "Look at the present state, then change or drop the conflicting value.",
    ),
    "idempotency_running": Kind(
        409,
        "Still running",
        "A call with the same `Idempotency-Key` is under way; it was not begun a second time.",
        "Repeat it after the seconds in `Retry-After` to get its answer.",
    ),
    "precondition_failed": Kind(
        412,
        "Changed meanwhile",
        "`If-Match` names a version that is not the present one.",
        "Get it again, look at the change, and repeat with the new `ETag`.",
    ),
    "invalid_field": Kind(
        422,
        "Invalid field",
        "A field or parameter is unknown, missing, of the wrong type or out of its range; `errors` names it.",
        "Correct the named field; ranges and units stand in /docs.",
    ),
    "idempotency_mismatch": Kind(
        422,
        "Key of another call",
        "The `Idempotency-Key` was used within the last 24 hours for a call to another address, or with another body.",
        "Use a fresh key for each call, and the same one only to repeat that very call.",
    ),
    "nothing_accepted": Kind(
        422,
        "No file accepted",
        "Several files were sent and every one was refused; `items` gives the reason of each.",
        "Look at the problem of each item.",
    ),
    "rate_limited": Kind(
        429,
        "Too many requests",
        "More uploads came under this key or from this address than the settings allow in a minute, or too many calls "
        "with keys that are not valid. Nothing of the call was done.",
        "Wait for the seconds in `Retry-After`; `RateLimit-Remaining` on each answer tells how many are left.",
    ),
    "headers_too_large": Kind(
        431, "Headers too large", "The request line and headers are over the limit.", "Send fewer or shorter headers."
    ),
    "service_error": Kind(500, "Service error", "The service could not do it.", "Report it with its `request_id`."),
    "internal": Kind(
        500,
        "Our mistake",
        "Something unexpected happened in the service. Nothing was stored half.",
        "Try once more; if it happens again, report it with its `request_id`.",
    ),
    "unavailable": Kind(
        503,
        "Not ready",
        "The database or the file store does not answer at the moment. The call was done whole or not at all.",
        "Try again after the seconds in `Retry-After`.",
    ),
    "no_space": Kind(
        507,
        "No space",
        "There is no space left to store anything. Nothing of the call was stored.",
        "Tell the operator; try again once there is space.",
    ),
}

_START = {
    "bad_settings": Kind(
        500,
        "Cannot start like this",
        "A `CRAMPWATCH_…` variable cannot be used; the service did not start. Never met over HTTP.",
        "Correct the variable that the message names; docs/settings.md lists them all.",
    ),
}

_ASK_THE_ATHLETE = "Connect the account again."
_LATER = "Nothing: it is tried again by itself, and what cannot be had shows among the dead jobs."

_SYNC = {
    "webhook_rejected": Kind(
        401,
        "Not from the service",
        "A call to a webhook address did not prove that the sync service sent it.",
        "Compare the secrets in the settings with those that the service shows.",
    ),
    "sync_needs_reauth": Kind(
        409,
        "Consent has ended",
        "The sync service does not take the athlete's token any more, and it cannot be renewed.",
        _ASK_THE_ATHLETE,
    ),
    "not_by_consent": Kind(
        409,
        "No page of consent",
        "The sync service asks no athlete for consent, so there is no page to send one to.",
        "Let the operator add the connection: `crampwatch connection add`.",
    ),
    "consent_refused": Kind(
        403,
        "Consent was not given",
        "The athlete did not agree at the sync service, or the service let them not. Nothing was changed here.",
        "Begin again if that was not meant.",
    ),
    "token_locked": Kind(
        409,
        "Token cannot be read",
        "A stored token was locked with a key that is not set any more, or for somebody else.",
        "Set the key again beside the present one, or connect the account again.",
    ),
    "sync_gone": Kind(
        410,
        "File is gone",
        "The sync service has no such file, or gave it once already.",
        "Export the activity at the service and upload it.",
    ),
    "sync_unsafe_url": Kind(
        422,
        "Address is not called",
        "An address is none of those that the sync service's files may come from, or none that the internet reaches.",
        "Correct the address; the settings `origins` and `delivery_origins` allow more.",
    ),
    "sync_not_ready": Kind(
        425, "File is not ready", "The sync service told of a run whose file it does not give yet.", _LATER
    ),
    "sync_rate_limited": Kind(429, "Service's limit", "The sync service allows no more calls for now.", _LATER),
    "sync_failed": Kind(502, "Sync failed", "The sync service and this one did not come to terms.", _LATER),
    "delivery_refused": Kind(
        502,
        "Subscriber did not take it",
        "A webhook endpoint answered a delivery with something else than 2xx; a redirect is not followed.",
        "Look at `response_status` of the delivery and at the subscriber's own log; it is tried again over three days.",
    ),
    "sync_unusable": Kind(
        502,
        "Answer is no file",
        "The sync service answered with something that is no watch file, or larger than the limits.",
        "Export the activity at the service and upload it.",
    ),
    "sync_provider_down": Kind(
        503,
        "Service is down",
        "The sync service gave no answer, half of one, or said that the fault is its own.",
        _LATER,
    ),
}

KINDS: Mapping[str, Kind] = MappingProxyType({**_FILE, **_CALL, **_SYNC, **_START})
"""By code, in the order of the documentation: the file's fault, the call's, the sync service's, the operator's."""
