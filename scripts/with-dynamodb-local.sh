#!/usr/bin/env bash
# with-dynamodb-local.sh FOLDER COMMAND…: runs COMMAND with GATEPASS_DYNAMODB_ENDPOINT naming a fresh
# DynamoDB Local that holds its data in memory and ends with COMMAND. Its jar lies somewhere in FOLDER.
#
# DynamoDB Local listens on every interface and cannot be told otherwise, so all of this runs in a
# network namespace that has nothing but a loopback interface. COMMAND has no other network either.
set -euo pipefail

if [[ -z ${GATEPASS_OWN_NETWORK:-} ]]; then
    if ! unshare --map-root-user --net true 2>/dev/null; then
        echo "with-dynamodb-local: cannot make a network namespace here (needs Linux and unshare);" \
            "start DynamoDB Local yourself and set GATEPASS_DYNAMODB_ENDPOINT" >&2
        exit 2
    fi
    GATEPASS_OWN_NETWORK=1 exec unshare --map-root-user --net "$0" "$@"
fi
ip link set lo up

jar=$(find "$1" -name DynamoDBLocal.jar -print -quit)
shift
if [[ -z $jar ]]; then
    echo "with-dynamodb-local: there is no DynamoDBLocal.jar in the given folder" >&2
    exit 2
fi

port=8000
endpoint="http://127.0.0.1:$port"
log=$(mktemp)
java -Djava.library.path="${jar%.jar}_lib" -jar "$jar" -inMemory -disableTelemetry -port "$port" >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -f "$log"' EXIT

# Any answer will do: an unsigned request is refused with 400 as soon as the server listens.
for _ in $(seq 150); do
    if curl --silent --output /dev/null "$endpoint"; then
        GATEPASS_DYNAMODB_ENDPOINT=$endpoint "$@"
        exit
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
done
echo "with-dynamodb-local: DynamoDB Local did not answer within 30 s; it said:" >&2
cat "$log" >&2
exit 1
