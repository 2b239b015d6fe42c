// GET /v1/access-requests: the first page of the caller's requests.

import { QueryCommand } from "@aws-sdk/client-dynamodb";

import { answer, answering } from "./http.mjs";
import { S, TABLE, batch, client, offerKeys, plain, shown } from "./table.mjs";

const PAGE = 25;

export function list(event) {
  return answering(event, async (caller) => {
    const page = await client.send(
      new QueryCommand({
        TableName: TABLE,
        IndexName: "GSI1",
        KeyConditionExpression: "GSI1PK = :pk AND GSI1SK BETWEEN :from AND :to",
        ExpressionAttributeValues: { ":pk": S(`U#${caller.id}`), ":from": S("R#0"), ":to": S("R#~") },
        ScanIndexForward: false,
        ConsistentRead: false,
        Limit: PAGE + 1,
      }),
    );
    const requests = page.Items.slice(0, PAGE).map((item) => ({ ...plain({ M: item }), id: item.PK.S.slice("R#".length) }));
    const offers = requests.length > 0 ? await batch(offerKeys(requests)) : new Map();
    return answer(200, { items: requests.map((request) => shown(request, offers)), next_cursor: null });
  });
}
