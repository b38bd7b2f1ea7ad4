"""A database dumped to the mount and restored from it is the same database."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from mount import run, wait_for

MEGABYTES = 500 if os.environ.get('WARDFS_TEST_FULL') else 150


class Cluster:
    """A PostgreSQL server of this test's own, on a socket in its own directory."""

    def __init__(self):
        programs = sorted(pathlib.Path('/usr/lib/postgresql').glob('*/bin/initdb'))
        assert programs, 'PostgreSQL is not installed: packaging/test does it'
        self.bin = programs[-1].parent
        # Not below pytest's directories: others than root must be able to enter it.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='wardfs-pg-'))
        self.directory.chmod(0o755)
        self.data = self.directory / 'data'
        # PostgreSQL does not run as root.
        self.prefix = []
        if os.geteuid() == 0:
            self.data.mkdir(mode=0o700)
            shutil.chown(self.data, 'nobody', 'nogroup')
            shutil.chown(self.directory, 'nobody', 'nogroup')
            self.prefix = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups']
        self._run('initdb', '-D', self.data, '-U', 'owner', '-A', 'trust', '--no-sync',
                  '--encoding=UTF8', '--locale=C.UTF-8')
        self.server = subprocess.Popen(
            self.prefix + [self.bin / 'postgres', '-D', self.data, '-k', self.directory, '-h', '',
                           '-F', '-c', 'shared_buffers=64MB', '-c', 'max_wal_size=4GB'],
            stdout=subprocess.DEVNULL, stderr=open(self.directory / 'log', 'w'),
            start_new_session=True)
        ready = [self.bin / 'pg_isready', '-q', '-h', self.directory, '-U', 'owner']
        wait_for(lambda: subprocess.run(ready).returncode == 0, 60, 'PostgreSQL')

    def _run(self, program, *arguments):
        subprocess.run([*self.prefix, self.bin / program, *map(str, arguments)], check=True,
                       capture_output=True, cwd='/')

    def sql(self, database, text):
        return run(self.bin / 'psql', '-h', self.directory, '-U', 'owner', '-d', database,
                   '-v', 'ON_ERROR_STOP=1', '-Atc', text)

    def stop(self):
        self.server.terminate()  # smart shutdown
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait(10)
        shutil.rmtree(self.directory, ignore_errors=True)


@pytest.fixture(scope='module')
def cluster():
    cluster = Cluster()
    try:
        cluster.sql('postgres', 'create database shop')
        # About 1 kB a row that does not compress well.
        cluster.sql('shop', f'''
            create table orders (id bigint primary key, placed timestamptz, note text, data bytea);
            insert into orders
                select i, timestamptz '2026-01-01' + i * interval '1 minute', md5(i::text),
                       decode((select string_agg(md5(i::text || j::text), '')
                               from generate_series(1, 56) j), 'hex')
                from generate_series(1, {MEGABYTES * 1000}) i;
            create index on orders (placed);
            create view recent as select * from orders where placed > '2026-02-01';
            ''')
        yield cluster
    finally:
        cluster.stop()


def fingerprint(cluster, database):
    return cluster.sql(database, '''
        select count(*), sum(id), md5(string_agg(md5(note || md5(data) || placed::text), ''
               order by id)) from orders''') + cluster.sql(
        database, "select indexdef from pg_indexes where tablename = 'orders' order by 1")


@pytest.mark.timeout(1200)
def test_pg_dump_and_pg_restore(cluster, path, s3, bucket, prefix):
    dump = path / 'shop.dump'

    run(cluster.bin / 'pg_dump', '-h', cluster.directory, '-U', 'owner', '-Fc', '-Z1', '-f', dump,
        'shop')
    cluster.sql('postgres', 'drop database if exists again')
    cluster.sql('postgres', 'create database again')
    run(cluster.bin / 'pg_restore', '-h', cluster.directory, '-U', 'owner', '-d', 'again',
        '--exit-on-error', dump)

    assert fingerprint(cluster, 'again') == fingerprint(cluster, 'shop')
    seen = s3.head_object(Bucket=bucket, Key=f'{prefix}shop.dump')
    assert seen['ServerSideEncryption'] == 'AES256'
    assert seen['ContentLength'] == dump.stat().st_size > MEGABYTES * 300_000


@pytest.mark.timeout(600)
def test_pg_dump_of_a_directory_in_parallel(cluster, path):
    run(cluster.bin / 'pg_dump', '-h', cluster.directory, '-U', 'owner', '-Fd', '-j2', '-Z1',
        '-f', path / 'shop.dir', 'shop')

    listing = run(cluster.bin / 'pg_restore', '-l', path / 'shop.dir')

    assert 'TABLE DATA public orders' in listing
