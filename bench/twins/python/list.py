"""GET /v1/access-requests: the first page of the caller's requests."""

from table import S, TABLE, batch, client, offer_keys, plain, shown
from web import answer, answering

PAGE = 25


def handle(event):
    return answering(event, page)


def page(caller):
    found = client.query(
        TableName=TABLE,
        IndexName="GSI1",
        KeyConditionExpression="GSI1PK = :pk AND GSI1SK BETWEEN :from AND :to",
        ExpressionAttributeValues={":pk": S(f"U#{caller['id']}"), ":from": S("R#0"), ":to": S("R#~")},
        ScanIndexForward=False,
        ConsistentRead=False,
        Limit=PAGE + 1,
    )
    requests = [plain({"M": item}) | {"id": item["PK"]["S"].removeprefix("R#")} for item in found["Items"][:PAGE]]
    offers = batch(offer_keys(requests)) if requests else {}
    return answer(200, {"items": [shown(request, offers) for request in requests], "next_cursor": None})
