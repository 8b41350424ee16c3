"""analytics.py ADDRESS KEY_FILE PROPERTY START END: reads reports by the vendor's own client and prints what it got as JSON."""
import json, sys
from google.analytics.data_v1beta import BetaAnalyticsDataClient
from google.analytics.data_v1beta.services.beta_analytics_data.transports import BetaAnalyticsDataRestTransport
from google.analytics.data_v1beta.types import BatchRunReportsRequest, DateRange, Dimension, Filter, FilterExpression, Metric, OrderBy, RunReportRequest
from google.api_core.exceptions import GoogleAPICallError
from google.oauth2 import service_account

address, key, number, start, end = sys.argv[1:6]
credentials = service_account.Credentials.from_service_account_file(key, scopes=["https://www.googleapis.com/auth/analytics.readonly"])
transport = BetaAnalyticsDataRestTransport(host=address.removeprefix("http://"), url_scheme="http", credentials=credentials)
client = BetaAnalyticsDataClient(transport=transport)


def request(*dimensions, property=number, metrics=("sessions", "activeUsers", "eventCount"), **more):
    return RunReportRequest(
        property=f"properties/{property}", dimensions=[Dimension(name=name) for name in dimensions], metrics=[Metric(name=name) for name in metrics],
        date_ranges=[DateRange(start_date=start, end_date=end)], **more)


def table(report):
    return [[value.value for value in (*row.dimension_values, *row.metric_values)] for row in report.rows]


def failure(call):
    try:
        call()
    except GoogleAPICallError as error:
        return {"class": type(error).__name__, "code": error.code, "message": error.message}


by_date = [OrderBy(dimension=OrderBy.DimensionOrderBy(dimension_name="date"))]
whole = client.run_report(request("date", order_bys=by_date, return_property_quota=True))
result = {
    "rows": table(whole), "rowCount": whole.row_count, "types": [header.type_.name for header in whole.metric_headers],
    "zone": whole.metadata.time_zone, "consumed": whole.property_quota.tokens_per_hour.consumed, "remaining": whole.property_quota.tokens_per_hour.remaining,
}
cells = ("date", "sessionSource", "country", "deviceCategory")
paged, count = [], 1
while len(paged) < count:
    page = client.run_report(request(*cells, limit=1000, offset=len(paged)))
    count = page.row_count
    paged += table(page)
    result["pages"] = result.get("pages", 0) + 1
result["paged"] = len(paged)
result["distinct"] = len({tuple(row[:4]) for row in paged})
result["sum"] = sum(int(row[4]) for row in paged)
batch = client.batch_run_reports(BatchRunReportsRequest(property=f"properties/{number}", requests=[request("date"), request("eventName")]))
result["batch"] = [report.row_count for report in batch.reports]
bookings = FilterExpression(filter=Filter(field_name="eventName", string_filter=Filter.StringFilter(value="table_booking")))
result["bookings"] = table(client.run_report(request("eventName", dimension_filter=bookings, metrics=("eventCount",))))
result["metrics"] = [metric.api_name for metric in client.get_metadata(name=f"properties/{number}/metadata").metrics]
result["bad metric"] = failure(lambda: client.run_report(request("date", metrics=("karaoke",))))
result["bad property"] = failure(lambda: client.run_report(request("date", property="1")))
print(json.dumps(result))
