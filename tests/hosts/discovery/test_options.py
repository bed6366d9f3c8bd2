"""Options of the destination, and what it needs of Discovery, are looked at before any event."""

from __future__ import annotations

import pytest

from discovery_course_run_sync.hosts.discovery import COURSE_RUNS
from discovery_course_run_sync.hosts.discovery.host import DISCOVERY
from shared.checks import check_hosts
from shared.exceptions import ConfigurationError
from tests.hosts.discovery.events import published


def test_discovery_has_what_the_destination_relies_on(configure):
    """Every model, field and function, and the options are good."""
    configure(PARTNER="edx")
    assert DISCOVERY.missing() == []
    assert check_hosts() == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, r"\['PARTNER'\] is not set"),
        ({"PARTNER": ""}, "PARTNER of course-runs is no short code"),
        ({"PARTNER": 1}, "PARTNER of course-runs is no short code"),
        ({"PARTNER": "edx", "UNKNOWN_RUNS": "ignore"}, "UNKNOWN_RUNS of course-runs is 'ignore'"),
        ({"PARTNER": "edx", "UNKNOWN_RUN": "park"}, "Did you mean 'UNKNOWN_RUNS'"),
    ],
)
def test_bad_option_is_named(configure, options, said):
    """By the check and wherever the options are read."""
    configure(**options)
    [message] = check_hosts()
    assert message.id == "event_sync.E007"
    with pytest.raises(ConfigurationError, match=said):
        COURSE_RUNS.configured()


def test_unknown_runs_are_made_by_default(configure):
    """As the loader makes them."""
    configure(PARTNER="edx")
    assert COURSE_RUNS.configured().unknown_runs == "create"


def test_partner_that_is_not_there_stops_the_worker(partner, send, configure):
    """No event is buried for it."""
    configure(PARTNER="nobody")
    with pytest.raises(ConfigurationError, match="no partner whose short code is 'nobody'"):
        send(published(1))


@pytest.mark.parametrize("lost", ["course_metadata.CourseRun", "core.Partner"])
def test_field_that_is_not_there_is_named(configure, monkeypatch, lost):
    """A Discovery that was upgraded past us gets a clear error."""
    configure(PARTNER="edx")
    monkeypatch.setitem(DISCOVERY.models, lost, ("key_of_old",))
    [message] = check_hosts()
    assert f"Course Discovery's field {lost}.key_of_old" in message.msg
    assert "in a version that this project was tested with" in (message.hint or "")
