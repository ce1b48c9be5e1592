"""API requests by kind."""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from itertools import islice

from sandbox.requestlog import NO_ANSWER, Entry, RequestLog

KINDS: Mapping[str, Mapping[str, str]] = {
    "SEOshop": {
        "shop-list": "Lists read",
        "shop-rows": "Order rows read (one request for each order)",
        "shop-count": "Lists counted",
        "shop-one": "Single records read",
        "shop-about": "About the shop, the key and its limits",
    },
    "Copernica": {
        "token": "Tokens asked for",
        "read": "Reads",
        "profile": "Profiles written, one by one",
        "subprofile": "Subprofiles written, one by one",
        "import": "Imports started",
        "progress": "Imports followed",
        "structure": "Databases, collections and fields made",
        "delete": "Deletions",
    },
}
"""By side: each kind with its name for people, in the order in which they are shown."""

SIDE_OF = {kind: side for side, kinds in KINDS.items() for kind in kinds}
OUTCOMES = {"answered": "Answered", "refused": "Refused", "unanswered": "No answer"}

_ABOUT = frozenset({"shop", "account", "time"})
_ROWS = re.compile(r"orders/\d+/products(/|$)")
_ONE = re.compile(r"/\d+$")
_REFUSED = 400


def kind_of(request: Entry) -> str:
    """The kind of one request of the log: a key of one of the `KINDS`."""
    if request.side == "copernica_token":
        return "token"
    if request.side == "seoshop":
        return _seoshop(request.path)
    return _copernica(request.method, request.path)


def name_of(request: Entry) -> str:
    """The kind of one request, for people."""
    kind = kind_of(request)
    return KINDS[SIDE_OF[kind]][kind]


def outcome_of(request: Entry) -> str:
    """What became of one request: a key of `OUTCOMES`."""
    if request.status == NO_ANSWER:
        return "unanswered"
    return "refused" if request.status >= _REFUSED else "answered"


def _seoshop(path: str) -> str:
    below = path.removeprefix("/seoshop/").partition("/")[2].removesuffix(".json")
    if below.partition("/")[0] in _ABOUT:
        return "shop-about"
    if below.endswith("/count"):
        return "shop-count"
    if _ROWS.match(below):
        return "shop-rows"
    return "shop-one" if _ONE.search(below) else "shop-list"


def _copernica(method: str, path: str) -> str:
    below = path.removeprefix("/copernica/v4/")
    if method == "GET":
        return "progress" if below.startswith("import/") else "read"
    if method == "DELETE":
        return "delete"
    if below.startswith("imports"):
        return "import"
    if below.startswith("subprofile/") or "/subprofiles" in below:
        return "subprofile"
    return "profile" if below.startswith("profile/") or below.endswith("/profiles") else "structure"


class Tally:
    """Counts requests by kind and outcome as they come, and knows which are of which kind."""

    def __init__(self, log: RequestLog) -> None:
        """Count the requests of `log` from now on."""
        self._log = log
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._calls: Counter[str] = Counter()
        self._numbers: defaultdict[str, deque[int]] = defaultdict(deque)
        log.watchers.append(self._count)

    def _count(self, request: Entry) -> None:
        kind = kind_of(request)
        self._counts[kind][outcome_of(request)] += 1
        self._calls[kind] += request.cost
        self._numbers[kind].append(request.seq)
        self._forget(kind)

    def _forget(self, kind: str) -> None:
        """Let go of what the log has let go of."""
        numbers = self._numbers[kind]
        while numbers and numbers[0] < self._log.oldest:
            numbers.popleft()

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """By kind, in the order of `KINDS`: how many requests had which outcome; kinds that came."""
        return {kind: self._counts[kind] for kind in SIDE_OF if kind in self._counts}

    def calls(self) -> Mapping[str, int]:
        """By kind: for how many calls its requests counted with the API's limits."""
        return self._calls

    def kept(self, kind: str | None) -> Sequence[int]:
        """Numbers of the requests of a kind (None: of any) that the log still has, oldest first."""
        if kind is None:
            return range(self._log.oldest, self._log.last + 1)
        self._forget(kind)
        return self._numbers[kind]

    def newest(self, kind: str | None, start: int, size: int) -> list[Entry]:
        """Requests of a kind (None: of any), newest first: `size` at most, after the first `start`."""
        return [self._log.entry(number) for number in islice(reversed(self.kept(kind)), start, start + size)]
