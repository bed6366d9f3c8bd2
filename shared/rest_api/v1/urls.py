"""The addresses of version 1."""

from django.urls import path

from shared.rest_api.v1 import message_views, repair_views, status_views

app_name = "event_sync_v1"
urlpatterns = [
    path("rooms/", status_views.RoomsView.as_view(), name="rooms"),
    path("rooms/<str:room>/", status_views.RoomView.as_view(), name="room"),
    path("consumers/", status_views.ConsumersView.as_view(), name="consumers"),
    path("workers/", status_views.WorkersView.as_view(), name="workers"),
    path("outcomes/", status_views.OutcomesView.as_view(), name="outcomes"),
    path("dead-letters/", message_views.DeadLettersView.as_view(), name="dead_letters"),
    path("dead-letters/replay/", repair_views.ReplayView.as_view(), name="replay"),
    path("dead-letters/discard/", repair_views.DiscardView.as_view(), name="discard"),
    path("dead-letters/<str:id>/", message_views.DeadLetterView.as_view(), name="dead_letter"),
    path(
        "dead-letters/<str:id>/payload/",
        message_views.DeadLetterPayloadView.as_view(),
        name="dead_letter_payload",
    ),
    path("parked-events/", message_views.ParkedEventsView.as_view(), name="parked_events"),
    path("parked-events/retry/", repair_views.RetryView.as_view(), name="retry"),
    path("parked-events/bury/", repair_views.BuryView.as_view(), name="bury"),
    path("parked-events/<str:id>/", message_views.ParkedEventView.as_view(), name="parked_event"),
    path(
        "parked-events/<str:id>/payload/",
        message_views.ParkedEventPayloadView.as_view(),
        name="parked_event_payload",
    ),
]
