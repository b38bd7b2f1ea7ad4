#!/bin/bash
# start.sh [DIR]: starts the S3 servers of the tests on loopback, or leaves running ones alone.
#
# MiniStack (checks signatures, IAM and bucket policies; in memory) and SeaweedFS (http and https,
# encrypts at rest). Needs python3 with venv and pip, openssl and curl. Python packages are kept in
# ${WARDFS_TEST_CACHE:-$HOME/.cache/wardfs-tests}; logs, pids, certificates, data and the file `env`
# in DIR (default: `run` in that cache). Ports: WARDFS_TEST_{MINISTACK,SEAWEEDFS,SEAWEEDFS_TLS}_PORT;
# SeaweedFS's inner ports begin at WARDFS_TEST_SEAWEEDFS_INNER_PORT. Three proxies stand before
# MiniStack from WARDFS_TEST_PROXY_PORT on: one slow, one that cuts long answers off, one that
# resets every third connection.
# At the end DIR/env holds KEY=VALUE lines; tests find it through WARDFS_TEST_SERVERS=DIR/env.
set -euo pipefail

fail() { echo "start.sh: $*" >&2; exit 1; }
for tool in python3 openssl curl; do
    command -v "$tool" >/dev/null || fail "$tool is missing"
done

here=$(cd "$(dirname "$0")" && pwd)
cache=${WARDFS_TEST_CACHE:-$HOME/.cache/wardfs-tests}
dir=${1:-$cache/run}
mini_port=${WARDFS_TEST_MINISTACK_PORT:-9330}
weed_port=${WARDFS_TEST_SEAWEEDFS_PORT:-9310}
weed_tls_port=${WARDFS_TEST_SEAWEEDFS_TLS_PORT:-9312}
proxy_port=${WARDFS_TEST_PROXY_PORT:-9335}
inner=${WARDFS_TEST_SEAWEEDFS_INNER_PORT:-9340}
mkdir -p "$cache" "$dir/log" "$dir/seaweedfs"
dir=$(cd "$dir" && pwd)
# Two starts of one DIR wait for each other; servers must not inherit the lock.
exec 9>"$dir/lock"; flock 9

# venv NAME: makes it once per content of its requirements file.
venv() {
    local name=$1 wanted="$here/requirements-$1.txt" at="$cache/venv-$1"
    (
        flock 8
        cmp -s "$wanted" "$at/requirements.txt" && exit 0
        rm -rf "$at"
        python3 -m venv "$at" || exit 1
        "$at/bin/pip" install -q --disable-pip-version-check -r "$wanted" || exit 1
        cp "$wanted" "$at/requirements.txt"
    ) 8>"$cache/venv-$name.lock" || fail "the Python packages of $wanted cannot be installed"
}

# alive NAME: whether the process that we started under that name still runs.
alive() { [ -s "$dir/$1.pid" ] && kill -0 "$(cat "$dir/$1.pid")" 2>/dev/null; }

# launch NAME COMMAND...: in its own session, so that it outlives the caller.
launch() {
    local name=$1; shift
    setsid "$@" >"$dir/log/$name.log" 2>&1 </dev/null 8>&- 9>&- &
    echo $! >"$dir/$name.pid"
}

# ready NAME URL...: waits until the URL gives any HTTP answer.
ready() {
    local name=$1; shift
    for _ in $(seq 600); do
        alive "$name" || { tail -20 "$dir/log/$name.log" >&2; fail "$name ended"; }
        curl -s -o /dev/null --noproxy '*' --max-time 2 "$@" && return
        sleep 0.1
    done
    tail -20 "$dir/log/$name.log" >&2
    fail "$name does not answer after a minute"
}

# free PORT...: nobody else may listen there.
free() {
    for port; do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && fail "port $port is in use"
    done
    return 0
}

venv ministack
venv seaweedfs

if ! [ -s "$dir/cert.pem" ] || ! openssl x509 -in "$dir/cert.pem" -noout -checkend 86400 >/dev/null
then
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
        -addext 'subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1' \
        -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>"$dir/log/openssl.log" \
        || fail "no certificate: $(cat "$dir/log/openssl.log")"
fi

if ! alive ministack; then
    free "$mini_port"
    rm -f "$dir/ministack.keys"
    # AUTH: check SigV4, expiry, IAM and bucket policies.
    launch ministack env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY AUTH=true \
        BIND_HOST=127.0.0.1 MINISTACK_HOST=127.0.0.1 GATEWAY_PORT="$mini_port" \
        EDGE_PORT="$mini_port" SERVICES=s3,sts,iam,kms IOT_MTLS_ENABLED=0 SFTP_ENABLED=0 \
        LOG_LEVEL=WARNING "$cache/venv-ministack/bin/python" "$here/ministack_native.py"
fi

if ! alive seaweedfs; then
    free "$weed_port" "$weed_tls_port"
    cat >"$dir/s3.json" <<'J'
{"identities": [
   {"name": "admin", "credentials": [{"accessKey": "AKIAEXAMPLE000000001",
     "secretKey": "secretsecretsecretsecretsecretsecretsecr"}],
    "actions": ["Admin", "Read", "Write", "List", "Tagging"]},
   {"name": "reader", "credentials": [{"accessKey": "AKIAREADONLY00000001",
     "secretKey": "readonlyreadonlyreadonlyreadonlyreadonly"}], "actions": ["Read", "List"]}],
 "kms": {"default_provider": "local",
         "providers": {"local": {"type": "local", "enableOnDemandCreate": true}}}}
