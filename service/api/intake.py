"""Intake: the bytes of an upload, streamed from the request into unlinked temporary files, within the limits.

Every size is counted as bytes arrive and nothing is parsed before all have, so the limits hold with and without a
Content-Length. A temporary file has no name (the system takes it away with its last handle, also after a crash), and
none is left open when this module raises.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import Any, BinaryIO, Final, cast

from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from parsers.errors import TooLarge
from service.errors import BadCall, NoSpace
from service.ingest import shown_name
from service.settings import Settings

FILE_FIELD: Final = "file"

IN_MEMORY_BYTES: Final = 256 * 1024
"""Up to here a file stays in memory: most watch files do, and a thousand at once take 256 MB at the worst."""

_MAX_FIELD_BYTES: Final = 4096
_MAX_FIELDS: Final = 32
_ZIP_MAGIC: Final = b"PK"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Sent:
    """One file as it was sent: its name as a harmless text, and the open temporary file, at its beginning."""

    name: str
    file: BinaryIO

    def is_archive(self) -> bool:
        """Whether the content begins as a ZIP does."""
        head = self.file.read(2)
        self.file.seek(0)
        return head == _ZIP_MAGIC


@dataclass(frozen=True, slots=True)
class Intake:
    """All that one request brought: files, and the other fields of the form or the query. Close it."""

    files: tuple[Sent, ...]
    fields: Mapping[str, str]
    handles: ExitStack

    def close(self) -> None:
        """Let go of every temporary file."""
        self.handles.close()


class Gauge:
    """Counts the bytes of one file against its limit, which is an archive's where it begins as one."""

    def __init__(self, settings: Settings) -> None:
        self._limits = {True: settings.max_archive_bytes, False: settings.max_file_bytes}
        self._head = b""
        self._bytes = 0

    def add(self, piece: bytes, *, announced: int = 0) -> None:
        """Count a piece; `announced` is how long the whole will be, where that was told. Raises TooLarge."""
        self._bytes += len(piece)
        if len(self._head) < len(_ZIP_MAGIC):
            self._head += piece[: len(_ZIP_MAGIC)]
        limit = self._limits[self._head.startswith(_ZIP_MAGIC)]
        if max(self._bytes, announced) > limit:
            raise TooLarge("too_large", f"The file is larger than {limit:,} bytes; send one activity at a time.")


async def receive(request: Request, settings: Settings) -> Intake:
    """What the request brought, whole and within the limits.

    Raises TooLarge, BadCall (`bad_multipart`, `no_file`, `invalid_field`), NoSpace.
    """
    kind, _ = parse_options_header(request.headers.get("content-type"))
    with _space(), _form():
        if kind == b"multipart/form-data":
            return await _receive_form(request, settings)
        return await _receive_body(request, settings)


async def _receive_form(request: Request, settings: Settings) -> Intake:
    async with aclosing(request.stream()) as stream:
        form = await _Parts(request.headers, stream, settings=settings).parse()
    with _closing_on_error() as handles:
        files: list[Sent] = []
        fields = dict(request.query_params)
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files.append(Sent(shown_name(value.filename), handles.enter_context(value.file)))
            else:
                fields[name] = value
        if not files or any(name != FILE_FIELD for name, value in form.multi_items() if isinstance(value, UploadFile)):
            raise BadCall("Name each part that holds a file `file`, and send at least one.", code="no_file")
        return Intake(tuple(files), fields, handles)


@contextmanager
def _closing_on_error() -> Iterator[ExitStack]:
    """A stack of handles that outlives this block, unless it is left by an exception."""
    handles = ExitStack()
    try:
        yield handles
    except BaseException:
        handles.close()
        raise


class _Parts(MultiPartParser):
    """Starlette's parser of forms, which bounds fields but neither the size of a file nor what all of them take."""

    spool_max_size = IN_MEMORY_BYTES

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None], *, settings: Settings) -> None:
        super().__init__(
            headers,
            stream,
            max_files=settings.max_upload_parts,
            max_fields=_MAX_FIELDS,
            max_part_size=_MAX_FIELD_BYTES,
        )
        self._settings = settings
        self._gauge = Gauge(settings)

    def on_part_begin(self) -> None:
        """A new part is counted from nothing."""
        super().on_part_begin()
        self._gauge = Gauge(self._settings)

    def on_headers_finished(self) -> None:
        """The temporary file of a part is one of ours: starlette's would go where the system has its own."""
        super().on_headers_finished()
        if self._current_part.file is not None:
            self._current_part.file.file.close()
            self._current_part.file.file = self._files_to_close_on_error[-1] = _spool(self._settings)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Count what belongs to a file; a field is bounded by the parser itself."""
        if self._current_part.file is not None:
            self._gauge.add(data[start:end])
        super().on_part_data(data, start, end)

    async def parse(self) -> FormData:
        """The form. Raises MultiPartException also where the body ends before the last part does."""
        form = await super().parse()
        if len(self._files_to_close_on_error) > sum(isinstance(value, UploadFile) for _, value in form.multi_items()):
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("The body ends in the middle of a part.")
        return form


def _spool(settings: Settings) -> Any:
    """A temporary file, in memory up to IN_MEMORY_BYTES and then in the data folder."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(settings.temporary_dir))


async def _receive_body(request: Request, settings: Settings) -> Intake:
    announced = _announced(request)
    gauge = Gauge(settings)
    with _closing_on_error() as handles:
        file = handles.enter_context(_spool(settings))
        async for piece in request.stream():
            gauge.add(piece, announced=announced)
            await _write(file, piece)
        file.seek(0)
        fields = {name: value for name, value in request.query_params.items() if name != "filename"}
        return Intake((Sent(_name_of(request), cast("BinaryIO", file)),), fields, handles)


async def _write(file: Any, piece: bytes) -> None:
    """Into memory at once; to the disk on a thread, so that a slow disk holds up this request alone."""
    if file._rolled or file.tell() + len(piece) > IN_MEMORY_BYTES:  # noqa: SLF001 - as starlette's UploadFile asks it
        await run_in_threadpool(file.write, piece)
    else:
        file.write(piece)


def _announced(request: Request) -> int:
    told = request.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 19 else 0


def _name_of(request: Request) -> str:
    """The name of a raw body: `?filename=`, else that of Content-Disposition, in either of its spellings (RFC 6266)."""
    disposition = Message()
    disposition["content-disposition"] = request.headers.get("content-disposition", "")
    told = disposition.get_filename("")
    return shown_name(request.query_params.get("filename") or told)


@contextmanager
def _form() -> Iterator[None]:
    try:
        yield
    except MultiPartException as error:
        raise BadCall(
            "The multipart body cannot be read; let an HTTP library build it.", code="bad_multipart"
        ) from error


@contextmanager
def _space() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace("There is no space left to receive the file.", retry_after_s=60) from error
        raise
