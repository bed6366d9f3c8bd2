"""Data of the events that the rooms use, as their services would send it; needs factory-boy.

One module for each subdomain of the events. ``data_of`` finds the factory by the event.
"""

from __future__ import annotations

from typing import Any

try:
    from factory.base import Factory
except ImportError as error:
    raise ImportError(
        "shared.testing.factories needs factory-boy: pip install 'openedx-event-sync[testing]'"
    ) from error
from openedx_events.tooling import OpenEdxPublicSignal

from shared.exceptions import ConfigurationError
from shared.testing.factories.content_authoring import CourseCatalogFactory, CourseFactory
from shared.testing.factories.enterprise import (
    LicensedEnrollmentFactory,
    LicenseFactory,
    SubscriptionPlanFactory,
)
from shared.testing.factories.learning import CourseGradeFactory, PersistentCourseGradeFactory

__all__ = [
    "CourseCatalogFactory",
    "CourseFactory",
    "CourseGradeFactory",
    "LicenseFactory",
    "LicensedEnrollmentFactory",
    "PersistentCourseGradeFactory",
    "SubscriptionPlanFactory",
    "data_of",
]

_FACTORIES: tuple[type[Factory[Any]], ...] = (
    CourseGradeFactory,
    PersistentCourseGradeFactory,
    CourseCatalogFactory,
    CourseFactory,
    SubscriptionPlanFactory,
    LicenseFactory,
    LicensedEnrollmentFactory,
)
_BY_DATA = {factory._meta.model: factory for factory in _FACTORIES}


def data_of(signal: OpenEdxPublicSignal, **fields: Any) -> dict[str, Any]:
    """Return the arguments of an event; ``fields`` go to the factory of its only argument.

    Raises ``ConfigurationError`` for an event that no room uses.
    """
    data_types = list(signal.init_data.items())
    if len(data_types) != 1 or data_types[0][1] not in _BY_DATA:
        raise ConfigurationError(
            f"There is no factory for {signal.event_type}.",
            hint="Make its data of the classes that its signal declares.",
        )
    ((argument, data_type),) = data_types
    return {argument: _BY_DATA[data_type](**fields)}
