"""What Copernica has to stay true through, in the words of docs/reliability.md, and the acts that show it."""

import re
from collections import Counter
from collections.abc import Mapping

from chaos.judge.acts.act import ACTS, Act

__all__ = ["LISTED", "acts_of", "folded"]

LISTED: Mapping[str, str] = {
    "kill -9, SIGTERM and SIGINT of the tap": "signals: SIG.* of the tap",
    "kill -9, SIGTERM and SIGINT of the target": "signals: SIG.* of the target",
    "kill -9, SIGTERM and SIGINT of both": "signals: SIG.* of both",
    "struck twice": "signals: SIG.* of the target, twice",
    "struck in the first second": "signals: SIG.* of both in the first second",
    "killed in a drain": "signals: SIGKILL while it drains after SIGTERM",
    "ended by `meltano run --timeout`": "signals: Meltano's own timeout",
    "a broken or closed standard output": "signals: (the reader .* is gone|standard output is closed)",
    "a standard input that is cut in any byte": "signals: the target's input is cut",
    "429 with and without Retry-After": "way: .*: 429 .*",
    "500, 502, 503 and 504 with HTML": "way: .*: 50[0234] with HTML, .*",
    "401 and 403 in the middle": "way: .*: 40[13], .*",
    "404 from the way": "way: .*: 404 in other words, .*",
    "refused connections": "way: .*: connections refused.*",
    "reset before and after handling": "way: .*: reset (before|after), .*",
    "cut bodies": "way: .*: (body cut|half a body), .*",
    "invalid JSON": "way: .*: no JSON, .*",
    "empty answers": "way: .*: no body, .*",
    "silence": "way: .*: silence.*",
    "slow drip": "way: .*: a slow drip, .*",
    "slow calls": "way: .*: slow calls, .*",
    "tokens that expire": "way: copernica: tokens expire",
    "the shop moves between runs": "shop: it moves",
    "added while it is read": "shop: something is added while it is read",
    "changed while it is read": "shop: something changes while it is read",
    "deleted, also while it is read": "shop: an order is deleted.*",
    "equal timestamps": "shop: records change at one instant",
    "a night in which the clock is turned": "shop: a night in which the clock is turned",
    "returns that move no order": "shop: goods come back, and the order does not move",
    "carts that are left standing": "shop: (a cart is left standing|a new customer leaves a cart)",
    "carts whose content changes": "shop: what is in a cart changes",
    "coupons that are used": "shop: a coupon is used",
    "people who subscribe, and who opt out on either side": "consent: .*",
    "a profile or an order removed by hand": "copernica: (a profile|an order) is removed by hand",
    "a field edited by hand": "copernica: a field is (emptied|changed) by hand",
    "a key emptied or changed": "copernica: the key of .* is (emptied|changed)",
    "a key field renamed, removed or given another type": "copernica: a key field is .*",
    "a database, a collection or a field gone": "copernica: a (database|collection|field) is removed",
    "a duplicate or a person made by someone else": "copernica: a .* by someone else",
    "imports that fail halfway": "copernica: (imports fail|an import fails) halfway",
    "imports that never end": "copernica: imports never end",
    "another account behind the same names": "copernica: another account is behind the same names",
    "a full disk": ".*: the disk is full for .*",
    "a ledger lost, truncated or overwritten in places": "machine: the ledger is (lost|truncated|over.*)",
    "a ledger that is read-only": "machine: the ledger is read-only",
    "a ledger of another account": "machine: the ledger is of another account",
    "a state folder or tombstones lost": "machine: (the state folder is|tombstones are) lost",
    "files of last week's backup": "machine: .* of last week's backup|machine: a backup is made",
    "bookmarks lost, unreadable, of another shop or ahead": "machine: bookmarks are .*",
    "two runs at once with one and with two state folders": "machine: two runs at once .*",
    "a clock that is off by an hour or a day": "machine: the clock is off by .*",
}
"""What happens -> a pattern of the acts that show it."""
FORMER: Mapping[str, str] = {
    "SIG[A-Z]+ of the tap": "kill -9, SIGTERM and SIGINT of the tap",
    "SIG[A-Z]+ of the target": "kill -9, SIGTERM and SIGINT of the target",
    "SIG.* of the tap, SIG.* of the target": "kill -9, SIGTERM and SIGINT of both",
    "the shop moved": "the shop moves between runs",
    "a profile removed by hand": "a profile or an order removed by hand",
    "firstname emptied by hand": "a field edited by hand",
    "lost: bookmarks": "bookmarks lost, unreadable, of another shop or ahead",
    "lost: ledger.*": "a ledger lost, truncated or overwritten in places",
    "restored from a backup": "files of last week's backup",
    ".*: 429 .*": "429 with and without Retry-After",
    ".*: 50[0234].*": "500, 502, 503 and 504 with HTML",
    ".*: 404 of a proxy": "404 from the way",
    ".*: reset (before|after)": "reset before and after handling",
    ".*: (body cut|half a body)": "cut bodies",
    ".*: no JSON": "invalid JSON",
    ".*: no body": "empty answers",
    ".*: drip": "slow drip",
}
"""Names of acts in the first sessions -> what happens."""


def acts_of(pattern: str) -> list[Act]:
    """The acts whose kind and name match all of a pattern."""
    every = [one for named in ACTS.values() for one in named.values()]
    return [one for one in every if re.fullmatch(pattern, f"{one.kind}: {one.name}")]


def folded(acts: Mapping[str, int]) -> Counter[str]:
    """How often each kind of thing happened.

    Args:
        acts: How often each act was played, by kind and name, those of the first sessions too.
    """
    kinds = {pattern: name for name, pattern in LISTED.items()} | {**FORMER}
    found: Counter[str] = Counter()
    for act, times in acts.items():
        found[next(name for pattern, name in kinds.items() if re.fullmatch(pattern, act))] += times
    return found
