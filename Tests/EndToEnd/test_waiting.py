"""No call waits for ever, and each can be interrupted."""
import os
import signal
import subprocess
import sys
import time

from mount import wait_for

SERVERS = ['ministack']
# Longer than any of these tests may wait.
SILENCE_MS = 60_000


def start(script, *arguments):
    return subprocess.Popen([sys.executable, '-c', script, *map(str, arguments)])


def test_a_reader_of_a_silent_server_can_be_killed(s3, own_bucket, mounts, proxy):
    s3.put_object(Bucket=own_bucket, Key='file', Body=b'x' * 1000)
    mount = mounts(f's3://{own_bucket}', endpoint=proxy.url)
    (mount.path / 'file').stat()
    proxy.inject('delay', method='GET', after=SILENCE_MS)
    asked = len(proxy.requests)

    reader = start('import sys; open(sys.argv[1], "rb").read()', mount.path / 'file')
    wait_for(lambda: len(proxy.requests) > asked, 10, 'the request')
    reader.send_signal(signal.SIGKILL)

    assert reader.wait(5) == -signal.SIGKILL
    proxy.heal()
    wait_for(lambda: (mount.path / 'file').read_bytes() == b'x' * 1000, 60, 'the content')


def test_a_close_that_waits_can_be_killed_and_publishes_nothing(s3, own_bucket, mounts, proxy):
    s3.put_object(Bucket=own_bucket, Key='file', Body=b'old')
    mount = mounts(f's3://{own_bucket}', endpoint=proxy.url)
    mount.held = True
    (mount.path / 'file').read_bytes()
    proxy.inject('unavailable', method='PUT')
    asked = len(proxy.requests)

    writer = start('import os, sys; f = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC);'
                   'os.write(f, b"new"); os.close(f)', mount.path / 'file')
    wait_for(lambda: len(proxy.requests) > asked, 10, 'the request')
    writer.send_signal(signal.SIGKILL)

    assert writer.wait(5) == -signal.SIGKILL
    proxy.heal()
    wait_for(lambda: (mount.path / 'file').read_bytes() == b'old', 10, 'the old content')
    assert s3.get_object(Bucket=own_bucket, Key='file')['Body'].read() == b'old'


def test_stat_answers_while_another_file_waits(s3, own_bucket, mounts, proxy):
    for name in ('slow', 'other'):
        s3.put_object(Bucket=own_bucket, Key=name, Body=b'x' * 1000)
    mount = mounts(f's3://{own_bucket}', '--attribute-ttl', '60', endpoint=proxy.url)
    os.listdir(mount.path)
    (mount.path / 'other').stat()
    proxy.inject('delay', method='GET', after=SILENCE_MS)
    asked = len(proxy.requests)
    readers = [start('import sys; open(sys.argv[1], "rb").read()', mount.path / 'slow')
               for _ in range(8)]
    wait_for(lambda: len(proxy.requests) > asked, 10, 'the request')

    # More readers than the mount has loop threads wait, and none of the threads does.
    began = time.monotonic()
    for _ in range(100):
        assert (mount.path / 'other').stat().st_size == 1000
    waited = time.monotonic() - began

    for reader in readers:
        reader.kill()
        reader.wait(5)
    proxy.heal()
    assert waited < SILENCE_MS / 1000 / 2
