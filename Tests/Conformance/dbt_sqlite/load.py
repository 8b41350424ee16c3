"""Loads nycflights13 into plain tables, as our loader would: load.py FOLDER DATABASE BATCH FIRST_DAY LAST_DAY (of January)."""
import csv
import io
import sqlite3
import sys
import zipfile

folder, database, batch, first, last = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])


def value(text):
    if text in ("NA", ""):
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def lines(name):
    if name == "flights":
        with zipfile.ZipFile(f"{folder}/flights.csv.zip") as archive:
            inner = next(n for n in archive.namelist() if n.endswith("flights.csv") and "MACOSX" not in n)
            yield from csv.reader(io.TextIOWrapper(archive.open(inner), encoding="utf-8"))
    else:
        with open(f"{folder}/{name}.csv", encoding="utf-8", newline="") as file:
            yield from csv.reader(file)


connection = sqlite3.connect(database)
connection.execute("pragma journal_mode = wal")
for name in ("airlines", "airports", "planes", "flights", "weather"):
    rows = lines(name)
    header = next(rows)
    if name in ("flights", "weather"):
        month, day = header.index("month"), header.index("day")
        rows = (row for row in rows if row[month] == "1" and first <= int(row[day]) <= last)
    else:
        connection.execute(f'drop table if exists "{name}"')
    columns = ", ".join(f'"{column}"' for column in header)
    connection.execute(f'create table if not exists "{name}" ({columns}, _sluice_batch integer, _sluice_row integer)')
    places = ", ".join("?" * (len(header) + 2))
    connection.executemany(
        f'insert into "{name}" values ({places})', ([*map(value, row), batch, number] for number, row in enumerate(rows)))
connection.commit()
