"""What lies in the bucket, as other programs see it, and what others put there."""
import errno
import os
import random
import subprocess

import botocore.exceptions
import pytest

from mount import run, wait_for

MIB = 1 << 20


def head(s3, bucket, key):
    return s3.head_object(Bucket=bucket, Key=key)


@pytest.mark.parametrize('size', [0, 1, 100_000, 20 * MIB], ids=['empty', '1', '100k', 'parts'])
def test_objects_are_encrypted_private_and_whole(path, s3, bucket, prefix, body, size):
    content = random.Random(size).randbytes(size)

    (path / 'file').write_bytes(content)

    key = f'{prefix}file'
    assert body(key) == content
    assert head(s3, bucket, key)['ServerSideEncryption'] == 'AES256'
    grants = s3.get_object_acl(Bucket=bucket, Key=key)['Grants']
    assert not any('AllUsers' in grant['Grantee'].get('URI', '') for grant in grants)


def test_no_multipart_upload_is_left(path, s3, bucket, prefix):
    (path / 'file').write_bytes(bytes(20 * MIB))

    uploads = s3.list_multipart_uploads(Bucket=bucket).get('Uploads', [])

    assert not [upload for upload in uploads if upload['Key'].startswith(prefix)]


def test_the_aws_command_line_reads_what_the_mount_wrote(path, server, bucket, prefix, tmp_path):
    (path / 'file').write_bytes(b'content' * 1000)
    aws = os.path.join(os.path.dirname(os.environ['WARDFS_PYTHON']), 'aws')
    environment = os.environ | {
        'AWS_ACCESS_KEY_ID': server.access_key, 'AWS_SECRET_ACCESS_KEY': server.secret_key,
        'AWS_DEFAULT_REGION': server.region}

    subprocess.run(
        [aws, '--endpoint-url', server.endpoint, 's3', 'cp', f's3://{bucket}/{prefix}file',
         tmp_path / 'file'], env=environment, check=True, capture_output=True)

    assert (tmp_path / 'file').read_bytes() == b'content' * 1000


def test_objects_of_others_are_seen(module_mount, s3, bucket):
    root = module_mount.path
    for key, content in {'theirs/a.txt': b'a', 'theirs/deep/er/b.txt': b'b' * MIB}.items():
        s3.put_object(Bucket=bucket, Key=key, Body=content)

    wait_for(lambda: (root / 'theirs').is_dir(), 10, 'the directory')

    assert sorted(os.listdir(root / 'theirs')) == ['a.txt', 'deep']
    assert (root / 'theirs/deep/er/b.txt').read_bytes() == b'b' * MIB
    assert (root / 'theirs/a.txt').stat().st_size == 1


def test_a_replaced_object_is_seen_whole(module_mount, path, s3, bucket, prefix):
    (path / 'file').write_bytes(b'old' * 100_000)
    assert (path / 'file').read_bytes() == b'old' * 100_000

    s3.put_object(Bucket=bucket, Key=f'{prefix}file', Body=b'newer' * 100_000)

    def seen():
        try:
            content = (path / 'file').read_bytes()
        except OSError as error:
            # Opened as the old version, of which not all was read yet.
            assert error.errno == errno.ESTALE
            return False
        assert content in (b'old' * 100_000, b'newer' * 100_000)
        return content == b'newer' * 100_000
    wait_for(seen, 10, 'the new content')


def test_a_deleted_object_is_gone(path, s3, bucket, prefix):
    (path / 'file').write_text('x')

    s3.delete_object(Bucket=bucket, Key=f'{prefix}file')

    wait_for(lambda: not (path / 'file').exists(), 10, 'the file to go')


def test_a_directory_of_more_than_two_pages(path, s3, bucket, prefix):
    names = [f'n{number:05}' for number in range(2100)]
    for name in names:
        s3.put_object(Bucket=bucket, Key=f'{prefix}many/{name}', Body=b'')

    wait_for(lambda: (path / 'many').is_dir(), 10, 'the directory')

    assert sorted(os.listdir(path / 'many')) == names


def test_keys_that_are_no_paths_do_no_harm(module_mount, own_bucket, s3, mounts):
    for key in ('../up', 'a//b', 'dot/./c', 'dot/../d', '/lead', 'fine/e', 'x' * 300):
        try:
            s3.put_object(Bucket=own_bucket, Key=key, Body=b'x')
        except botocore.exceptions.ClientError:
            pass  # Some servers refuse such keys themselves.
    mount = mounts(f's3://{own_bucket}')

    seen = run('find', mount.path, '-mindepth', '1', '-printf', '%P\n').split('\n')

    assert 'fine/e' in seen
    assert not [name for name in seen if name and ('..' in name or '//' in name)]


def test_metadata_is_what_s3fs_and_rclone_understand(path, s3, bucket, prefix):
    (path / 'file').write_text('x')
    (path / 'file').chmod(0o640)
    os.utime(path / 'file', (1_600_000_000, 1_600_000_000))
    with open(path / 'file', 'a') as file:
        file.write('y')
    os.utime(path / 'file', (1_600_000_000, 1_600_000_000))

    def metadata():
        return head(s3, bucket, f'{prefix}file')['Metadata']
    wait_for(lambda: metadata().get('mtime', '').startswith('1600000000'), 10, 'mtime')
    assert int(metadata()['mode']) & 0o777 == 0o640


def test_a_prefix_of_a_bucket_can_be_mounted(s3, own_bucket, mounts):
    s3.put_object(Bucket=own_bucket, Key='team/a/one', Body=b'1')
    s3.put_object(Bucket=own_bucket, Key='other', Body=b'2')
    mount = mounts(f's3://{own_bucket}/team/a')

    assert os.listdir(mount.path) == ['one']
    (mount.path / 'two').write_text('2')

    assert s3.get_object(Bucket=own_bucket, Key='team/a/two')['Body'].read() == b'2'


def test_names_in_many_scripts_and_with_odd_characters(path, body, prefix, server):
    names = ['Größe.txt', '報告書.txt', 'a b+c%d&e?.txt', "it's", 'x' * 255, '-dash', '.hidden',
             'emoji-\U0001F600', 'tab\there', 'semi;colon', 'hash#']
    if server.name != 'seaweedfs':  # It takes a backslash for a slash.
        names.append('back\\slash')
    for name in names:
        (path / name).write_text(name)

    for name in names:
        assert body(prefix + name).decode() == name
    assert sorted(os.listdir(path)) == sorted(names)


def test_a_name_too_long_is_refused(path):
    with pytest.raises(OSError) as caught:
        (path / ('x' * 256)).write_text('x')

    assert caught.value.errno == 36  # ENAMETOOLONG


@pytest.mark.parametrize('options,expected', [
    (('--storage-class', 'STANDARD_IA'), {'StorageClass': 'STANDARD_IA'}),
    (('--acl', 'bucket-owner-full-control'), {}),
    (('--addressing', 'path'), {}),
], ids=['storage-class', 'acl', 'path-style'])
def test_options_reach_the_object(s3, own_bucket, mounts, options, expected):
    mount = mounts(f's3://{own_bucket}', *options)

    (mount.path / 'file').write_text('x')

    seen = head(s3, own_bucket, 'file')
    assert {name: seen.get(name) for name in expected} == expected
