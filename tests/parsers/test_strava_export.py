"""The table of Strava's export: columns by name, twice-named, in other languages, and rows of every kind."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest

from parsers import Hint, Limits, members
from parsers.strava_export import hints, key_of

MODERN = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Max Heart Rate,"
    "Relative Effort,Commute,Activity Private Note,Activity Gear,Filename,Athlete Weight,Bike Weight,Elapsed Time,"
    "Moving Time,Distance,Perceived Exertion,Type,Start Time,Weather Condition,Weather Temperature,"
    "Apparent Temperature,Dewpoint,Humidity,Weather Pressure,Wind Speed,Wind Gust,Media"
)
GERMAN = (
    "Aktivitäts-ID,Aktivitätsdatum,Name der Aktivität,Aktivitätsart,Verstrichene Zeit,Distanz,Dateiname,"
    "Verstrichene Zeit,Distanz,Gefühlte Anstrengung,Art,Wetter: Temperatur,Scheinbare Temperatur,Luftfeuchtigkeit,"
    "Windgeschwindigkeit"
)


def row(header: str, **cells: str) -> str:
    """A line with the given cells in the first column of their name; `_` stands for a blank in it."""
    names = header.split(",")
    line = [""] * len(names)
    for name, value in cells.items():
        line[names.index(name.replace("_", " "))] = f'"{value}"' if "," in value or "\n" in value else value
    return ",".join(line)


def told(table: str | bytes, *files: str) -> dict[str, Hint]:
    data = table.encode() if isinstance(table, str) else table
    wanted = {key_of(file) for file in files or ("activities/1.fit.gz",)}
    return hints([data[at : at + 7] for at in range(0, len(data), 7)], wanted=wanted)


def only(table: str | bytes) -> Hint:
    """The hint for activities/1.fit.gz."""
    return told(table)["activities/1.fit"]


FULL = {
    "Activity_Name": "Long run, easy",
    "Activity_Type": "Trail Run",
    "Filename": "activities/1.fit.gz",
    "Perceived_Exertion": "6.0",
    "Type": "3.0",
    "Weather_Temperature": "21.5",
    "Apparent_Temperature": "25.0",
    "Humidity": "0.62",
    "Wind_Speed": "2.5",
}


def test_names_types_weather_and_effort_are_found_by_the_names_of_their_columns():
    hint = only(f"{MODERN}\n{row(MODERN, **FULL)}\n")
    assert hint == Hint("Long run, easy", "running", "trail", 21.5, 62.0, 9.0, 6.0)
    assert hint.conditions() == {"temperature_c": 21.5, "humidity_pct": 62.0, "wind_kmh": 9.0}


def test_the_columns_may_stand_anywhere():
    header = ",".join(reversed(MODERN.split(",")))
    assert only(f"{header}\n{row(header, **FULL)}\n") == only(f"{MODERN}\n{row(MODERN, **FULL)}\n")


def test_of_a_column_that_stands_twice_the_first_cell_with_anything_counts():
    header = "Filename,Activity Name,Activity Name,Perceived Exertion,Perceived Exertion"
    assert only(f"{header}\nactivities/1.fit.gz,,Second,,4\n") == Hint(name="Second", effort=4.0)
    assert only(f"{header}\nactivities/1.fit.gz,First,Second,3,4\n") == Hint(name="First", effort=3.0)


def test_the_table_of_2018_has_other_headers():
    table = "id,date,name,type,description,elapsed_time,distance,commute,gear,filename\n"
    hint = only(table + "1,2018-09-12 15:02:23,Evening,Ride,,783,3681.0,true,,activities/1.fit.gz\n")
    assert hint == Hint(name="Evening", sport="cycling")


def test_german_headers_types_and_decimal_commas():
    cells = {
        "Name_der_Aktivität": "Morgenlauf",
        "Aktivitätsart": "Lauf",
        "Dateiname": "activities/1.fit.gz",
        "Art": "9",
        "Wetter:_Temperatur": "-3,5",
        "Luftfeuchtigkeit": "0,8",
        "Windgeschwindigkeit": "3",
        "Gefühlte_Anstrengung": "7",
    }
    assert only(f"{GERMAN}\n{row(GERMAN, **cells)}\n") == Hint("Morgenlauf", "running", None, -3.5, 80.0, 10.8, 7.0)


@pytest.mark.parametrize(
    ("header", "word", "sport"),
    [
        ("ID de l'activité,Date,Nom de l'activité,Type d'activité,Nom du fichier", "Course à pied", "running"),
        (
            "ID de l\u2019activité,Date,Nom de l\u2019activité,Type d\u2019activité,Nom du fichier",
            "Randonnée",
            "hiking",
        ),
        ("ID,Fecha,Nombre de la actividad,Tipo de actividad,Nombre del archivo", "Carrera", "running"),
        ("ID,Data,Nome dell'attività,Tipo di attività,Nome del file", "Corsa", "running"),
        ("ID,Data,Nome da atividade,Tipo de atividade,Nome do arquivo", "Corrida", "running"),
        ("ID,Datum,Naam van activiteit,Activiteitstype,Bestandsnaam", "Wandeling", "walking"),
        (
            "アクティビティID,アクティビティ実行日,アクティビティ名,アクティビティタイプ,ファイル名",
            "ランニング",
            "running",
        ),
    ],
)
def test_headers_and_types_in_other_languages(header: str, word: str, sport: str):
    assert only(f"{header}\n1,x,A name,{word},activities/1.fit.gz\n") == Hint(name="A name", sport=sport)


def test_in_an_unknown_language_files_are_known_by_their_look_and_name_and_type_by_their_places():
    table = "Ид,Дата,Название,Вид,Описание,Файл\n1,x,Утро,Run,activities/2.gpx.zip,activities/1.fit.gz\n"
    assert only(table) == Hint(name="Утро", sport="running")
    assert told("a,b,c\n1,2,3\n") == {}


def test_a_header_that_the_service_failed_to_translate_is_known_by_its_key():
    missing = "translation missing: en-GB.lib.export.portability_exporter.activities.horton_values.perceived_exertion"
    assert only(f"Filename,{missing}\nactivities/1.fit.gz,5.0\n") == Hint(effort=5.0)


def test_quoted_names_may_hold_commas_quotes_and_line_breaks():
    table = 'Filename,Activity Name\r\nactivities/1.fit.gz,"A ""long""\r\nname, with\tall"\r\n'
    assert only(table).name == 'A "long" name, with all'


def test_a_name_is_one_line_of_at_most_200_characters_without_controls():
    assert only("Filename,Activity Name\nactivities/1.fit.gz,a\x00\x1b[31m\u202eb\n").name == "a [31m b"
    assert len(only(f"Filename,Activity Name\nactivities/1.fit.gz,{'x' * 5000}\n").name or "") == 200


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_byte_order_marks_and_latin_1_are_read(encoding: str):
    assert only("Filename,Activity Name\nactivities/1.fit.gz,Côte d'été\n".encode(encoding)).name == "Côte d'été"


@pytest.mark.parametrize(
    "cells",
    [
        {"Weather_Temperature": "nan", "Humidity": "inf", "Wind_Speed": "-1", "Perceived_Exertion": "0"},
        {"Weather_Temperature": "75", "Humidity": "101", "Wind_Speed": "70", "Perceived_Exertion": "11"},
        {"Weather_Temperature": "1_0", "Humidity": "60 %", "Wind_Speed": "fast", "Perceived_Exertion": "9" * 400},
    ],
)
def test_numbers_that_cannot_be_are_not_told(cells: dict[str, str]):
    assert only(f"{MODERN}\n{row(MODERN, Filename='activities/1.fit.gz', **cells)}\n") == Hint()


@pytest.mark.parametrize(("cell", "percent"), [("0", 0.0), ("0.62", 62.0), ("1", 100.0), ("62", 62.0)])
def test_humidity_is_a_fraction_or_a_percentage(cell: str, percent: float):
    assert only(f"Filename,Humidity\nactivities/1.fit.gz,{cell}\n").humidity_pct == percent


def test_rows_without_a_file_short_rows_and_files_that_are_not_there_are_passed_over():
    table = "Filename,Activity Name\n,No file\n\nactivities/9.fit,Elsewhere\nactivities/1.fit.gz\n"
    assert told(table) == {"activities/1.fit": Hint()}


def test_of_two_rows_for_one_file_the_first_counts():
    assert only("Filename,Activity Name\nactivities/1.fit.gz,One\nactivities/1.fit.gz,Two\n").name == "One"


@pytest.mark.parametrize(
    "broken", ["", '"', "\0", "a" * 2_000_000, '"' + "a" * 200_000 + '"\n', "Filename\n" + '"' * 7, ",\n" * 1000]
)
def test_a_table_that_is_none_tells_nothing_and_raises_nothing(broken: str):
    assert told(broken) == {}


def test_what_stands_before_a_fault_is_kept():
    table = f'Filename,Activity Name\nactivities/1.fit.gz,Kept\nactivities/2.fit.gz,"{"x" * 200_000}"\n'
    assert told(table, "activities/1.fit", "activities/2.fit") == {"activities/1.fit": Hint(name="Kept")}


@pytest.mark.parametrize(
    ("hint", "file", "taken"),
    [
        (Hint(), ("running", "trail"), (None, None)),
        (Hint(sport="running"), ("running", "trail"), (None, None)),
        (Hint(sport="running"), ("running", None), (None, None)),
        (Hint(sport="running", sub_sport="trail"), ("running", "generic"), ("running", "trail")),
        (Hint(sport="running", sub_sport="trail"), ("running", "track"), (None, None)),
        (Hint(sport="hiking"), ("running", "trail"), ("hiking", None)),
        (Hint(sport="running"), (None, None), ("running", None)),
    ],
)
def test_the_sport_of_the_table_wins_where_it_says_another_or_more(hint: Hint, file: tuple, taken: tuple):
    assert hint.sport_over(*file) == taken


# --- in an archive


def archive(**files: bytes | str) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out


def named(file: io.BytesIO, *, limits: Limits | None = None) -> dict[str, str | None]:
    """What the members' hints call them."""
    found = members(file, limits=limits or Limits())
    return {member.name: member.hint.name if member.hint else None for member in found}


