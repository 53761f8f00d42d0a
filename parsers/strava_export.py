"""`activities.csv` of Strava's bulk export: what the athlete and the service say of each file beside it.

Columns are found by the names in the first line, which Strava writes in the athlete's language, some of them twice, and
more of them every year. Where that language is not known here, the file names are known by what they look like, and
name and type by their places, which never changed. Nothing in the table can make a file fail: what is not understood
is passed over.
"""

from __future__ import annotations

import codecs
import csv
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from parsers.sports import Sport, sport_of

STRAVA_TABLE: Final = "activities.csv"
LONGEST_LINE_BYTES: Final = 1024 * 1024
LONGEST_NUMBER: Final = 40
MOST_COLUMNS: Final = 1000
NAME_CHARACTERS: Final = 200
LOOKS_LIKE_A_FILE: Final = re.compile(r"activities/[^/]{1,200}\.(?:fit|gpx|tcx)(?:\.gz)?", re.IGNORECASE)
NAME_PLACE, SPORT_PLACE = 2, 3
"""Where name and type stand in every table that is known, from 2018 (`id,date,name,type,…`) on."""

_HEADERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "file": (
            "filename",
            "dateiname",
            "nom du fichier",
            "nombre del archivo",
            "nombre de archivo",
            "nome file",
            "nome del file",
            "nome do arquivo",
            "nome do ficheiro",
            "bestandsnaam",
            "ファイル名",
        ),
        "name": (
            "activity name",
            "name der aktivität",
            "nom de l'activité",
            "nombre de la actividad",
            "nome dell'attività",
            "nome attività",
            "nome da atividade",
            "naam van activiteit",
            "naam activiteit",
            "アクティビティ名",
            "name",
        ),
        "sport": (
            "activity type",
            "aktivitätsart",
            "type d'activité",
            "tipo de actividad",
            "tipo di attività",
            "tipo attività",
            "tipo de atividade",
            "activiteitstype",
            "type activiteit",
            "soort activiteit",
            "アクティビティタイプ",
            "type",
        ),
        "temperature": ("weather temperature", "wetter: temperatur", "気温", "天気の気温"),
        "humidity": (
            "humidity",
            "luftfeuchtigkeit",
            "humidité",
            "humedad",
            "umidità",
            "umidade",
            "humidade",
            "luchtvochtigheid",
            "vochtigheid",
            "湿度",
        ),
        "wind": (
            "wind speed",
            "windgeschwindigkeit",
            "vitesse du vent",
            "velocidad del viento",
            "velocità del vento",
            "velocidade do vento",
            "windsnelheid",
            "風速",
        ),
        "effort": (
            "perceived exertion",
            "gefühlte anstrengung",
            "effort perçu",
            "perception de l'effort",
            "esfuerzo percibido",
            "sforzo percepito",
            "esforço percebido",
            "ervaren inspanning",
            "waargenomen inspanning",
            "自覚的運動強度",
        ),
    }
)
"""Headers in lower case. English and German are taken from tables as users show them, the first three French, Spanish
and Japanese ones from other programs' tests; the others are translated here and were never seen: docs/formats says so.
"""
_WEATHER_WORDS: Final = ("weather", "wetter", "météo", "meteo", "clima", "tiempo", "tempo", "weer", "天気", "天候")
_TEMPERATURE_WORDS: Final = ("temperat", "température", "気温", "温度")

_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Run": "lauf,course à pied,course,carrera,corsa,corrida,hardloopsessie,hardlopen,ランニング,ラン",
        "TrailRun": "traillauf,trail,carrera de montaña,corsa trail,corrida em trilha,trailrun,トレイルラン",
        "Ride": ("radfahrt,vélo,sortie vélo,ciclismo,bicicleta,pedalata,giro in bici,pedalada,fietsrit,fietsen,ライド"),
        "Swim": "schwimmen,natation,natación,nuoto,natação,zwemmen,zwemsessie,スイム,水泳",
        "Walk": "spaziergang,gehen,marche,caminata,camminata,caminhada,wandeling,wandelen,ウォーキング,ウォーク",
        "Hike": "wanderung,wandern,randonnée,senderismo,excursión,escursione,trilha,hike,ハイキング,ハイク",
    }
)
"""Strava's types that matter here in other languages; German as users show them, the others translated here."""
_TYPE_OF: Final = {word: english for english, words in _TYPES.items() for word in words.split(",")}

KMH_PER_MPS: Final = 3.6
_BOUNDS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"temperature": (-60.0, 60.0), "humidity": (0.0, 100.0), "wind": (0.0, 55.0), "effort": (1.0, 10.0)}
)
"""In the table's own units; what lies outside is not believed."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What an archive says of one of its files, None where it says nothing.

    `sport` and `sub_sport` are FIT's words. `effort` is how hard it felt, from 1 to 10.
    """

    name: str | None = None
    sport: str | None = None
    sub_sport: str | None = None
    temperature_c: float | None = None
    humidity_pct: float | None = None
    wind_kmh: float | None = None
    effort: float | None = None

    def conditions(self) -> dict[str, float]:
        """The weather that is told, by the contract's names."""
        told = {name: getattr(self, name) for name in ("temperature_c", "humidity_pct", "wind_kmh")}
        return {name: value for name, value in told.items() if value is not None}

    def sport_over(self, sport: str | None, sub_sport: str | None) -> Sport:
        """The sport to take for a file that says `sport` and `sub_sport`, (None, None) to leave the file's.

        The athlete may have corrected the sport in the service; where both agree, the file is the more precise.

        >>> Hint(sport="hiking").sport_over("running", "trail"), Hint(sport="running").sport_over("running", "trail")
        (('hiking', None), (None, None))
        """
        agrees = self.sport == sport and (self.sub_sport is None or sub_sport not in {None, "generic"})
        return (None, None) if self.sport is None or agrees else (self.sport, self.sub_sport)


