#!/usr/bin/env python3
"""Runs MiniStack with the AWS Common Runtime's checksums in place of its own loops over bytes, which
take 0.4 s for each MiB: the same values, checked here against its own, fast enough for large files."""
import sys

from awscrt import checksums
from ministack.app import main
from ministack.services import s3


def replace(name, native):
    own = getattr(s3, name)
    for sample in (b"", b"123456789", bytes(range(256)) * 3):
        if own(sample) != native(sample):
            sys.exit(f"ministack_native.py: {name} gives another value than MiniStack's own")
    setattr(s3, name, native)


replace("_crc64nvme", lambda body: checksums.crc64nvme(body))
replace("_crc32c", lambda body: checksums.crc32c(body))
main()
