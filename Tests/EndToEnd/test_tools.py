"""The tools that people and scripts use work as on a disk."""
import hashlib
import os
import random

import pytest

from mount import run, shell

TREE_FILES = 2000


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    """2,000 files of 0 to 40 KB in directories three deep, with links, modes and times."""
    root = tmp_path_factory.mktemp('tree') / 'tree'
    chance = random.Random(20261124)
    for number in range(TREE_FILES):
        directory = root / f'd{number % 20}' / f'e{number % 7}'
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f'file-{number:04}.bin'
        file.write_bytes(chance.randbytes(chance.choice([0, 1, 100, 4096, 40_000])))
        os.utime(file, (1_700_000_000 + number, 1_700_000_000 + number))
    (root / 'run.sh').write_text('#!/bin/sh\necho ran\n')
    (root / 'run.sh').chmod(0o755)
    (root / 'private').write_text('x')
    (root / 'private').chmod(0o600)
    (root / 'link').symlink_to('d0/e0')
    (root / 'dangling').symlink_to('nowhere')
    shell('cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum >"$2"',
          root, root.parent / 'sums')
    return root


def test_cp_a_of_a_tree_keeps_content_modes_times_and_links(tree, path):
    copy = path / 'tree'

    run('cp', '-a', tree, copy)

    run('sha256sum', '--quiet', '-c', tree.parent / 'sums', cwd=copy)
    assert (copy / 'run.sh').stat().st_mode & 0o777 == 0o755
    assert (copy / 'private').stat().st_mode & 0o777 == 0o600
    assert os.readlink(copy / 'link') == 'd0/e0'
    assert os.readlink(copy / 'dangling') == 'nowhere'
    some = 'd3/e3/file-0003.bin'
    assert (copy / some).stat().st_mtime == (tree / some).stat().st_mtime
    assert shell('cd "$1" && ./run.sh', copy) == 'ran\n'
    names = 'cd "$1" && find . -printf "%y %p %s\\n" | grep -v "^d" | sort'
    assert shell(names, copy) == shell(names, tree)

    run('rm', '-r', copy)

    assert not copy.exists()


def test_tar_into_and_out_of_the_mount(tree, path, s3, bucket, prefix, tmp_path):
    archive = path / 'tree.tar.bz2'

    run('tar', 'cjf', archive, '-C', tree.parent, 'tree')
    (path / 'out').mkdir()
    run('tar', 'xjf', archive, '-C', path / 'out')

    run('sha256sum', '--quiet', '-c', tree.parent / 'sums', cwd=path / 'out' / 'tree')
    s3.download_file(bucket, f'{prefix}tree.tar.bz2', str(tmp_path / 'witness'))
    assert shell('tar tjf "$1" | wc -l', tmp_path / 'witness') == shell(
        'find "$1" | wc -l', tree)


def test_cp_over_an_existing_file(path, body, prefix, tmp_path):
    (tmp_path / 'a').write_bytes(b'a' * 1_000_000)
    (tmp_path / 'b').write_bytes(b'b' * 10)

    run('cp', tmp_path / 'a', path / 'file')
    run('cp', tmp_path / 'b', path / 'file')

    assert body(f'{prefix}file') == b'b' * 10
    run('cmp', tmp_path / 'b', path / 'file')


def test_dd_changes_the_middle_of_a_file(path, body, prefix):
    content = random.Random(1).randbytes(3_000_000)
    (path / 'disk').write_bytes(content)

    shell('printf NEW | dd of="$1" bs=1 seek=1500000 conv=notrunc status=none', path / 'disk')

    assert body(f'{prefix}disk') == content[:1_500_000] + b'NEW' + content[1_500_003:]


def test_dd_in_every_block_size(path, body, prefix):
    content = random.Random(2).randbytes(5_000_003)
    (path / 'in').write_bytes(content)

    for size in ('511', '4k', '1M', '7M'):
        run('dd', f'if={path}/in', f'of={path}/out-{size}', f'bs={size}', 'status=none')

        assert body(f'{prefix}out-{size}') == content


def test_shell_append_and_redirection(path, body, prefix):
    shell('echo one >"$1"; echo two >>"$1"; (echo three; echo four) >>"$1"', path / 'log')

    assert body(f'{prefix}log') == b'one\ntwo\nthree\nfour\n'


def test_sed_in_place(path, body, prefix):
    (path / 'config').write_text('a=1\nb=2\n' * 1000)

    run('sed', '-i', 's/a=1/a=9/', path / 'config')

    assert body(f'{prefix}config') == b'a=9\nb=2\n' * 1000
    assert os.listdir(path) == ['config']


def test_mv_in_and_out_of_the_mount(path, body, prefix, tmp_path):
    (tmp_path / 'file').write_bytes(b'x' * 70_000)

    run('mv', tmp_path / 'file', path / 'here')
    run('mv', path / 'here', path / 'there')
    assert body(f'{prefix}there') == b'x' * 70_000
    run('mv', path / 'there', tmp_path / 'back')

    assert (tmp_path / 'back').read_bytes() == b'x' * 70_000
    assert os.listdir(path) == []


def test_find_grep_du_and_ls_see_what_is_there(path):
    for name in ('a/b/one.txt', 'a/two.txt', 'three.txt'):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(name)

    assert shell('cd "$1" && find . -name "*.txt" | sort', path).split() == [
        './a/b/one.txt', './a/two.txt', './three.txt']
    assert shell('cd "$1" && grep -rl two .', path).split() == ['./a/two.txt']
    assert run('ls', path).split() == ['a', 'three.txt']
    assert int(run('du', '-sb', '--apparent-size', path).split()[0]) > 0


def test_rsync_twice_sends_nothing_the_second_time(tree, path):
    small = tree / 'd1'

    run('rsync', '-a', f'{small}/', f'{path}/copy/')
    again = run('rsync', '-ai', f'{small}/', f'{path}/copy/')

    assert again == ''
    run('diff', '-r', small, path / 'copy')


def test_touch_and_truncate(path, body, prefix):
    run('touch', '-d', '2020-02-03T04:05:06Z', path / 'stamp')
    assert int((path / 'stamp').stat().st_mtime) == 1_580_702_706
    assert body(f'{prefix}stamp') == b''

    run('truncate', '-s', '100000', path / 'stamp')

    assert body(f'{prefix}stamp') == bytes(100_000)


def test_install_ln_and_chmod(path, tmp_path):
    (tmp_path / 'tool').write_text('#!/bin/sh\necho tool\n')

    run('install', '-m', '750', tmp_path / 'tool', path / 'tool')
    run('ln', '-s', 'tool', path / 'alias')
    assert run(path / 'alias') == 'tool\n'
    run('chmod', '600', path / 'tool')

    assert (path / 'tool').stat().st_mode & 0o777 == 0o600


def test_sha256sum_of_a_file_larger_than_a_part(path, s3, bucket, prefix):
    content = random.Random(3).randbytes(40_000_000)
    (path / 'large').write_bytes(content)

    seen = run('sha256sum', path / 'large').split()[0]

    assert seen == hashlib.sha256(content).hexdigest()
    assert s3.head_object(Bucket=bucket, Key=f'{prefix}large')['ContentLength'] == len(content)
