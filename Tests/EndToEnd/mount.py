"""Starting, watching and ending mounts."""
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import time

BINARY = os.environ.get('WARDFS_BINARY', '')
READY_SECONDS = 30
END_SECONDS = 120


@dataclasses.dataclass(frozen=True)
class Server:
    name: str
    endpoint: str
    access_key: str
    secret_key: str
    region: str


def read_values():
    """What Tests/Servers/start.sh wrote."""
    lines = pathlib.Path(os.environ['WARDFS_TEST_SERVERS']).read_text().splitlines()
    return dict(line.split('=', 1) for line in lines)


def read_servers():
    values = read_values()

    def server(name):
        prefix = f'WARDFS_TEST_{name.upper()}'
        return Server(name, values[prefix], values[f'{prefix}_ACCESS_KEY'],
                      values[f'{prefix}_SECRET_KEY'], values['WARDFS_TEST_REGION'])

    return {name: server(name) for name in ('ministack', 'seaweedfs')}


def wait_for(condition, seconds, what):
    """Polls until `condition()` is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f'waited {seconds} s in vain for {what}')


def environment_for(server, **more):
    """What a mount's process sees: the server's keys and nothing of this machine's AWS set-up."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith('AWS_')}
    kept.update(
        SWIFT_BACKTRACE='enable=no', AWS_EC2_METADATA_DISABLED='true',
        AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    if server:
        kept.update(AWS_ACCESS_KEY_ID=server.access_key, AWS_SECRET_ACCESS_KEY=server.secret_key,
                    AWS_REGION=server.region)
    kept.update(more)
    return {k: v for k, v in kept.items() if v is not None}


def is_mounted(path):
    with open('/proc/self/mountinfo') as table:
        return any(line.split()[4] == str(path) for line in table)


class Mount:
    """A mount by `wardfs mount --foreground`, so that the exit code is seen."""

    alive = set()

    @classmethod
    def kill_all(cls):
        for mount in list(cls.alive):
            print(f'killing a mount that does not answer; log:\n{mount.text()[-4000:]}')
            mount.process.kill()

    def __init__(self, source, server, directory, options, endpoint=None, environment=None,
                 wrapper=()):
        self.source = source
        self.directory = directory
        self.path = directory / 'mnt'
        self.staging = directory / 'staging'
        self.log = directory / 'log'
        self.secrets = set()  # texts that must not get into the log
        self.checked = True
        self.held = False
        self.wrapper = list(wrapper)
        self.options = list(options)
        self.environment = environment_for(server, **(environment or {}))
        if source.startswith('s3:'):
            self.options += ['--endpoint-url', endpoint or server.endpoint]
        self.process = None

    def command(self, *extra):
        return [BINARY, 'mount', self.source, str(self.path), '--staging-dir', str(self.staging),
                '--log-level', 'debug', *self.options, *extra]

    def start(self):
        self.path.mkdir(exist_ok=True)
        self.staging.mkdir(mode=0o700, exist_ok=True)
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(
                self.wrapper + self.command('--foreground'), env=self.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._record()
        self.alive.add(self)
        wait_for(lambda: is_mounted(self.path) or self.process.poll() is not None,
                 READY_SECONDS, f'the mount; log:\n{self.text()}')
        assert self.process.poll() is None, f'the mount ended:\n{self.text()}'
        return self

    def _record(self):
        if record := os.environ.get('WARDFS_TEST_MOUNTS'):
            with open(record, 'a') as file:
                file.write(f'{self.pid} {self.path}\n')

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        return self.log.read_text(errors='replace') if self.log.exists() else ''

    def memory(self, field='VmRSS'):
        """Bytes."""
        for line in pathlib.Path(f'/proc/{self.pid}/status').read_text().splitlines():
            if line.startswith(field + ':'):
                return int(line.split()[1]) * 1024
        raise AssertionError(f'no {field}')

    def kill(self):
        """As the kernel would for want of memory."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        subprocess.run(['fusermount3', '-uz', self.path], capture_output=True)
        self.checked = False

    def unmount(self, held=False):
        """Returns the exit code of the process that served the mount.

        With `held` some file could not be published: the command must say so.
        """
        result = subprocess.run(
            [BINARY, 'unmount', str(self.path)], env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=END_SECONDS)
        told = f'unmount: {result.returncode} {result.stderr}\n{self.text()}'
        if held:
            assert result.returncode != 0 and 'never published' in result.stderr, told
        else:
            assert result.returncode == 0, told
        code = self.process.wait(END_SECONDS)
        assert not is_mounted(self.path)
        return code

    def end(self):
        """Unmounts if need be, and checks that nothing is left and nothing was told."""
        try:
            if self.process.poll() is None and self.checked:
                code = self.unmount(self.held)
                assert self.held or code == 0, f'the mount ended with {code}:\n{self.text()[-4000:]}'
            if self.checked:
                self._check_log()
        finally:
            self.alive.discard(self)
            if is_mounted(self.path):
                subprocess.run(['fusermount3', '-uz', self.path], capture_output=True)
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait(10)
            if self.checked:
                shutil.rmtree(self.staging, ignore_errors=True)

    def _check_log(self):
        text = self.text()
        for secret in self.secrets | {self.environment.get('AWS_SECRET_ACCESS_KEY')}:
            assert not secret or secret not in text, 'the log holds a name or a secret'
        assert 'Fatal error' not in text


def run(*command, **options):
    """Runs a command that must succeed; returns its standard output."""
    options.setdefault('timeout', 300)
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                            stdin=subprocess.DEVNULL, **options)
    assert result.returncode == 0, f'{command}: {result.returncode}\n{result.stderr[-2000:]}'
    return result.stdout


def wardfs(*arguments, environment, timeout=60):
    """Runs the program as a person would; returns what it said."""
    return subprocess.run([BINARY, *map(str, arguments)], env=environment, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout)


def shell(script, *arguments, **options):
    """Runs a bash script with $1, $2 and so on that must succeed."""
    return run('bash', '-euo', 'pipefail', '-c', script, 'test', *arguments, **options)
