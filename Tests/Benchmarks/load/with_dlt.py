"""dlt on its fastest path, Arrow tables with their types told: with_dlt.py FILE DESTINATION FOLDER replace|merge

DESTINATION is the path of a SQLite file, or a PostgreSQL URL. FOLDER keeps dlt's state from call to call.
"""
import os
import sys

file, destination, folder, disposition = sys.argv[1:]
os.environ.update(
    DLT_DATA_DIR=folder, DLT_PROJECT_DIR=folder, RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="ERROR",
    DATA_WRITER__DISABLE_COMPRESSION="true", NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION="true")
import dlt
import pyarrow
import pyarrow.csv

TYPES = {
    "event_id": pyarrow.int64(), "user_id": pyarrow.string(), "campaign_id": pyarrow.int64(), "event_at": pyarrow.timestamp("ms", "UTC"),
    "event_date": pyarrow.date32(), "channel": pyarrow.string(), "country": pyarrow.string(), "cost": pyarrow.decimal128(12, 4),
    "revenue": pyarrow.decimal128(12, 2), "clicks": pyarrow.int64(), "is_conversion": pyarrow.bool_(), "ad_text": pyarrow.string(),
}
isServer = destination.startswith("postgresql:")
# Without keys its merge on SQLite compares each row with each.
target = dlt.destinations.postgres(destination) if isServer else dlt.destinations.sqlalchemy(f"sqlite:///{destination}", create_primary_keys=True)


@dlt.resource(name="events", primary_key="event_id", write_disposition=disposition)
def events():
    reader = pyarrow.csv.open_csv(
        file, read_options=pyarrow.csv.ReadOptions(block_size=16 << 20), parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=TYPES, strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=False))
    for batch in reader:
        yield pyarrow.Table.from_batches([batch])


pipeline = dlt.pipeline("bench", destination=target, dataset_name="dlt" if isServer else "main", pipelines_dir=f"{folder}/pipelines")
pipeline.run(events(), loader_file_format="csv" if isServer else "parquet").raise_on_failed_jobs()
