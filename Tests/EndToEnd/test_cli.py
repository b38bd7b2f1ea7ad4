"""The commands: what they say, and how they end."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from mount import BINARY, Mount, environment_for, is_mounted, wait_for, wardfs

SERVERS = ['ministack']


def daemons(mountpoint):
    """The processes that serve this mount point."""
    found = []
    for entry in pathlib.Path('/proc').iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / 'cmdline').read_bytes().split(b'\0')
            except OSError:
                continue
            if line[0].endswith(b'wardfs') and os.fsencode(mountpoint) in line:
                found.append(int(entry.name))
    return found


@pytest.fixture
def mountpoint(tmp_path):
    """An empty directory, unmounted at the end whatever happened."""
    path = tmp_path / 'mnt'
    path.mkdir()
    yield path
    pids = daemons(path)
    if is_mounted(path):
        subprocess.run(['fusermount3', '-uz', path])
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_version_tells_its_version():
    seen = wardfs('version', environment=environment_for(None))

    assert seen.returncode == 0
    assert re.search(r'\d+\.\d+', seen.stdout)


def test_mount_returns_when_ready_and_unmount_waits_for_the_end(
        server, s3, own_bucket, mountpoint, tmp_path):
    environment = environment_for(server)
    seen = wardfs('mount', f's3://{own_bucket}', mountpoint, '--endpoint-url', server.endpoint,
                  '--staging-dir', tmp_path / 'staging', '--log-file', tmp_path / 'log',
                  environment=environment)
    assert seen.returncode == 0, seen.stderr
    assert is_mounted(mountpoint)
    pids = daemons(mountpoint)
    assert len(pids) == 1
    (mountpoint / 'file').write_text('x')

    seen = wardfs('unmount', mountpoint, environment=environment)

    assert seen.returncode == 0, seen.stderr
    assert not is_mounted(mountpoint)
    wait_for(lambda: not daemons(mountpoint), 5, 'the daemon to end')
    assert s3.head_object(Bucket=own_bucket, Key='file')['ContentLength'] == 1


def test_unmount_of_what_is_no_mount_says_so(tmp_path):
    seen = wardfs('unmount', tmp_path, environment=environment_for(None))

    assert seen.returncode != 0
    assert len(seen.stderr.strip()) > 10


def test_unmount_of_a_busy_mount_says_so_and_leaves_it(own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}')
    with open(mount.path / 'file', 'w'):
        seen = wardfs('unmount', mount.path, '--timeout', '1', environment=mount.environment)

        assert seen.returncode != 0
        assert 'busy' in seen.stderr.lower() or 'in use' in seen.stderr.lower()
        assert is_mounted(mount.path)


FAILURES = {
    'missing bucket': (
        dict(source=lambda b: 's3://' + b + '-absent'), r'bucket'),
    'no credentials': (
        dict(environment=dict(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)),
        r'credential'),
    'wrong secret': (
        dict(environment=dict(AWS_SECRET_ACCESS_KEY='x' * 40)), r'credential|key|secret|denied'),
    'server down': (dict(endpoint='http://127.0.0.1:1'), r'reach|connect'),
    'mount point missing': (dict(mountpoint='absent'), r'mount point|directory|exist'),
    'mount point is a file': (dict(mountpoint='file'), r'director'),
    'mount point not empty': (dict(mountpoint='full'), r'empty'),
    'unknown option': (dict(options=['--no-such-option']), r'no-such-option'),
    'no source': (dict(source=lambda b: b), r's3://|dir:'),
    'http to another host': (
        dict(endpoint='http://198.51.100.1'), r'http|insecure'),
}


@pytest.mark.parametrize('case', FAILURES)
def test_a_mount_that_cannot_be_says_why_and_leaves_nothing(
        server, own_bucket, mountpoint, tmp_path, case):
    change, expected = FAILURES[case]
    (tmp_path / 'file').write_text('')
    (tmp_path / 'full').mkdir()
    (tmp_path / 'full' / 'x').write_text('')
    source = change.get('source', lambda bucket: f's3://{bucket}')(own_bucket)
    at = tmp_path / change['mountpoint'] if 'mountpoint' in change else mountpoint

    begun = time.monotonic()
    seen = wardfs('mount', source, at, '--endpoint-url', change.get('endpoint', server.endpoint),
                  '--staging-dir', tmp_path / 'staging', *change.get('options', []),
                  environment=environment_for(server, **change.get('environment', {})))

    assert seen.returncode != 0
    assert re.search(expected, seen.stderr, re.IGNORECASE), seen.stderr
    assert 'Fatal' not in seen.stderr and server.secret_key not in seen.stderr
    assert not is_mounted(at)
    wait_for(lambda: not daemons(at), 5, 'the daemon to end')
    assert time.monotonic() - begun < 45


def test_a_busy_mount_point_says_so(own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}')

    seen = wardfs('mount', mount.source, mount.path, *mount.options,
                  '--staging-dir', mount.directory / 'staging2', environment=mount.environment)

    assert seen.returncode != 0
    assert 'mount' in seen.stderr.lower()


def test_read_only_refuses_every_change(s3, own_bucket, mounts):
    s3.put_object(Bucket=own_bucket, Key='file', Body=b'theirs')
    mount = mounts(f's3://{own_bucket}', '--read-only')

    assert (mount.path / 'file').read_bytes() == b'theirs'
    for act in (lambda: (mount.path / 'new').write_text('x'),
                lambda: (mount.path / 'file').write_text('x'),
                lambda: (mount.path / 'file').unlink(),
                lambda: (mount.path / 'dir').mkdir(),
                lambda: (mount.path / 'file').rename(mount.path / 'other')):
        with pytest.raises(OSError) as caught:
            act()
        assert caught.value.errno == 30  # EROFS


def test_owner_and_modes_follow_the_options(s3, own_bucket, mounts):
    s3.put_object(Bucket=own_bucket, Key='dir/file', Body=b'x')
    mount = mounts(f's3://{own_bucket}', '--uid', '1234', '--gid', '2345', '--umask', '027')

    for path, mode in ((mount.path / 'dir', 0o750), (mount.path / 'dir/file', 0o640)):
        seen = path.stat()
        assert (seen.st_uid, seen.st_gid) == (1234, 2345)
        assert seen.st_mode & 0o777 == mode


def as_nobody(*command):
    return subprocess.run(
        ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', *map(str, command)],
        capture_output=True, text=True)


def test_others_come_in_only_when_they_are_let_in(s3, own_bucket, server):
    # Not below pytest's directories: others than root must be able to enter it.
    directory = pathlib.Path(tempfile.mkdtemp(prefix='wardfs-others-'))
    directory.chmod(0o755)
    s3.put_object(Bucket=own_bucket, Key='file', Body=b'content')
    try:
        for options, may in ((['--umask', '022'], False), (['--allow-other'], False),
                             (['--allow-other', '--umask', '022'], True)):
            mount = Mount(f's3://{own_bucket}', server, directory, options).start()
            seen = as_nobody('cat', mount.path / 'file')
            mount.end()
            assert (seen.stdout == 'content') == may, (options, seen)
            assert may or 'Permission denied' in seen.stderr
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def test_options_of_fstab_are_taken(own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}', '-o', 'ro,noatime,dev,suid,uid=1234')

    assert mount.path.stat().st_uid == 1234
    with pytest.raises(OSError):
        (mount.path / 'new').write_text('x')
