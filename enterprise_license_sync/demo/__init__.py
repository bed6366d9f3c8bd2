"""The room's part of the demo (``shared.demo.part``): a stream, and the table it must lead to."""

from enterprise_license_sync.demo.model import expected_rows, stored_rows
from enterprise_license_sync.demo.stream import KINDS, make_stream

__all__ = ["KINDS", "expected_rows", "make_stream", "stored_rows"]