def hints(chunks: Iterable[bytes], *, wanted: Collection[str]) -> dict[str, Hint]:
    """What the table says of the wanted files, by `key_of` their names; what stands before a fault is kept.

    Raises whatever `chunks` raises, and nothing of its own.
    """
    found: dict[str, Hint] = {}
    try:
        rows = csv.reader(_lines(chunks))
        header = next(rows, [])
        columns = _columns(header[:MOST_COLUMNS])
        for row in rows:
            file = _file(row, columns)
            if file in wanted and file not in found:
                found[file] = _hint(row, columns, positional=not columns["file"])
    except csv.Error:
        return found
    return found


def table_hints(chunks: Iterable[bytes], *, names: Collection[str]) -> dict[str, Hint]:
    """What the table says of the files beside it, by their names as they lie below its folder. As `hints` otherwise."""
    keys = {name: key_of(name) for name in names}
    found = hints(chunks, wanted=set(keys.values()))
    return {name: found[key] for name, key in keys.items() if key in found}


def key_of(name: str) -> str:
    """The name of a file as table and archive have it in common: whoever unpacks some of them takes the `.gz` away."""
    return name.replace("\\", "/").removeprefix("./").lower().removesuffix(".gz")


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines with their ends, until one is absurdly long: each in UTF-8, or else in Latin-1."""
    rest: list[bytes] = []  # pieces of the line that has not ended yet: joined once, however small they come
    held = 0
    for count, chunk in enumerate(chunks):
        first, *more = (chunk if count else chunk.removeprefix(codecs.BOM_UTF8)).split(b"\n")
        rest.append(first)
        held += len(first)
        if more:
            yield from (f"{_text(line)}\n" for line in (b"".join(rest), *more[:-1]))
            rest, held = [more[-1]], len(more[-1])
        if held > LONGEST_LINE_BYTES:
            return
    yield _text(b"".join(rest))


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


Columns = Mapping[str, tuple[int, ...]]


def _columns(header: list[str]) -> Columns:
    """The places of each wanted column, the surest first: a name may stand twice, and older tables have others."""
    plain = [_plain(cell) for cell in header]
    places = {
        field: tuple(place for name in names for place, cell in enumerate(plain) if cell == name)
        for field, names in _HEADERS.items()
    }
    weather = tuple(place for place, cell in enumerate(plain) if _is_weather_temperature(cell))
    return {**places, "temperature": (*places["temperature"], *weather)}


def _plain(cell: str) -> str:
    """A header in lower case; where the service failed to translate it, the last word of its own key."""
    text = " ".join(cell.replace("\u2019", "'").casefold().split())
    return text.rpartition(".")[2].replace("_", " ") if text.startswith("translation missing") else text


def _is_weather_temperature(cell: str) -> bool:
    """Whether a header speaks of both; the device's temperature and the felt one name no weather."""
    return any(word in cell for word in _WEATHER_WORDS) and any(word in cell for word in _TEMPERATURE_WORDS)


def _file(row: list[str], columns: Columns) -> str:
    """The key of the row's file: from the column of that name, else from whatever looks like one; empty if none."""
    told = _first(row, columns["file"])
    if told is None and not columns["file"]:
        told = next((cell for cell in row[:MOST_COLUMNS] if LOOKS_LIKE_A_FILE.fullmatch(cell.strip())), None)
    return key_of(told.strip()) if told else ""


def _hint(row: list[str], columns: Columns, *, positional: bool) -> Hint:
    def places(field: str, place: int) -> tuple[int, ...]:
        return columns[field] or ((place,) if positional else ())

    sport, sub_sport = _sport(_first(row, places("sport", SPORT_PLACE)))
    humidity, wind = _number(row, columns, "humidity"), _number(row, columns, "wind")
    return Hint(
        name=_name(_first(row, places("name", NAME_PLACE))),
        sport=sport,
        sub_sport=sub_sport,
        temperature_c=_number(row, columns, "temperature"),
        humidity_pct=None if humidity is None else round(humidity * 100 if humidity <= 1.0 else humidity, 1),
        wind_kmh=None if wind is None else round(wind * KMH_PER_MPS, 1),
        effort=_number(row, columns, "effort"),
    )


def _first(row: list[str], places: Iterable[int]) -> str | None:
    """The first cell at one of the places that holds anything."""
    return next((row[place] for place in places if place < len(row) and row[place].strip()), None)


def _name(text: str | None) -> str | None:
    """A name as people may see it: one line, no control characters."""
    plain = "".join(letter if letter.isprintable() else " " for letter in (text or "")[: 4 * NAME_CHARACTERS])
    return " ".join(plain.split())[:NAME_CHARACTERS] or None


def _sport(word: str | None) -> Sport:
    told = " ".join((word or "").casefold().split())
    return sport_of(_TYPE_OF.get(told, word))


def _number(row: list[str], columns: Columns, field: str) -> float | None:
    """The number of a column where it can be believed; a comma is a point, as localised tables may have it."""
    told = _first(row, columns[field])
    try:
        value = float(told.replace(",", ".")) if told and len(told) < LONGEST_NUMBER and "_" not in told else math.nan
    except ValueError:
        return None
    low, high = _BOUNDS[field]
    return round(value, 2) if low <= value <= high else None
