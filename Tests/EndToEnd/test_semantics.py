"""POSIX behaviour that programs rely on without knowing."""
import concurrent.futures
import errno
import mmap
import os
import random
import threading

import pytest

MIB = 1 << 20


def test_a_written_file_is_there_when_close_returns(path, body, prefix):
    for number in range(20):
        (path / f'file{number}').write_bytes(b'x' * number)

        assert body(f'{prefix}file{number}') == b'x' * number


def test_nothing_is_in_the_bucket_before_close(path, s3, bucket, prefix):
    file = open(path / 'file', 'wb')
    file.write(b'x' * 100)
    file.flush()

    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f'{prefix}file')['KeyCount']
    file.close()

    assert listed == 0
    assert s3.list_objects_v2(Bucket=bucket, Prefix=f'{prefix}file')['KeyCount'] == 1


def test_written_bytes_are_read_back_before_close(path):
    with open(path / 'file', 'w+b') as file:
        file.write(b'a' * 200_000)
        file.seek(100_000)
        file.write(b'b')
        file.flush()

        assert os.stat(path / 'file').st_size == 200_000
        file.seek(99_999)
        assert file.read(3) == b'aba'


def test_random_writes_give_what_memory_gives(path, body, prefix):
    chance = random.Random(7)
    model = bytearray(chance.randbytes(3 * MIB))
    (path / 'file').write_bytes(model)

    with open(path / 'file', 'r+b', buffering=0) as file:
        for _ in range(300):
            at = chance.randrange(len(model))
            data = chance.randbytes(chance.choice([1, 100, 5000, 70_000]))
            file.seek(at)
            file.write(data)
            model[at:at + len(data)] = data
            if chance.random() < 0.1:
                size = chance.randrange(1, 4 * MIB)
                file.truncate(size)
                model = model[:size] + bytes(max(0, size - len(model)))

    assert (path / 'file').read_bytes() == bytes(model)
    assert body(f'{prefix}file') == bytes(model)


@pytest.mark.parametrize('size', [0, 1, 65_535, 65_536, 65_537, 9 * MIB])
def test_truncate_down_and_up(path, body, prefix, size):
    content = random.Random(3).randbytes(2 * MIB)
    (path / 'file').write_bytes(content)

    os.truncate(path / 'file', size)

    expected = content[:size] + bytes(max(0, size - len(content)))
    assert (path / 'file').read_bytes() == expected
    assert body(f'{prefix}file') == expected


def test_append_to_a_large_object_of_another_program(path, theirs, prefix, body):
    content = random.Random(4).randbytes(20 * MIB)
    theirs('theirs', content)

    with open(path / 'theirs', 'ab') as file:
        file.write(b'tail')

    assert body(f'{prefix}theirs') == content + b'tail'


def test_a_byte_in_the_middle_of_a_large_object(path, theirs, prefix, body):
    content = bytearray(random.Random(5).randbytes(25 * MIB))
    theirs('theirs', bytes(content))

    with open(path / 'theirs', 'r+b') as file:
        file.seek(13 * MIB)
        file.write(b'!')
    content[13 * MIB] = ord('!')

    assert body(f'{prefix}theirs') == bytes(content)


def test_holes_are_zeros(path, body, prefix):
    with open(path / 'file', 'wb') as file:
        file.seek(12 * MIB)
        file.write(b'end')

    assert body(f'{prefix}file') == bytes(12 * MIB) + b'end'


def test_a_file_unlinked_while_open_stays_readable_and_is_not_published(path, s3, bucket, prefix):
    (path / 'file').write_bytes(b'content' * 50_000)

    with open(path / 'file', 'rb') as reader:
        os.unlink(path / 'file')
        assert not (path / 'file').exists()
        assert reader.read() == b'content' * 50_000
    with open(path / 'scratch', 'w+b') as scratch:
        os.unlink(path / 'scratch')
        scratch.write(b'x' * 1000)
        scratch.seek(0)
        assert scratch.read() == b'x' * 1000

    assert s3.list_objects_v2(Bucket=bucket, Prefix=prefix + 'scratch')['KeyCount'] == 0
    assert os.listdir(path) == []


def test_two_descriptors_share_one_file(path, body, prefix):
    with open(path / 'file', 'wb', buffering=0) as one, \
            open(path / 'file', 'r+b', buffering=0) as two:
        one.write(b'aaaa')
        two.seek(2)
        two.write(b'bb')
        assert os.fstat(one.fileno()).st_size == 4

    assert body(f'{prefix}file') == b'aabb'


