"""What must be set, and what must be there, is said before an event is met."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from credentials_grades_sync.hosts.credentials import USER_GRADES
from credentials_grades_sync.hosts.credentials.options import Keep, Options
from shared.checks import check_hosts
from shared.exceptions import ConfigurationError
from shared.hosts import Host


def test_sites_are_required(configure):
    """Runs are per site; none is taken for granted."""
    configure()
    [message] = check_hosts()
    assert "['SITES'] is not set" in message.msg


def test_least_that_must_be_set(configure):
    """Sites alone; then grades are kept as the LMS sends them today."""
    configure(SITES=["credentials.example.org"])
    assert check_hosts() == []
    assert USER_GRADES.configured() == Options(sites=["credentials.example.org"], keep=Keep.RECORDS)


@pytest.mark.parametrize("sites", [[], "credentials.example.org", None, [1], [""], {"a": "b"}])
def test_sites_that_are_no_domains(configure, sites):
    """A domain alone, without a list around it, would be a list of letters."""
    configure(SITES=sites)
    with pytest.raises(ConfigurationError, match=r"SITES .* no list of domains"):
        USER_GRADES.configured()


@pytest.mark.parametrize("keep", ["", "program", "RECORDS", None, ["all"]])
def test_policy_that_is_none(configure, keep):
    """The hint names those that there are."""
    configure(SITES=["credentials.example.org"], KEEP=keep)
    [message] = check_hosts()
    assert message.hint == "Use one of records, catalog, all."


def test_all_that_the_destination_relies_on_is_there():
    """In Credentials, or its stand-ins."""
    assert USER_GRADES.host.missing() == []


@pytest.mark.parametrize(
    ("label", "name"),
    [(label, name) for label, names in USER_GRADES.host.models.items() for name in (None, *names)],
)
def test_what_an_upgrade_took_away_is_named(monkeypatch, label, name):
    """Each model and each field that the destination relies on."""
    look_up: Callable[..., Any] = Host.model
    model = look_up(USER_GRADES.host, label)
    if name is None:
        monkeypatch.delitem(
            model._meta.apps.all_models[label.split(".")[0]], model._meta.model_name
        )
        said = f"model {label}"
    else:
        forget_field(monkeypatch, model, name)
        said = f"field {label}.{name}"
    assert said in USER_GRADES.host.missing()


def forget_field(monkeypatch: pytest.MonkeyPatch, model: Any, name: str) -> None:
    """Let a model have no field of this name."""
    from django.core.exceptions import FieldDoesNotExist

    get_field = model._meta.get_field

    def get_other_field(wanted: str) -> Any:
        if wanted == name:
            raise FieldDoesNotExist
        return get_field(wanted)

    monkeypatch.setattr(model._meta, "get_field", get_other_field)
