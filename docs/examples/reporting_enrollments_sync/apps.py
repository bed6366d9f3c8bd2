"""Makes the consumer known to the service that installs it."""

from django.apps import AppConfig


class ReportingEnrollmentsSyncConfig(AppConfig):
    """Registers the consumer."""

    name = "reporting_enrollments_sync"
    verbose_name = "Reporting enrollments sync"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the consumer and connect its receivers."""
        from reporting_enrollments_sync.consumers import ENROLLMENTS
        from shared import registry

        registry.register(self.name, ENROLLMENTS)
