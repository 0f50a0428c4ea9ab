"""A local Fellow: the developer API as it is documented, quirks and all, filled with calls of a synthetic world."""

from leadloop.testing.fellow.library import CallTruth, Library, fill_library
from leadloop.testing.fellow.quirks import Quirks
from leadloop.testing.fellow.server import LocalFellow

__all__ = ["CallTruth", "Library", "LocalFellow", "Quirks", "fill_library"]
