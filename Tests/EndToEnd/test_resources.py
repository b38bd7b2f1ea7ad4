"""Large files, memory, and what rests on the local disk."""
import hashlib
import os
import pathlib
import threading
import time

import pytest

from mount import wait_for

SERVERS = ['seaweedfs']
MIB = 1 << 20
FULL = bool(os.environ.get('WARDFS_TEST_FULL'))
LARGE = (6 << 30) + 12_345 if FULL else (1 << 30) + 12_345


def blocks(size, seed):
    """Content that no server can store in less, without random numbers for each byte."""
    base = hashlib.shake_256(seed).digest(4 * MIB)
    number = 0
    while size:
        block = number.to_bytes(8, 'big') + base[8:]
        yield block[:size]
        size -= len(block[:size])
        number += 1


class Peak:
    """The largest resident set of a mount while it works."""

    def __init__(self, mount):
        self.mount, self.bytes, self.stop = mount, 0, threading.Event()

    def __enter__(self):
        def watch():
            while not self.stop.wait(0.05):
                self.bytes = max(self.bytes, self.mount.memory())
        self.thread = threading.Thread(target=watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def test_an_idle_mount_is_small(own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}')
    os.listdir(mount.path)
    time.sleep(1)

    assert mount.memory() < 40 * MIB, f'{mount.memory() / MIB:.1f} MiB'


@pytest.mark.timeout(1500)
def test_a_large_file_is_written_and_read_back_within_the_memory(s3, own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}')
    written = hashlib.sha256()

    with Peak(mount) as writing:
        begun = time.monotonic()
        with open(mount.path / 'large', 'wb', buffering=0) as file:
            for block in blocks(LARGE, b'large'):
                view = memoryview(block)
                while view:
                    view = view[file.write(view):]
                written.update(block)
        write_rate = LARGE / MIB / (time.monotonic() - begun)
    assert s3.head_object(Bucket=own_bucket, Key='large')['ContentLength'] == LARGE
    again = mounts(f's3://{own_bucket}')
    read = hashlib.sha256()
    with Peak(again) as reading:
        begun = time.monotonic()
        with open(again.path / 'large', 'rb', buffering=0) as file:
            while block := file.read(4 * MIB):
                read.update(block)
        read_rate = LARGE / MIB / (time.monotonic() - begun)

    print(f'{LARGE / MIB:.0f} MiB: wrote {write_rate:.0f} MiB/s with {writing.bytes / MIB:.0f} MiB'
          f' of memory, read {read_rate:.0f} MiB/s with {reading.bytes / MIB:.0f}')
    assert read.hexdigest() == written.hexdigest()
    assert writing.bytes < 256 * MIB
    assert reading.bytes < 256 * MIB


def staged_files(mount):
    """The data files of the staging area: open in the mount's process, without a name."""
    links = pathlib.Path(f'/proc/{mount.pid}/fd').iterdir()
    return [link for link in links
            if os.readlink(link).startswith(str(mount.staging) + '/')
            and os.readlink(link).endswith(' (deleted)')]


def test_no_plaintext_rests_in_the_staging_directory(own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}')
    marker = b'MARKER-of-plaintext-8f3a'

    with open(mount.path / 'notes-marker-name', 'wb', buffering=0) as file:
        for _ in range(30):
            file.write(marker * (MIB // len(marker)))
        staged = staged_files(mount)
        contents = [path.read_bytes() for path in staged]

        assert sum(map(len, contents)) > MIB
        assert not any(marker in content for content in contents)
        assert not any('marker-name' in os.readlink(path) for path in staged)
        assert not any(path.stat().st_mode & 0o077 for path in staged)
        assert not any(path.stat().st_size for path in mount.staging.rglob('*'))


def test_staging_is_empty_after_publishing(own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}')

    for number in range(20):
        (mount.path / f'file{number}').write_bytes(b'x' * MIB)

    def room():
        return sum(path.stat().st_blocks * 512 for path in staged_files(mount))
    wait_for(lambda: room() == 0, 10, 'the staging area to empty')


def test_a_crash_leaves_nothing_in_the_staging_directory(own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}')

    file = os.open(mount.path / 'file', os.O_WRONLY | os.O_CREAT)
    for _ in range(20):
        os.write(file, b'x' * MIB)
    assert staged_files(mount)
    mount.kill()

    assert not [path for path in mount.staging.rglob('*') if path.stat().st_size]
    with pytest.raises(OSError):
        os.write(file, b'more')
    with pytest.raises(OSError):
        os.close(file)


def test_a_full_staging_area_is_enospc_at_write_and_the_mount_goes_on(
        s3, own_bucket, mounts, tmp_path):
    mount = mounts(f's3://{own_bucket}', '--staging-size', '32M')
    mount.held = True
    files = [open(mount.path / f'file{number}', 'wb', buffering=0) for number in range(20)]

    with pytest.raises(OSError) as caught:
        for _ in range(4):
            for file in files:
                file.write(b'x' * MIB)

    assert caught.value.errno == 28  # ENOSPC
    for file in files:
        try:
            file.close()
        except OSError:
            pass
    (mount.path / 'later').write_bytes(b'y' * MIB)
    assert s3.head_object(Bucket=own_bucket, Key='later')['ContentLength'] == MIB


def test_the_process_gives_no_core_dump(own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}')

    with open(f'/proc/{mount.pid}/limits') as limits:
        core = next(line for line in limits if line.startswith('Max core file size'))

    assert core.split()[4] == '0'
