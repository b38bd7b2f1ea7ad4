"""Broken servers and networks: an errno at close or the right file, never a wrong one."""
import errno
import os
import random

import pytest

MIB = 1 << 20
# A file of three parts.
LARGE = random.Random(11).randbytes(20 * MIB)
SMALL = b'small' * 1000


@pytest.fixture
def faulty(own_bucket, mounts, proxy):
    """A mount behind the proxy, with little patience."""
    mount = mounts(f's3://{own_bucket}', '--close-timeout', '20', endpoint=proxy.url)
    mount.proxy = proxy
    return mount


def body(s3, bucket, key):
    return s3.get_object(Bucket=bucket, Key=key)['Body'].read()


def keys(s3, bucket):
    return [entry['Key'] for entry in s3.list_objects_v2(Bucket=bucket).get('Contents', [])]


@pytest.mark.parametrize('content', [SMALL, LARGE], ids=['small', 'large'])
def test_a_server_that_does_not_confirm_encryption_fails_close(
        faulty, s3, own_bucket, content):
    faulty.held = True
    faulty.proxy.inject('strip-sse')

    with pytest.raises(OSError) as caught:
        (faulty.path / 'file').write_bytes(content)

    assert caught.value.errno == errno.EIO
    faulty.proxy.heal()
    if content is LARGE:
        # The first answer already told: not one byte of content was sent.
        # (Part 10,000, empty, asks servers whose answer to CreateMultipartUpload does not say.)
        assert not [r for r in faulty.proxy.requests if 'partNumber=1&' in r[1]]
        assert keys(s3, own_bucket) == []


@pytest.mark.parametrize('kind', ['unavailable', 'internal', 'lost-answer', 'wrong-checksum',
                                  'reset-request'])
@pytest.mark.parametrize('content', [SMALL, LARGE], ids=['small', 'large'])
def test_a_passing_fault_while_writing_is_overcome(faulty, s3, own_bucket, kind, content):
    fault = faulty.proxy.inject(kind, count=3 if kind in ('unavailable', 'internal') else 1,
                                method='PUT', after=len(content) // 2 if 'reset' in kind else 0)

    (faulty.path / 'file').write_bytes(content)

    assert fault.seen >= 1
    assert body(s3, own_bucket, 'file') == content
    assert s3.head_object(Bucket=own_bucket, Key='file')['ServerSideEncryption'] == 'AES256'


@pytest.mark.parametrize('kind', ['unavailable', 'internal', 'lost-answer', 'reset-answer'])
def test_a_fault_while_completing_a_multipart_upload_is_overcome(
        faulty, s3, own_bucket, kind):
    fault = faulty.proxy.inject(kind, count=1, method='POST', query='uploadId=')

    (faulty.path / 'file').write_bytes(LARGE)

    assert fault.seen == 1
    assert body(s3, own_bucket, 'file') == LARGE


@pytest.mark.parametrize('kind', ['unavailable', 'internal'])
def test_a_server_that_stays_down_fails_close_and_keeps_the_old_object(
        faulty, s3, own_bucket, kind):
    s3.put_object(Bucket=own_bucket, Key='file', Body=b'old')
    assert (faulty.path / 'file').read_bytes() == b'old'
    faulty.held = True
    faulty.proxy.inject(kind, method='PUT')

    with pytest.raises(OSError) as caught:
        (faulty.path / 'file').write_bytes(SMALL)

    assert caught.value.errno in (errno.EIO, errno.EAGAIN, errno.ETIMEDOUT)
    assert body(s3, own_bucket, 'file') == b'old'


@pytest.mark.parametrize('kind,after', [
    ('reset-answer', 100_000), ('truncate', 100_000), ('corrupt', 100_000), ('unavailable', 0),
    ('internal', 0), ('lost-answer', 0)])
def test_a_passing_fault_while_reading_is_overcome(faulty, s3, own_bucket, kind, after):
    s3.put_object(Bucket=own_bucket, Key='file', Body=LARGE)
    # The listing of the directory is a GET as well and must not use up the fault.
    assert os.listdir(faulty.path) == ['file']
    fault = faulty.proxy.inject(kind, count=1, method='GET', after=after)

    try:
        seen = (faulty.path / 'file').read_bytes()
    except OSError as error:
        assert error.errno == errno.EIO
    else:
        assert seen == LARGE or kind == 'corrupt'
    assert fault.seen == 1


def test_a_server_that_is_down_is_an_error_not_an_empty_directory(faulty, s3, own_bucket):
    s3.put_object(Bucket=own_bucket, Key='dir/file', Body=b'x')
    faulty.proxy.inject('internal')

    with pytest.raises(OSError) as listing:
        os.listdir(faulty.path)
    with pytest.raises(OSError) as reading:
        (faulty.path / 'dir' / 'file').read_bytes()

    assert listing.value.errno != errno.ENOENT
    assert reading.value.errno != errno.ENOENT


def test_an_object_changed_by_someone_else_since_opening_is_not_overwritten(
        faulty, s3, own_bucket):
    s3.put_object(Bucket=own_bucket, Key='file', Body=b'old')
    faulty.held = True
    file = open(faulty.path / 'file', 'r+b', buffering=0)
    assert file.read() == b'old'
    file.write(b' and more')

    s3.put_object(Bucket=own_bucket, Key='file', Body=b'theirs')
    with pytest.raises(OSError) as caught:
        file.close()

    assert caught.value.errno == errno.ESTALE
    assert body(s3, own_bucket, 'file') == b'theirs'
