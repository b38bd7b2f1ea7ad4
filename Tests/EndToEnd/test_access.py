"""How a mount proves who it is, and the server who it is."""
import os
import pathlib
import random
import subprocess
import sys

import boto3
import pytest

from mount import is_mounted, read_servers, read_values, wardfs

SERVERS = ['ministack']
STUB = pathlib.Path(__file__).parent.parent / 'Servers/imds_stub.py'
MIB = 1 << 20


@pytest.fixture
def metadata_service(server):
    """An instance's metadata service whose temporary keys come from a real STS."""
    stub = subprocess.Popen(
        [sys.executable, STUB, '--sts', server.endpoint, '--ak', server.access_key,
         '--sk', server.secret_key, '--lifetime', '60'],
        stdout=subprocess.PIPE, text=True)
    port = stub.stdout.readline().split()[0]
    yield f'http://127.0.0.1:{port}'
    stub.terminate()
    stub.wait(10)


def test_the_instance_profile_is_enough(server, s3, own_bucket, mounts, metadata_service, tmp_path):
    own = {'AWS_EC2_METADATA_SERVICE_ENDPOINT': metadata_service,
           'AWS_EC2_METADATA_DISABLED': None, 'AWS_ACCESS_KEY_ID': None,
           'AWS_SECRET_ACCESS_KEY': None, 'HOME': str(tmp_path)}

    mount = mounts(f's3://{own_bucket}', environment=own)
    (mount.path / 'file').write_bytes(b'content')

    answer = s3.get_object(Bucket=own_bucket, Key='file')
    assert answer['Body'].read() == b'content'
    assert answer['ServerSideEncryption'] == 'AES256'


def test_tls_is_verified_against_the_bundle(tmp_path, mounts):
    values = read_values()
    weed = read_servers()['seaweedfs']
    tls = values['WARDFS_TEST_SEAWEEDFS_TLS']
    client = boto3.client(
        's3', endpoint_url=tls, region_name=weed.region, aws_access_key_id=weed.access_key,
        aws_secret_access_key=weed.secret_key, verify=values['WARDFS_TEST_CA_FILE'])
    bucket = 'wardfs-tls-' + os.urandom(4).hex()
    client.create_bucket(Bucket=bucket)
    content = random.Random(6).randbytes(20 * MIB)
    keys = {'AWS_ACCESS_KEY_ID': weed.access_key, 'AWS_SECRET_ACCESS_KEY': weed.secret_key}

    mount = mounts(f's3://{bucket}', '--ca-bundle', values['WARDFS_TEST_CA_FILE'], endpoint=tls,
                   environment=keys)
    (mount.path / 'file').write_bytes(content)
    refused_at = tmp_path / 'refused'
    refused_at.mkdir()
    refused = wardfs(
        'mount', f's3://{bucket}', refused_at, '--endpoint-url', tls,
        '--staging-dir', tmp_path / 'staging', environment=mount.environment)

    assert client.get_object(Bucket=bucket, Key='file')['Body'].read() == content
    assert refused.returncode != 0 and 'certificate' in refused.stderr
    assert not is_mounted(refused_at)
    assert mount.unmount() == 0
    client.delete_object(Bucket=bucket, Key='file')
    client.delete_bucket(Bucket=bucket)
