"""The registry: trained versions as folders of plain data, which one is in service, and since when and why."""

from leadloop.registry.history import Promotion
from leadloop.registry.manifest import ModelVersion
from leadloop.registry.registry import Registry

__all__ = ["ModelVersion", "Promotion", "Registry"]
