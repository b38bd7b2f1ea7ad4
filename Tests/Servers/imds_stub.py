#!/usr/bin/env python3
"""imds_stub.py --sts ENDPOINT --ak KEY --sk SECRET [--lifetime SECONDS] [--v1] [--fail N]

IMDSv2 as EC2 speaks it, on a free port of loopback, with temporary credentials that a real STS gave
(AssumeRole on --sts, for a role that this script makes there): a store really checks them. Prints
one line, `PORT ROLE_ARN`, and ends with the process that started it.

The role may also be taken with a web identity of https://issuer.example.
--lifetime: the expiration that the client is told is at most this far off.
--v1: also answer without a token (HttpTokens=optional). --fail N: 500 for the first N documents."""
import argparse
import datetime
import json
import os
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3

parser = argparse.ArgumentParser()
for option in ("sts", "ak", "sk"):
    parser.add_argument("--" + option, required=True)
parser.add_argument("--role", default="wardfs-test-role")
parser.add_argument("--region", default="us-east-1")
parser.add_argument("--lifetime", type=int, default=3600)
parser.add_argument("--fail", type=int, default=0)
parser.add_argument("--v1", action="store_true")
options = parser.parse_args()

BASE = "/latest/meta-data/iam/security-credentials"
clients = {"endpoint_url": options.sts, "region_name": options.region,
           "aws_access_key_id": options.ak, "aws_secret_access_key": options.sk}
sts = boto3.client("sts", **clients)
lock = threading.Lock()
tokens, current, failures = {}, {}, [options.fail]


def make_role():
    iam = boto3.client("iam", **clients)
    account = sts.get_caller_identity()["Account"]
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {
            "Federated": f"arn:aws:iam::{account}:oidc-provider/issuer.example"}}]})
    everything = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    try:
        iam.create_role(RoleName=options.role, AssumeRolePolicyDocument=trust)
    except iam.exceptions.EntityAlreadyExistsException:
        iam.update_assume_role_policy(RoleName=options.role, PolicyDocument=trust)
    iam.put_role_policy(RoleName=options.role, PolicyName="all",
                        PolicyDocument=json.dumps(everything))
    return iam.get_role(RoleName=options.role)["Role"]["Arn"]


def text_of(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def document():
    with lock:
        now = datetime.datetime.now(datetime.timezone.utc)
        soon = now + datetime.timedelta(seconds=min(300, options.lifetime // 2))
        if not current or current["until"] <= soon:
            given = sts.assume_role(
                RoleArn=arn, RoleSessionName="i-0123456789abcdef0",
                DurationSeconds=max(900, options.lifetime))["Credentials"]
            end = now + datetime.timedelta(seconds=options.lifetime)
            current["until"] = min(end, given["Expiration"])
            current["document"] = {
                "Code": "Success", "LastUpdated": text_of(now), "Type": "AWS-HMAC",
                "AccessKeyId": given["AccessKeyId"], "SecretAccessKey": given["SecretAccessKey"],
                "Token": given["SessionToken"], "Expiration": text_of(current["until"])}
        return json.dumps(current["document"], indent=2)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "EC2ws"

    def answer(self, status, body="", **headers):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path != "/latest/api/token":
            return self.answer(405)
        if self.headers.get("x-forwarded-for"):
            return self.answer(403)
        try:
            lifetime = int(self.headers["x-aws-ec2-metadata-token-ttl-seconds"])
        except (TypeError, ValueError):
            return self.answer(400)
        if not 1 <= lifetime <= 21600:
            return self.answer(400)
        token = secrets.token_urlsafe(42)
        tokens[token] = time.time() + lifetime
        return self.answer(200, token, X_Aws_Ec2_Metadata_Token_Ttl_Seconds=str(lifetime))

    def do_GET(self):
        token = self.headers.get("x-aws-ec2-metadata-token")
        missing = token is None and not options.v1
        if missing or (token is not None and tokens.get(token, 0) < time.time()):
            return self.answer(401)
        if self.path.rstrip("/") == BASE:
            return self.answer(200, options.role)
        if self.path == f"{BASE}/{options.role}":
            if failures[0] > 0:
                failures[0] -= 1
                return self.answer(500)
            return self.answer(200, document())
        if self.path == "/latest/meta-data/placement/region":
            return self.answer(200, options.region)
        return self.answer(404)

    def log_message(self, *_):
        pass


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


arn = make_role()
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
print(server.server_address[1], arn, flush=True)
server.serve_forever()
