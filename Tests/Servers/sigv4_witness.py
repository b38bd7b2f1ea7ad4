#!/usr/bin/env python3
"""sigv4_witness.py SEED COUNT: signs COUNT generated requests with botocore's own signers.

One line a request, fields separated by tabs, texts in hexadecimal of their UTF-8:
kind (s3, sigv4, presign), region, service, method, host, path (encoded), query items
(name=value or name, comma), headers (name=value, comma), payload (unsigned, empty, or the digest),
access key, secret key, session token ("-" for none), seconds since 1970, lifetime, expectation
(the Authorization header, or the presigned URL)."""
import datetime
import hashlib
import random
import sys
import types
import urllib.parse

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ATOMS = list("abcXYZ019-._~/ +%&=?#:;,@!$'()*[]{}|\\^`<>\"") + [
    "é", "ü", "日本", "\U0001F600", "e\u0301", "%2F", "%20", "//", "/./", "/../", "..", ".", "\t"]
NAMES = ["prefix", "delimiter", "uploadId", "partNumber", "X-Amz-Meta", "a", "A", "b c", "é",
         "list-type", "response-content-type", "versionId"]
# Without Date, which botocore rewrites before it signs.
HEADERS = ["Range", "If-Match", "x-amz-meta-name", "X-Amz-Acl", "Content-Type",
           "x-amz-server-side-encryption", "x-amz-copy-source", "content-md5", "User-Agent",
           "x-amz-expected-bucket-owner", "Expect"]
SPACES = ["", " ", "  ", "\t", " \t "]


def text(draw, most):
    return "".join(draw.choice(ATOMS) for _ in range(draw.randrange(most)))


def items(draw, repeats):
    found = []
    for name in draw.sample(NAMES, draw.randrange(5)):
        for _ in range(draw.choice([1, 1, 1, 3]) if repeats else 1):
            value = draw.choice([None, "", text(draw, 12)])
            found.append((name, value))
    draw.shuffle(found)
    return found


def header_value(draw):
    words = [draw.choice(["a", "Bc", "bytes=0-9", "x/y", "%20", "=,;", "caf", '"q"'])
             for _ in range(draw.randrange(1, 4))]
    value = draw.choice(SPACES)
    for word in words:
        value += word + draw.choice(SPACES)
    return value


def headers(draw):
    found = [(name, header_value(draw)) for name in draw.sample(HEADERS, draw.randrange(6))]
    if draw.random() < 0.2:
        found.append(("x-amz-twice", header_value(draw)))
        found.append(("X-Amz-Twice", header_value(draw)))
    return found


def hexed(value):
    return value.encode().hex()


def pairs(found):
    return ",".join(
        hexed(name) if value is None else hexed(name) + "=" + hexed(value)
        for name, value in found)


def one(draw, kind):
    region = draw.choice(["us-east-1", "eu-central-1", "us-gov-west-1"])
    service = draw.choice(["sts", "kms", "iam"]) if kind == "sigv4" else "s3"
    host = draw.choice(["examplebucket.s3.amazonaws.com", "localhost:9330", "s3.example.org:8443"])
    method = draw.choice(["GET", "PUT", "POST", "HEAD", "DELETE"])
    path = "/" + urllib.parse.quote(text(draw, 20), safe="/~")
    query = items(draw, repeats=kind != "presign")
    sent = headers(draw)
    key = "AKIA" + "".join(draw.choice("ABCDEFGHIJ234567") for _ in range(16))
    secret = "".join(draw.choice("abcdefXYZ0123/+") for _ in range(40))
    token = draw.choice([None, "IQoJ" + "".join(draw.choice("abc/+=XYZ") for _ in range(60))])
    now = draw.choice([1369353600, draw.randrange(0, 4_000_000_000)])
    lifetime = draw.choice([1, 60, 86400, 604800])
    body = draw.choice([b"", b"hello", bytes(draw.randrange(256) for _ in range(50))])
    unsigned = kind == "s3" and draw.random() < 0.5

    encoded = "&".join(
        urllib.parse.quote(name, safe="-_.~")
        + ("" if value is None else "=" + urllib.parse.quote(value, safe="-_.~"))
        for name, value in query)
    request = AWSRequest(
        method=method, url=f"https://{host}{path}" + (f"?{encoded}" if encoded else ""), data=body)
    if kind == "presign":
        request.data = b""
    for name, value in sent:
        request.headers.add_header(name, value)
    request.context["client_config"] = types.SimpleNamespace(
        s3={"payload_signing_enabled": not unsigned})
    moment = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda *arguments, **options: moment
    credentials = Credentials(key, secret, token)
    if kind == "s3":
        signer = botocore.auth.S3SigV4Auth(credentials, service, region)
    elif kind == "sigv4":
        signer = botocore.auth.SigV4Auth(credentials, service, region)
    else:
        signer = botocore.auth.S3SigV4QueryAuth(credentials, service, region, expires=lifetime)
    signer.add_auth(request)

    payload = "unsigned" if unsigned or kind == "presign" else (
        hashlib.sha256(body).hexdigest() if body else "empty")
    expected = request.url if kind == "presign" else request.headers["Authorization"]
    return [kind, region, service, method, host, hexed(path), pairs(query), pairs(sent), payload,
            hexed(key), hexed(secret), "-" if token is None else hexed(token), str(now),
            str(lifetime), hexed(expected)]


def main():
    draw = random.Random(int(sys.argv[1]))
    for number in range(int(sys.argv[2])):
        print("\t".join(one(draw, ["s3", "s3", "sigv4", "presign"][number % 4])))


main()
