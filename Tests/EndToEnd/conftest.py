"""Real mounts over real servers, with boto3 as the witness of what lies in the bucket.

packaging/test sets WARDFS_BINARY and WARDFS_TEST_SERVERS (see Tests/Servers/start.sh).
"""
import os
import pathlib
import secrets
import sys
import threading

import boto3
import pytest
from botocore.config import Config

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'Servers'))

from faulty_proxy import FaultyProxy  # noqa: E402
from mount import Mount, Server, read_servers, wait_for  # noqa: E402


def pytest_configure(config):
    for name in ('WARDFS_BINARY', 'WARDFS_TEST_SERVERS'):
        if name not in os.environ:
            pytest.exit(f'{name} is not set: run packaging/test', returncode=2)


def pytest_generate_tests(metafunc):
    """Each test that uses a server runs on both, unless the module says otherwise; `local` is
    no server at all."""
    if 'server' in metafunc.fixturenames:
        names = getattr(metafunc.module, 'SERVERS', ['ministack', 'seaweedfs'])
        metafunc.parametrize('server', names, indirect=True, scope='module')


@pytest.fixture(autouse=True)
def watchdog(request):
    """Kills the mounts of a test that takes too long: a call into a mount that does not answer
    cannot be interrupted otherwise."""
    marker = request.node.get_closest_marker('timeout')
    limit = marker.args[0] if marker else float(request.config.getini('timeout'))
    timer = threading.Timer(limit - 10, Mount.kill_all)
    timer.start()
    yield
    timer.cancel()


@pytest.fixture(scope='module')
def server(request) -> Server | None:
    return read_servers().get(request.param)


def client(server, endpoint=None, **options):
    return boto3.client(
        's3', endpoint_url=endpoint or server.endpoint, region_name=server.region,
        aws_access_key_id=server.access_key, aws_secret_access_key=server.secret_key,
        config=Config(s3={'addressing_style': 'path'}, retries={'total_max_attempts': 3}),
        **options)


@pytest.fixture(scope='module')
def s3(server):
    return client(server)


def make_bucket(s3):
    name = 'wardfs-' + secrets.token_hex(6)
    s3.create_bucket(Bucket=name)
    return name


def remove_bucket(s3, name):
    for upload in s3.list_multipart_uploads(Bucket=name).get('Uploads', []):
        s3.abort_multipart_upload(Bucket=name, Key=upload['Key'], UploadId=upload['UploadId'])
    for page in s3.get_paginator('list_objects_v2').paginate(Bucket=name):
        for entry in page.get('Contents', []):
            s3.delete_object(Bucket=name, Key=entry['Key'])
    s3.delete_bucket(Bucket=name)


@pytest.fixture(scope='module')
def bucket(s3):
    """One bucket for the tests of a module; each test uses names of its own."""
    name = make_bucket(s3)
    yield name
    remove_bucket(s3, name)


@pytest.fixture
def own_bucket(s3):
    """A bucket for one test."""
    name = make_bucket(s3)
    yield name
    remove_bucket(s3, name)


@pytest.fixture
def mounts(server, tmp_path_factory):
    """Makes mounts; ends and checks all of them."""
    made = []

    def make(source, *options, check=True, endpoint=None, environment=None, **keywords):
        mount = Mount(source, server, tmp_path_factory.mktemp('mount'), options,
                      endpoint=endpoint, environment=environment, **keywords)
        mount.checked = check
        made.append(mount)
        return mount.start()

    yield make
    errors = []
    for mount in reversed(made):
        try:
            mount.end()
        except AssertionError as error:
            errors.append(error)
    if errors:
        raise errors[0]


@pytest.fixture(scope='module')
def module_mount(server, bucket, tmp_path_factory):
    """One mount of the module's bucket, for tests that leave it as they found it."""
    mount = Mount(f's3://{bucket}', server, tmp_path_factory.mktemp('mount'), ())
    mount.start()
    yield mount
    mount.end()


@pytest.fixture
def path(module_mount, request) -> pathlib.Path:
    """A directory of this test's own in the module's mount."""
    directory = module_mount.path / secrets.token_hex(4)
    directory.mkdir()
    return directory


@pytest.fixture
def prefix(path) -> str:
    """The keys of `path` begin so."""
    return path.name + '/'


@pytest.fixture
def theirs(s3, bucket, path, prefix):
    """Puts an object as another program would, and waits until the mount sees it."""
    def put(name, content):
        s3.put_object(Bucket=bucket, Key=prefix + name, Body=content)
        wait_for(lambda: (path / name).exists(), 10, 'the object of the other program')
    return put


@pytest.fixture
def proxy(server):
    with FaultyProxy(server.endpoint) as proxy:
        yield proxy


@pytest.fixture
def body(s3, bucket):
    """Reads an object of the module's bucket with boto3."""
    return lambda key: s3.get_object(Bucket=bucket, Key=key)['Body'].read()
