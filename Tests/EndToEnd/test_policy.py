"""Buckets that insist on encryption, and what is asked of the store."""
import errno
import json

import botocore.exceptions
import pytest

SERVERS = ['ministack']
LARGE = 20 << 20


@pytest.fixture
def strict_bucket(s3, own_bucket):
    """Refuses every put that does not ask for the right encryption."""
    def refuse(encryption):
        s3.put_bucket_policy(Bucket=own_bucket, Policy=json.dumps({
            'Version': '2012-10-17', 'Statement': [{
                'Effect': 'Deny', 'Principal': '*', 'Action': 's3:PutObject',
                'Resource': f'arn:aws:s3:::{own_bucket}/*',
                'Condition': {'StringNotEquals': {
                    's3:x-amz-server-side-encryption': encryption}}}]}))
        return own_bucket
    yield refuse
    s3.delete_bucket_policy(Bucket=own_bucket)


def test_a_bucket_that_denies_unencrypted_puts_works(s3, strict_bucket, mounts):
    bucket = strict_bucket('AES256')
    with pytest.raises(botocore.exceptions.ClientError):
        s3.put_object(Bucket=bucket, Key='plain', Body=b'x')
    mount = mounts(f's3://{bucket}')

    (mount.path / 'small').write_bytes(b'x')
    (mount.path / 'large').write_bytes(bytes(LARGE))
    (mount.path / 'small').rename(mount.path / 'renamed')

    assert s3.head_object(Bucket=bucket, Key='large')['ContentLength'] == LARGE
    assert s3.head_object(Bucket=bucket, Key='renamed')['ServerSideEncryption'] == 'AES256'


def test_a_refused_put_is_an_error_at_close(s3, strict_bucket, mounts):
    bucket = strict_bucket('aws:kms')
    mount = mounts(f's3://{bucket}')
    mount.held = True

    with pytest.raises(OSError) as caught:
        (mount.path / 'file').write_bytes(b'x')

    assert caught.value.errno in (errno.EACCES, errno.EPERM)
    assert 'KeyCount' in (listed := s3.list_objects_v2(Bucket=bucket)) and listed['KeyCount'] == 0


def test_kms_with_a_key(s3, own_bucket, mounts, server):
    import boto3
    kms = boto3.client('kms', endpoint_url=server.endpoint, region_name=server.region,
                       aws_access_key_id=server.access_key,
                       aws_secret_access_key=server.secret_key)
    key = kms.create_key()['KeyMetadata']['KeyId']
    mount = mounts(f's3://{own_bucket}', '--sse', 'kms', '--kms-key-id', key)

    (mount.path / 'small').write_bytes(b'x')
    (mount.path / 'large').write_bytes(bytes(LARGE))

    for name in ('small', 'large'):
        seen = s3.head_object(Bucket=own_bucket, Key=name)
        assert seen['ServerSideEncryption'] == 'aws:kms'
        assert seen['SSEKMSKeyId'].endswith(key)
