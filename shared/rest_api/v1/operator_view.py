"""What the views have in common.

Authentication is the service's: ``REST_FRAMEWORK['DEFAULT_AUTHENTICATION_CLASSES']``. All else is
said here, so that the API is the same in each service.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from django.utils.cache import add_never_cache_headers
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shared.rest_api.v1.body import Body
from shared.rest_api.v1.failures import answer_to
from shared.rest_api.v1.permissions import HoldsPermissions
from shared.rest_api.v1.serializers import FailureSerializer
from shared.rest_api.v1.throttling import Scope, Throttle

_FAILURES: dict[int, Any] = {
    400: OpenApiResponse(OpenApiTypes.OBJECT, "By field what is wrong, or `detail` for the whole."),
    401: OpenApiResponse(FailureSerializer, "Nobody has logged in."),
    403: OpenApiResponse(FailureSerializer, "Nobody has logged in, or a permission is lacking."),
    404: OpenApiResponse(FailureSerializer, "There is no such thing."),
    429: OpenApiResponse(FailureSerializer, "Asked too often; `Retry-After` says when to go on."),
    503: OpenApiResponse(FailureSerializer, "Something that the service needs is away or unfit."),
}


class OperatorView(APIView):
    """Answers JSON to those who hold the permissions that it ``needs``."""

    needs: ClassVar[tuple[str, ...]]
    throttle_scope: ClassVar[Scope] = Scope.READ

    schema = AutoSchema()
    parser_classes = (Body,)
    permission_classes = (HoldsPermissions,)
    renderer_classes = (JSONRenderer,)
    throttle_classes = (Throttle,)
    versioning_class = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view, outside of the transaction that a service may make of each request.

        A repair is made of transactions of its own; and a database that is away must be met inside
        the view, which has an answer to that.
        """
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    def get_exception_handler(self) -> Callable[..., Response | None]:
        """Return ours: a service's own may give errors another shape."""
        return answer_to

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Let nobody keep an answer: it is of this moment, and for this user."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        add_never_cache_headers(answer)
        return answer


def operation(name: str, summary: str, answers: Any, **more: Any) -> Callable[[Any], Any]:
    """Describe a method of a view in the schema: what it answers, and how it may fail."""
    failures = {**_FAILURES, **more.pop("failures", {})}
    return extend_schema(
        operation_id=name,
        summary=summary,
        responses={200: answers, **failures},
        tags=["event-sync"],
        **more,
    )
