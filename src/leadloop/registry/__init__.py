"""The registry: trained versions as folders of plain data, which one is in service, and since when and why."""

from leadloop.registry.in_service import InService
from leadloop.registry.manifest import ModelVersion
from leadloop.registry.pruning import Pruned
from leadloop.registry.registry import CHAMPION, Registry

__all__ = ["CHAMPION", "InService", "ModelVersion", "Pruned", "Registry"]