def test_exclusive_creation_has_one_winner(path):
    def attempt(_):
        try:
            os.close(os.open(path / 'lock', os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            return True
        except FileExistsError:
            return False

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        winners = sum(pool.map(attempt, range(8)))

    assert winners == 1


def test_sixteen_writers_at_once(path, body, prefix):
    def write(number):
        content = random.Random(number).randbytes(3 * MIB + number)
        (path / f'file{number}').write_bytes(content)
        return content

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        contents = list(pool.map(write, range(16)))

    for number, content in enumerate(contents):
        assert body(f'{prefix}file{number}') == content


def test_readers_and_a_writer_see_old_or_new_never_a_mixture(path):
    old, new = b'o' * 2 * MIB, b'n' * 2 * MIB
    (path / 'file').write_bytes(old)
    stop = threading.Event()
    seen = set()

    def read():
        while not stop.is_set():
            try:
                content = (path / 'file').read_bytes()
            except OSError as error:
                assert error.errno in (errno.ESTALE, errno.ENOENT)
                continue
            seen.add(bytes(sorted(set(content))))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for content in (new, old) * 3:
        (path / 'next').write_bytes(content)
        os.replace(path / 'next', path / 'file')
    stop.set()
    for thread in threads:
        thread.join()

    assert seen <= {b'o', b'n'} and seen


def test_rename_over_an_existing_file(path, body, prefix):
    (path / 'a').write_text('a')
    (path / 'b').write_text('b')

    os.rename(path / 'a', path / 'b')

    assert body(f'{prefix}b') == b'a'
    assert os.listdir(path) == ['b']


def test_rename_of_a_file_that_is_open_for_writing(path, body, prefix):
    with open(path / 'part', 'wb') as file:
        file.write(b'x' * 100_000)
        file.flush()
        os.rename(path / 'part', path / 'whole')
        file.write(b'y')

    assert os.listdir(path) == ['whole']
    assert body(f'{prefix}whole') == b'x' * 100_000 + b'y'


def test_rename_of_a_directory_moves_everything_below(path, s3, bucket, prefix):
    for number in range(30):
        file = path / 'from' / f'd{number % 3}' / f'file{number}'
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(number))

    os.rename(path / 'from', path / 'to')

    assert not (path / 'from').exists()
    for number in range(30):
        assert (path / 'to' / f'd{number % 3}' / f'file{number}').read_text() == str(number)
    keys = [entry['Key'] for entry in s3.list_objects_v2(
        Bucket=bucket, Prefix=prefix + 'from/').get('Contents', [])]
    assert keys == []


def test_directories_refuse_what_posix_refuses(path):
    (path / 'full' / 'x').mkdir(parents=True)
    (path / 'file').write_text('x')

    with pytest.raises(OSError) as full:
        os.rmdir(path / 'full')
    with pytest.raises(OSError) as again:
        os.mkdir(path / 'full')
    with pytest.raises(OSError) as not_directory:
        os.listdir(path / 'file')
    with pytest.raises(OSError) as absent:
        os.stat(path / 'absent')
    with pytest.raises(OSError) as directory:
        os.unlink(path / 'full')

    assert full.value.errno == errno.ENOTEMPTY
    assert again.value.errno == errno.EEXIST
    assert not_directory.value.errno == errno.ENOTDIR
    assert absent.value.errno == errno.ENOENT
    assert directory.value.errno in (errno.EISDIR, errno.EPERM)


def test_an_empty_directory_stays_until_removed(path):
    (path / 'empty').mkdir()

    assert os.listdir(path / 'empty') == []
    (path / 'empty').rmdir()

    assert os.listdir(path) == []


def test_a_file_can_be_mapped(path, body, prefix):
    (path / 'file').write_bytes(bytes(200_000))

    with open(path / 'file', 'rb') as file, \
            mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as view:
        assert view[199_999] == 0 and len(view) == 200_000


def test_fsync_and_dup_do_not_publish_twice(path, body, prefix):
    descriptor = os.open(path / 'file', os.O_CREAT | os.O_WRONLY)
    other = os.dup(descriptor)
    os.write(descriptor, b'one')
    os.fsync(descriptor)
    os.close(descriptor)
    os.write(other, b'two')
    os.close(other)

    assert body(f'{prefix}file') == b'onetwo'


def test_statfs_tells_of_room(path):
    seen = os.statvfs(path)

    assert seen.f_bavail * seen.f_frsize > 1 << 40
    assert seen.f_namemax == 255
