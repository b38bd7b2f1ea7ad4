"""Death at the wrong moment: of the mount, of a writer."""
import signal
import subprocess
import sys
import time

import pytest

from mount import wait_for

MIB = 1 << 20
OLD = b'old content' * 1000


@pytest.fixture
def mount(s3, own_bucket, mounts):
    s3.put_object(Bucket=own_bucket, Key='file', Body=OLD)
    return mounts(f's3://{own_bucket}')


def object_now(s3, bucket):
    return s3.get_object(Bucket=bucket, Key='file')['Body'].read()


def writer(path, megabytes_before_pause):
    """Another process that opens `path` for replacing, writes and then waits for its death."""
    script = ('import sys, time\n'
              'file = open(sys.argv[1], "wb", buffering=0)\n'
              'for _ in range(int(sys.argv[2])): file.write(b"n" * (1 << 20))\n'
              'print("written", flush=True)\n'
              'time.sleep(600)\n')
    process = subprocess.Popen([sys.executable, '-c', script, str(path),
                                str(megabytes_before_pause)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b'written\n'
    return process


@pytest.mark.parametrize('size', [1, 40], ids=['small', 'multipart'])
def test_killing_the_mount_in_the_middle_of_a_write_keeps_the_old_object(
        mount, s3, own_bucket, size):
    process = writer(mount.path / 'file', size)

    mount.kill()
    process.kill()
    process.wait()

    assert object_now(s3, own_bucket) == OLD


@pytest.mark.parametrize('size', [1, 40], ids=['small', 'multipart'])
def test_a_killed_writer_does_not_replace_the_good_object(mount, s3, own_bucket, size):
    process = writer(mount.path / 'file', size)

    process.kill()
    process.wait()
    time.sleep(1)  # Time in which a wrong publication would happen.

    assert object_now(s3, own_bucket) == OLD
    assert (mount.path / 'file').read_bytes() == OLD
    mount.held = True


def test_a_killed_cp_does_not_replace_the_good_object(mount, s3, own_bucket):
    process = subprocess.Popen(['cp', '--no-preserve=all', '/dev/stdin', mount.path / 'file'],
                               stdin=subprocess.PIPE)
    process.stdin.write(b'n' * MIB)
    process.stdin.flush()
    wait_for(lambda: (mount.path / 'file').stat().st_size > 0, 10, 'the first bytes')

    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1)

    mount.held = True
    assert object_now(s3, own_bucket) == OLD


def test_with_publish_a_killed_writer_leaves_what_it_wrote(s3, own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}', '--killed-writer', 'publish')
    process = writer(mount.path / 'file', 1)

    process.kill()
    process.wait()

    def published():
        listed = s3.list_objects_v2(Bucket=own_bucket, Prefix='file').get('Contents', [])
        return listed and listed[0]['Size'] == MIB
    wait_for(published, 20, 'the object')


def test_a_writer_that_ends_by_itself_is_published(mount, s3, own_bucket):
    script = 'import os, sys; os.write(os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC), b"new")'

    subprocess.run([sys.executable, '-c', script, mount.path / 'file'], check=True)

    wait_for(lambda: object_now(s3, own_bucket) == b'new', 10, 'the new content')


def test_sigterm_unmounts_in_an_orderly_way(mount, s3, own_bucket):
    (mount.path / 'another').write_bytes(b'x' * MIB)

    mount.process.send_signal(signal.SIGTERM)

    assert mount.process.wait(60) == 0
    assert s3.head_object(Bucket=own_bucket, Key='another')['ContentLength'] == MIB


def test_after_a_crash_the_same_mount_point_can_be_mounted_again(mount, own_bucket, mounts):
    mount.kill()

    again = mounts(f's3://{own_bucket}')

    assert (again.path / 'file').read_bytes() == OLD
