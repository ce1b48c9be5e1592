"""The kinds of trouble that docs/reliability.md lists, and the acts that cause each."""

import re
from collections import Counter
from collections.abc import Mapping

from chaos.judge.acts.act import ACTS, Act

__all__ = ["LISTED", "acts_of", "folded"]

LISTED: Mapping[str, str] = {
    "kill -9, SIGTERM and SIGINT of the tap": "signals: SIG.* of the tap",
    "kill -9, SIGTERM and SIGINT of the target": "signals: SIG.* of the target",
    "kill -9, SIGTERM and SIGINT of both": "signals: SIG.* of both",
    "a second signal after the first": "signals: SIG.* of the target, twice",
    "a signal in the first second": "signals: SIG.* of both in the first second",
    "kill -9 while it finishes after SIGTERM": "signals: SIGKILL while it drains after SIGTERM",
    "ended by `meltano run --timeout`": "signals: Meltano's own timeout",
    "a broken or closed standard output": "signals: (the reader .* is gone|standard output is closed)",
    "a standard input cut off at any byte": "signals: the target's input is cut",
    "429 with and without Retry-After": "way: .*: 429 .*",
    "500, 502, 503 and 504 with HTML": "way: .*: 50[0234] with HTML, .*",
    "401 and 403 in the middle of a run": "way: .*: 40[13], .*",
    "404 from a proxy in between": "way: .*: 404 in other words, .*",
    "refused connections": "way: .*: connections refused.*",
    "connections reset before and after a request is handled": "way: .*: reset (before|after), .*",
    "bodies cut short": "way: .*: (body cut|half a body), .*",
    "invalid JSON": "way: .*: no JSON, .*",
    "empty answers": "way: .*: no body, .*",
    "connections without an answer": "way: .*: silence.*",
    "answers that arrive byte by byte": "way: .*: a slow drip, .*",
    "slow calls": "way: .*: slow calls, .*",
    "tokens that expire": "way: copernica: tokens expire",
    "the shop moves between runs": "shop: it moves",
    "records added while the shop is read": "shop: something is added while it is read",
    "records changed while the shop is read": "shop: something changes while it is read",
    "orders deleted, also while the shop is read": "shop: an order is deleted.*",
    "equal timestamps": "shop: records change at one instant",
    "the night when the clocks change": "shop: a night in which the clock is turned",
    "returns that do not change their order": "shop: goods come back, and the order does not move",
    "abandoned carts": "shop: (a cart is left standing|a new customer leaves a cart)",
    "carts with contents that change": "shop: what is in a cart changes",
    "coupons that are used": "shop: a coupon is used",
    "people who subscribe, and who opt out on either side": "consent: .*",
    "a profile or an order removed by hand": "copernica: (a profile|an order) is removed by hand",
    "a field edited by hand": "copernica: a field is (emptied|changed) by hand",
    "a key emptied or changed": "copernica: the key of .* is (emptied|changed)",
    "a key field renamed, removed or given another type": "copernica: a key field is .*",
    "a database, a collection or a field gone": "copernica: a (database|collection|field) is removed",
    "a duplicate or a person that someone else made": "copernica: a .* by someone else",
    "imports that fail halfway": "copernica: (imports fail|an import fails) halfway",
    "imports that never end": "copernica: imports never end",
    "another account with the same names": "copernica: another account is behind the same names",
    "a full disk": ".*: the disk is full for .*",
    "a ledger lost, truncated or overwritten in places": "machine: the ledger is (lost|truncated|over.*)",
    "a ledger that is read-only": "machine: the ledger is read-only",
    "a ledger of another account": "machine: the ledger is of another account",
    "a state folder or tombstones lost": "machine: (the state folder is|tombstones are) lost",
    "files from last week's backup": "machine: .* of last week's backup|machine: a backup is made",
    "bookmarks lost, unreadable, of another shop or ahead": "machine: bookmarks are .*",
    "two runs at once with one and with two state folders": "machine: two runs at once .*",
    "a clock that is off by an hour or a day": "machine: the clock is off by .*",
}
"""Kind of trouble -> a pattern of the acts that cause it."""
FORMER: Mapping[str, str] = {
    "SIG[A-Z]+ of the tap": "kill -9, SIGTERM and SIGINT of the tap",
    "SIG[A-Z]+ of the target": "kill -9, SIGTERM and SIGINT of the target",
    "SIG.* of the tap, SIG.* of the target": "kill -9, SIGTERM and SIGINT of both",
    "the shop moved": "the shop moves between runs",
    "a profile removed by hand": "a profile or an order removed by hand",
    "firstname emptied by hand": "a field edited by hand",
    "lost: bookmarks": "bookmarks lost, unreadable, of another shop or ahead",
    "lost: ledger.*": "a ledger lost, truncated or overwritten in places",
    "restored from a backup": "files from last week's backup",
    ".*: 429 .*": "429 with and without Retry-After",
    ".*: 50[0234].*": "500, 502, 503 and 504 with HTML",
    ".*: 404 of a proxy": "404 from a proxy in between",
    ".*: reset (before|after)": "connections reset before and after a request is handled",
    ".*: (body cut|half a body)": "bodies cut short",
    ".*: no JSON": "invalid JSON",
    ".*: no body": "empty answers",
    ".*: drip": "answers that arrive byte by byte",
}
"""Names of acts in the first sessions -> kind of trouble."""


def acts_of(pattern: str) -> list[Act]:
    """The acts whose kind and name match all of a pattern."""
    every = [one for named in ACTS.values() for one in named.values()]
    return [one for one in every if re.fullmatch(pattern, f"{one.kind}: {one.name}")]


def folded(acts: Mapping[str, int]) -> Counter[str]:
    """How often each kind of trouble happened.

    Args:
        acts: How often each act was played, by kind and name, those of the first sessions too.
    """
    kinds = {pattern: name for name, pattern in LISTED.items()} | {**FORMER}
    found: Counter[str] = Counter()
    for act, times in acts.items():
        found[next(name for pattern, name in kinds.items() if re.fullmatch(pattern, act))] += times
    return found