J
    cat >"$dir/iam.json" <<'J'
{"sts": {"tokenDuration": "1h", "maxSessionLength": "12h", "issuer": "seaweedfs-sts",
         "signingKey": "dGVzdC1zaWduaW5nLWtleS0zMi1jaGFyYWN0ZXJzLWxvbmc="},
 "policy": {"defaultEffect": "Deny", "storeType": "memory"},
 "policies": [{"name": "W", "document": {"Version": "2012-10-17", "Statement": [
   {"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*", "arn:aws:s3:::*/*"]}]}}],
 "roles": [{"roleName": "writer", "roleArn": "arn:aws:iam::123456789012:role/writer",
   "trustPolicy": {"Version": "2012-10-17", "Statement": [
     {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole"]}]},
   "attachedPolicies": ["W"]}]}
J
    launch seaweedfs env WEED_S3_SSE_KEY=any-secret-string \
        "$cache/venv-seaweedfs/bin/weed" mini -dir="$dir/seaweedfs" \
        -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.telemetry=false -webdav=false -admin.ui=false \
        -s3.port.iceberg=0 -s3.port.lance=0 \
        -master.port=$inner -master.port.grpc=$((inner + 1)) \
        -volume.port=$((inner + 2)) -volume.port.grpc=$((inner + 3)) \
        -filer.port=$((inner + 4)) -filer.port.grpc=$((inner + 5)) \
        -admin.port=$((inner + 6)) -admin.port.grpc=$((inner + 7)) \
        -s3.port="$weed_port" -s3.port.grpc=$((inner + 8)) -s3.port.https="$weed_tls_port" \
        -s3.cert.file="$dir/cert.pem" -s3.key.file="$dir/key.pem" \
        -s3.config="$dir/s3.json" -s3.iam.config="$dir/iam.json" -s3.iam.readOnly=false \
        -s3.allowDeleteBucketNotEmpty=false -s3.domainName=localhost
fi

# proxy NAME PORT OPTION...: lagproxy.py before MiniStack.
proxy() {
    local name=$1 port=$2; shift 2
    alive "$name" && return
    free "$port"
    launch "$name" "$cache/venv-ministack/bin/python" "$here/lagproxy.py" \
        "$port" "$mini_port" "$@"
}
proxy slow $((proxy_port)) --rtt 30
proxy cutting $((proxy_port + 1)) --reset-after 700000
proxy flaky $((proxy_port + 2)) --reset-prob 0.3

ready ministack "http://127.0.0.1:$mini_port/"
ready seaweedfs "http://127.0.0.1:$weed_port/"
ready seaweedfs --cacert "$dir/cert.pem" "https://localhost:$weed_tls_port/"

ready slow "http://127.0.0.1:$proxy_port/"
ready cutting "http://127.0.0.1:$((proxy_port + 1))/"
# The flaky one may reset this very request: listening is enough.
alive flaky || fail "the flaky proxy ended"

# MiniStack does not check the signature of its root key "test", so tests use users of their own.
if ! [ -s "$dir/ministack.keys" ]; then
    "$cache/venv-ministack/bin/python" "$here/ministack_users.py" \
        "http://127.0.0.1:$mini_port" >"$dir/ministack.keys.new" \
        || fail "MiniStack refused the test users"
    mv "$dir/ministack.keys.new" "$dir/ministack.keys"
fi

{
    echo "WARDFS_TEST_DIR=$dir"
    echo "WARDFS_TEST_PYTHON=$cache/venv-ministack/bin/python"
    echo "WARDFS_TEST_REGION=us-east-1"
    echo "WARDFS_TEST_MINISTACK=http://127.0.0.1:$mini_port"
    cat "$dir/ministack.keys"
    echo "WARDFS_TEST_MINISTACK_SLOW=http://127.0.0.1:$proxy_port"
    echo "WARDFS_TEST_MINISTACK_CUTTING=http://127.0.0.1:$((proxy_port + 1))"
    echo "WARDFS_TEST_MINISTACK_FLAKY=http://127.0.0.1:$((proxy_port + 2))"
    echo "WARDFS_TEST_SEAWEEDFS=http://127.0.0.1:$weed_port"
    echo "WARDFS_TEST_SEAWEEDFS_TLS=https://localhost:$weed_tls_port"
    echo "WARDFS_TEST_SEAWEEDFS_ACCESS_KEY=AKIAEXAMPLE000000001"
    echo "WARDFS_TEST_SEAWEEDFS_SECRET_KEY=secretsecretsecretsecretsecretsecretsecr"
    echo "WARDFS_TEST_SEAWEEDFS_READER_ACCESS_KEY=AKIAREADONLY00000001"
    echo "WARDFS_TEST_SEAWEEDFS_READER_SECRET_KEY=readonlyreadonlyreadonlyreadonlyreadonly"
    echo "WARDFS_TEST_CA_FILE=$dir/cert.pem"
} >"$dir/env.new"
mv "$dir/env.new" "$dir/env"
cat "$dir/env"