TABLE = "Filename,Activity Name\nactivities/1.fit.gz,One\nactivities/2.gpx,Two\n"


def test_each_file_of_the_export_bears_what_the_table_says_wherever_the_table_stands():
    files = {"activities/1.fit.gz": b"x", "activities.csv": TABLE, "activities/2.gpx": b"y", "media/a.jpg": b"z"}
    expected = {"activities/1.fit.gz": "One", "activities.csv": None, "activities/2.gpx": "Two", "media/a.jpg": None}
    assert named(archive(**files)) == expected
    assert named(archive(**dict(reversed(files.items())))) == expected


def test_an_export_that_was_packed_again_in_a_folder_and_without_gzip_is_still_known():
    files = {"export_7/activities/1.fit": b"x", "export_7/activities.csv": TABLE, "activities/2.gpx": b"y"}
    assert named(archive(**files)) == {
        "export_7/activities/1.fit": "One",
        "export_7/activities.csv": None,
        "activities/2.gpx": None,
    }


def test_a_damaged_or_oversized_table_costs_the_hints_and_no_file():
    out = archive(**{"activities/1.fit.gz": b"x", "activities.csv": TABLE * 50})
    data = bytearray(out.getvalue())
    at = data.index(b"activities.csv") + len("activities.csv") + 3
    data[at : at + 8] = b"\xff" * 8
    assert named(io.BytesIO(bytes(data))) == {"activities/1.fit.gz": None, "activities.csv": None}
    assert named(out, limits=Limits(unpacked_bytes=100))["activities/1.fit.gz"] is None


def test_a_table_of_any_size_is_read_in_pieces_and_only_its_own_files_are_kept():
    filler = "".join(f"activities/{n}.fit.gz,{'x' * 100}\n" for n in range(20_000))
    out = archive(
        **{"activities.csv": f"Filename,Activity Name\n{filler}activities/a.fit,Last\n", "activities/a.fit": b"x"}
    )
    assert named(out) == {"activities.csv": None, "activities/a.fit": "Last"}


def test_an_archive_of_any_size_is_walked_with_one_member_in_memory():
    table = "Filename,Activity Name\n" + "".join(f"activities/{n}.gpx,Run {n}\n" for n in range(60))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as export:
        export.writestr("activities.csv", table)
        for number in range(60):
            export.writestr(f"activities/{number}.gpx", b"<gpx>" + bytes(500_000))
    tracemalloc.start()
    try:
        names = [member.hint.name for member in members(out) if member.hint]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert names == [f"Run {number}" for number in range(60)]
    assert peak < 4_000_000
