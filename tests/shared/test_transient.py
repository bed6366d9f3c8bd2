"""What the database is to blame for is no event's poison: the batch is there to come again."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection

from shared.batches import Ignored
from shared.exceptions import FatalError, Outage, TransientError
from shared.models import DeadLetter
from shared.outcomes import Outcome
from tests.library import book, is_untouched, outcomes, settled, shelf

pytestmark = pytest.mark.django_db

APPLIED, DEAD = Outcome.APPLIED, Outcome.DEAD
SECRET = "Persuasion"
KOMBU = type("OperationalError", (Exception,), {"__module__": "kombu.exceptions"})
"""Bears the name of Celery's, which isn't installed here."""


def away() -> Exception:
    """Return what a destination raises that can't reach something, and nobody is in its way."""
    return TransientError("The host is away.")


def test_transient_failure_writes_nothing(library, fails_for, locked):
    """Neither its own rows nor its neighbours' are there: the batch can come again."""
    fails_for(locked, SECRET)
    with pytest.raises(TransientError, match="SQLITE_BUSY") as raised:
        settled(library, shelf(), book("1"), book("2", SECRET), Ignored(shelf().message))
    assert SECRET not in str(raised.value)
    assert is_untouched()


def test_transient_failure_is_not_tried_event_by_event(library, fails_for, locked):
    """A database that is away isn't asked once for each event."""
    errors = [locked()]
    fails_for(errors.pop, SECRET)
    with pytest.raises(TransientError):
        settled(library, shelf(), book("1"), book("2", SECRET))
    assert errors == []


def test_transient_failure_of_a_destination_passes_through(library, fails_for):
    """A destination may say itself that something is out of reach."""
    fails_for(lambda: TransientError("The host is away."), SECRET)
    with pytest.raises(TransientError, match="The host is away"):
        settled(library, shelf(), book("2", SECRET))
    assert is_untouched()


def test_transient_failure_while_poison_is_isolated_writes_nothing(library, fails_for, locked):
    """Event by event, too, infrastructure is nobody's poison."""
    errors = [ValueError(), ValueError(), locked()]
    fails_for(lambda: errors.pop(0), "bug", SECRET)
    with pytest.raises(TransientError):
        settled(library, shelf(), book("1", "bug"), book("2", SECRET))
    assert is_untouched()


def test_isolated_event_that_alone_fails_transiently_is_buried(library, fails_for):
    """After many tries, what fails while the others pass is poison."""
    fails_for(away, SECRET)
    arrivals = (shelf(), book("1"), book("2", SECRET), book("3"))
    result = settled(library, *arrivals, isolate=True)
    assert outcomes(result) == [APPLIED, APPLIED, DEAD, APPLIED]
    assert "TransientError" in DeadLetter.objects.get().error


def test_isolated_event_that_another_transaction_holds_up_is_not_buried(library, fails_for, locked):
    """Whoever waits for a lock is a good event: all come again, and that one isn't tried twice."""
    errors = [locked()]
    fails_for(errors.pop, SECRET)
    arrivals = (shelf(), book("1"), book("2", SECRET), book("3"))
    with pytest.raises(TransientError, match="SQLITE_BUSY"):
        settled(library, *arrivals, isolate=True)
    assert is_untouched()


def test_isolated_event_that_meets_an_outage_is_not_buried(library, fails_for):
    """That the others don't need the service that is away makes it no fault of this one."""
    fails_for(lambda: Outage("The library can't reach a service."), SECRET)
    arrivals = (shelf(), book("1"), book("2", SECRET), book("3"))
    with pytest.raises(Outage, match="can't reach a service"):
        settled(library, *arrivals, isolate=True)
    assert is_untouched()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationalError(), r"The database failed: django\.db\.utils\.OperationalError\."),
        (ConnectionRefusedError(), "A service beside the database failed: ConnectionRefusedError."),
        (KOMBU(), r"A service beside the database failed: kombu\.exceptions\.OperationalError\."),
    ],
)
def test_what_failed_is_named(library, fails_for, error, said):
    """Who waits for Celery's broker doesn't look at the database."""
    fails_for(lambda: error, SECRET)
    with pytest.raises(TransientError, match=f"^{said}$"):
        settled(library, shelf(), book("1", SECRET))


def test_isolated_event_that_fails_once_is_not_buried(library, fails_for):
    """What passes at the second look was no poison."""
    errors = [away()]
    fails_for(lambda: errors.pop() if errors else None, SECRET)
    result = settled(library, shelf(), book("1"), book("2", SECRET), isolate=True)
    assert outcomes(result) == [APPLIED, APPLIED, APPLIED]


def test_isolated_events_of_which_many_fail_are_not_buried(library, fails_for):
    """A database that comes and goes is the likelier reason; and each may take its time to fail."""
    errors = [away() for _ in range(9)]
    fails_for(errors.pop, SECRET)
    arrivals = [book(str(number), SECRET) for number in range(9)]
    with pytest.raises(TransientError):
        settled(library, shelf(), book("first"), *arrivals, isolate=True)
    assert is_untouched()
    assert errors


@pytest.mark.parametrize("others", [(), (book("1", price=-1),)])
def test_isolated_events_that_all_fail_are_not_buried(library, fails_for, others):
    """While no other passes, a host that is down is the likelier reason: the batch comes again."""
    fails_for(away, SECRET)
    with pytest.raises(TransientError):
        settled(library, shelf(), *others, book("2", SECRET), isolate=True)
    assert is_untouched()


def test_isolated_batch_buries_bad_data_as_ever(library):
    """A batch that kept failing may hold common poison, too."""
    result = settled(library, shelf(), book("1"), book("2", price=-1), isolate=True)
    assert outcomes(result) == [APPLIED, APPLIED, DEAD]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make_error", [OperationalError, ValueError])
def test_lost_transaction_is_transient_for_the_batch(library, fails_for, make_error):
    """MySQL rolls all back on a deadlock: what comes after it fails, and is no poison."""

    def roll_back() -> Exception:
        connection.cursor().execute("ROLLBACK")
        error: Exception = make_error()
        return error

    fails_for(roll_back, SECRET)
    with pytest.raises(TransientError):
        settled(library, shelf(), book("1"), book("2", SECRET), book("3"), isolate=True)
    assert is_untouched()


def test_missing_table_is_fatal(library, fails_for):
    """No event is to blame for a missing migration."""

    def query_nowhere() -> Exception:
        connection.cursor().execute("SELECT 1 FROM nowhere")
        raise AssertionError

    fails_for(query_nowhere, SECRET)
    with pytest.raises(FatalError, match=r"can't be settled: django\.db\.utils") as raised:
        settled(library, book("1", SECRET))
    assert "migrations" in raised.value.hint


def test_fatal_error_of_a_destination_passes_through(library, fails_for):
    """A destination may stop the worker, and its hint is kept."""
    fails_for(lambda: FatalError("Stop.", hint="Mend it."), SECRET)
    with pytest.raises(FatalError, match=r"^Stop\. Hint: Mend it\.$"):
        settled(library, shelf(), book("1", SECRET))
    assert is_untouched()
