"""A local directory as the bucket: the embedded default."""
import os
import random
import re
import secrets

import pytest

from mount import environment_for, is_mounted, run, wardfs

SERVERS = ['local']
MIB = 1 << 20


@pytest.fixture
def key(tmp_path):
    path = tmp_path / 'key'
    path.write_bytes(secrets.token_bytes(32))
    path.chmod(0o600)
    return path


@pytest.fixture
def store(tmp_path):
    path = tmp_path / 'objects'
    path.mkdir(mode=0o700)
    return path


def test_what_was_written_is_there_after_a_remount_and_encrypted(store, key, mounts):
    marker = b'a marker that must not be found ' * 1000
    large = random.Random(1).randbytes(20 * MIB)
    mount = mounts(f'dir:{store}', '--key-file', str(key))
    (mount.path / 'directory').mkdir()
    (mount.path / 'directory/marker-name').write_bytes(marker)
    (mount.path / 'large').write_bytes(large)
    (mount.path / 'large').rename(mount.path / 'directory/larger')
    assert mount.unmount() == 0

    again = mounts(f'dir:{store}', '--key-file', str(key))

    assert (again.path / 'directory/marker-name').read_bytes() == marker
    assert (again.path / 'directory/larger').read_bytes() == large
    stored = [path.read_bytes() for path in store.rglob('*') if path.is_file()]
    assert stored and not any(marker[:32] in content for content in stored)


def test_tools_work_on_it(store, key, mounts, tmp_path):
    mount = mounts(f'dir:{store}', '--key-file', str(key))
    source = tmp_path / 'source'
    for number in range(200):
        (source / f'd{number % 5}').mkdir(parents=True, exist_ok=True)
        (source / f'd{number % 5}' / f'f{number}').write_bytes(bytes([number]) * number * 100)

    run('cp', '-a', source, mount.path / 'copy')
    run('tar', 'cjf', mount.path / 'copy.tar.bz2', '-C', source, '.')
    run('diff', '-r', source, mount.path / 'copy')
    run('tar', 'djf', mount.path / 'copy.tar.bz2', '-C', source)
    run('rm', '-r', mount.path / 'copy')

    assert os.listdir(mount.path) == ['copy.tar.bz2']


def test_another_key_opens_nothing_and_destroys_nothing(store, key, mounts, tmp_path):
    mount = mounts(f'dir:{store}', '--key-file', str(key))
    (mount.path / 'file').write_bytes(b'content')
    assert mount.unmount() == 0
    other = tmp_path / 'other'
    other.write_bytes(secrets.token_bytes(32))
    other.chmod(0o600)
    mountpoint = tmp_path / 'mnt'
    mountpoint.mkdir()

    seen = wardfs('mount', f'dir:{store}', mountpoint, '--key-file', other,
                  '--staging-dir', tmp_path / 'staging', environment=environment_for(None))

    assert seen.returncode != 0 and not is_mounted(mountpoint)
    again = mounts(f'dir:{store}', '--key-file', str(key))
    assert (again.path / 'file').read_bytes() == b'content'


def test_a_key_file_that_others_can_read_is_refused(store, key, tmp_path):
    key.chmod(0o644)
    mountpoint = tmp_path / 'mnt'
    mountpoint.mkdir()

    seen = wardfs('mount', f'dir:{store}', mountpoint, '--key-file', key,
                  '--staging-dir', tmp_path / 'staging', environment=environment_for(None))

    assert seen.returncode != 0
    assert re.search(r'0600|permission|mode|chmod', seen.stderr)
    assert not is_mounted(mountpoint)
