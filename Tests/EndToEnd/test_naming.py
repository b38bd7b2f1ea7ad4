"""Names that identify a patient never come into being."""
import errno
import os

import pytest

SERVERS = ['ministack']
NAMES = ['Doe_123-45-6789.pdf', 'jane.roe@example.com.txt', 'mrn12345678.csv',
         'dob_1980-02-03.pdf', '4111-1111-1111-1111.pdf', '.Doe 123-45-6789.pdf.Xa81Qz']


@pytest.fixture
def mount(own_bucket, mounts):
    mount = mounts(f's3://{own_bucket}')
    mount.secrets.update(NAMES)
    mount.secrets.update({'123-45-6789', 'jane.roe', '12345678'})
    return mount


@pytest.mark.parametrize('name', NAMES)
def test_a_telling_name_is_refused_in_every_call_that_makes_one(mount, s3, own_bucket, name):
    (mount.path / 'good').write_text('x')
    calls = {
        'create': lambda: open(mount.path / name, 'x'),
        'mkdir': lambda: os.mkdir(mount.path / name),
        'rename': lambda: os.rename(mount.path / 'good', mount.path / name),
        'symlink': lambda: os.symlink('good', mount.path / name),
        'below': lambda: os.makedirs(mount.path / 'deep' / name),
    }

    for call, act in calls.items():
        with pytest.raises(OSError) as caught:
            act()
        assert caught.value.errno == errno.EPERM, call

    seen = [entry['Key'] for entry in s3.list_objects_v2(Bucket=own_bucket)['Contents']]
    assert all(key in ('good', 'deep/') for key in seen)
    assert 'ssn.' in mount.text() or 'rule' in mount.text()


def test_bad_names_that_exist_can_be_read_renamed_away_and_removed(mount, s3, own_bucket):
    for key in ('Doe_123-45-6789.pdf', 'Roe_123-45-6789.pdf'):
        s3.put_object(Bucket=own_bucket, Key=key, Body=b'theirs')

    assert (mount.path / 'Doe_123-45-6789.pdf').read_bytes() == b'theirs'
    os.rename(mount.path / 'Doe_123-45-6789.pdf', mount.path / 'study-0001.pdf')
    os.unlink(mount.path / 'Roe_123-45-6789.pdf')

    assert os.listdir(mount.path) == ['study-0001.pdf']


def test_everyday_names_pass(mount):
    for name in ('000000010000000A000000FF', 'backup_2026-11-24.sql.gz', 'binlog.000123',
                 '5114f85b1c3d2e4f5a6b7c8d9e0f1a2b3c4d5e6f', 'sub-014_T1w.nii.gz'):
        (mount.path / name).write_text('x')


@pytest.mark.parametrize('mode', ['warn', 'audit', 'off'])
def test_other_modes_let_the_name_pass(own_bucket, mounts, mode):
    mount = mounts(f's3://{own_bucket}', '--guard', mode)
    mount.secrets.add('123-45-6789')

    (mount.path / 'Doe_123-45-6789.pdf').write_text('x')

    assert ('ssn.' in mount.text()) == (mode == 'warn')
