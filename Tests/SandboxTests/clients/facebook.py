"""facebook.py ADDRESS TOKEN PAGE SINCE UNTIL: reads a page by the vendor's own client and prints what it got as JSON."""
import json, sys, warnings
from facebook_business.session import FacebookSession
from facebook_business.api import FacebookAdsApi
from facebook_business.adobjects.page import Page
from facebook_business.exceptions import FacebookRequestError

warnings.simplefilter("ignore")  # its own tables lag behind its API
address, token, page, since, until = sys.argv[1:6]
FacebookSession.GRAPH = address  # its host is a class attribute
FacebookAdsApi.init(access_token=token)


def failure(call):
    try:
        call()
    except FacebookRequestError as error:
        return {
            "status": error.http_status(), "code": error.api_error_code(), "subcode": error.api_error_subcode(), "type": error.api_error_type(),
            "message": error.api_error_message(), "transient": error.api_transient_error(), "usage": error.http_headers().get("X-App-Usage"),
        }


result = {"page": Page(page).api_get(fields=["id", "name"]).export_all_data()}
days = {"period": "day", "since": since, "until": until}
insights = Page(page).get_insights(params={"metric": ["page_views_total", "page_actions_post_reactions_total"], **days})
result["insights"] = [insight.export_all_data() for insight in insights]
posts = Page(page).get_posts(
    fields=["id", "message", "created_time", "permalink_url", "shares", "insights.metric(post_media_view,post_clicks).period(lifetime)"], params={"limit": 100})
result["posts"] = [
    {"id": post["id"], "values": [metric["values"][0]["value"] for metric in post["insights"]["data"]]} for post in posts  # turns the pages by itself
]
result["bad metric"] = failure(lambda: Page(page).get_insights(params={"metric": ["page_engaged_users"], **days}))
FacebookAdsApi.init(access_token="nonsense")
result["bad token"] = failure(lambda: Page(page).get_insights(params={"metric": ["page_views_total"], **days}))
print(json.dumps(result))
