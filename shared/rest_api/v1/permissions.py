"""Who may: somebody who has logged in and holds each permission that the view needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:
    from shared.rest_api.v1.operator_view import OperatorView


class HoldsPermissions(BasePermission):
    """Lets in who holds all of ``view.needs``, and names to others what they lack."""

    # Only views of ours name what they need.
    def has_permission(self, request: Request, view: OperatorView) -> bool:  # type: ignore[override]
        """Return whether the request's user may."""
        user = request.user
        if not (user and user.is_authenticated):
            return False
        lacking = [name for name in view.needs if not user.has_perm(name)]
        self.message = f"This needs {' and '.join(lacking)}; ask who administers the service."
        return not lacking
