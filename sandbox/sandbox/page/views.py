"""What each page shows: from a look at the sandbox to a template and its values."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sandbox.copernica.records import count
from sandbox.page import campaigns, consent, importlist, people, records, shopside, traffic
from sandbox.page.fields import columns, label
from sandbox.page.look import Look, View
from sandbox.page.missing import MissingError
from sandbox.page.names import Names
from sandbox.page.paging import Paging, paging
from sandbox.page.people import Found
from sandbox.shop import resources

LATEST = 5
ROWS = 50
SHOP = {
    "customers": "Customers",
    "orders": "Orders",
    "order_products": "Order rows",
    "products": "Products",
    "variants": "Variants",
    "invoices": "Invoices",
    "shipments": "Shipments",
}


def _view(look: Look, template: str, title: str, **values: Any) -> View:  # noqa: ANN401 - what a template shows
    """What every page shows, and what this one does."""
    common = {"title": title, "now": look.context.clock.now(), "typed": ""}
    return View(template, {**common, **values})


def missing(look: Look, reason: str) -> View:
    """Where an address leads to nothing."""
    return _view(look, "missing.html", "Not found", reason=reason)


def overview(look: Look) -> View:
    """Both sides at a glance."""
    counts = look.tally.counts()
    lines = campaigns.summary(look.db)
    return _view(
        look,
        "overview.html",
        "Overview",
        databases=[(place, count(look.db, place)) for place in people.everything(look.db)],
        shop={name: look.shop.count(resources.ALL[kind]) for kind, name in SHOP.items()},
        notes=_notes(look),
        shop_name=look.shop.fact("shop").get("title") or "",
        sides=_by_side(counts, look.tally.calls()),
        ran=sum(line.ran for line in lines),
        quiet=sum(line.quiet for line in lines),
        imports=importlist.newest(look.db, look.context.clock.now(), LATEST),
        import_count=importlist.count(look.db),
    )


def empty_search(look: Look) -> View:
    """Where nothing was searched for yet."""
    return _search(look, "")


def search(look: Look) -> View:
    """People who were searched for."""
    return _search(look, look.searches.text(look.id))


def _search(look: Look, typed: str) -> View:
    words = people.words_of(typed)
    found = people.find(look.db, words)
    page = paging(look.query, len(found))
    return _view(
        look,
        "search.html",
        "Search",
        asked=bool(words),
        found=[(one, label(one.fields)) for one in page.cut(found)],
        page=page,
        here=f"/search/{look.path['id']}" if words else "/search",
        keep={},
        most=people.MOST_FOUND,
        typed=typed,
    )


def database(look: Look) -> View:
    """A database: its profiles, its collections, its fields."""
    place = people.database(look.db, look.id)
    below = [(one, count(look.db, one)) for one in people.collections(look.db, place.id)]
    page = paging(look.query, count(look.db, place))
    return _view(
        look,
        "place.html",
        f"Database {place.name}",
        place=place,
        parent=None,
        below=below,
        **_table(people.newest(look.db, place, page), page),
    )


def collection(look: Look) -> View:
    """A collection: its subprofiles, its fields."""
    place = people.collection(look.db, look.id)
    page = paging(look.query, count(look.db, place))
    return _view(
        look,
        "place.html",
        f"Collection {place.name}",
        place=place,
        parent=people.database(look.db, place.database),
        below=[],
        **_table(people.newest(look.db, place, page), page),
    )


def profile(look: Look) -> View:
    """A person: what Copernica holds, and what the shop holds beside it."""
    found = people.profile(look.db, look.id)
    return _view(
        look,
        "profile.html",
        label(found.fields),
        found=found,
        sheet=records.sheet(look.db, look.shop, found),
        lists=records.below(look.db, look.query, found),
        orders=records.shop_orders(look.db, look.shop, found),
        arithmetic=records.arithmetic(look.shop, found, look.context.clock.now().date()),
        lines=campaigns.of_profile(look.db, found.record.id),
        consent=consent.consent(look.db, look.shop, found),
        **_words(),
    )


def subprofile(look: Look) -> View:
    """An order, an order row ...: what Copernica holds, and what the shop holds beside it."""
    found = people.subprofile(look.db, look.id)
    if found.record.profile is None:
        raise MissingError(f"Subprofile {found.record.id} belongs to no profile.")
    owner = people.profile(look.db, found.record.profile)
    return _view(
        look,
        "subprofile.html",
        f"{found.place.name}: {label(found.fields)}",
        found=found,
        owner=owner,
        owner_label=label(owner.fields),
        sheet=records.sheet(look.db, look.shop, found),
    )


def requests(look: Look) -> View:
    """API requests of both sides: by kind, and one by one."""
    counts = look.tally.counts()
    kind = look.query.get("kind") or None
    if kind is not None and kind not in traffic.SIDE_OF:
        raise MissingError("There is no such kind of request.")
    page = paging(look.query, len(look.tally.kept(kind)), size=ROWS)
    return _view(
        look,
        "requests.html",
        "API requests",
        sides=_by_side(counts, look.tally.calls()),
        outcomes=traffic.OUTCOMES,
        kind=kind,
        kind_name=traffic.KINDS[traffic.SIDE_OF[kind]][kind] if kind else "",
        requests=[
            (name, list(ones))
            for name, ones in groupby(look.tally.newest(kind, page.start, page.size), traffic.name_of)
        ],
        names=Names(look.db, look.shop),
        page=page,
        keep={"kind": kind} if kind else {},
    )


def campaign_list(look: Look) -> View:
    """Follow-ups: by trigger and route, and one by one."""
    filters = campaigns.chosen(look.query)
    page = paging(look.query, campaigns.count(look.db, filters), size=ROWS)
    lines = campaigns.summary(look.db)
    return _view(
        look,
        "campaigns.html",
        "Campaigns",
        lines=lines,
        ran=sum(line.ran for line in lines),
        quiet=sum(line.quiet for line in lines),
        filters=filters,
        followups=_by_profile(campaigns.listed(look.db, filters, page.start, page.size)),
        names=Names(look.db, look.shop),
        page=page,
        keep=filters,
        **_words(),
    )


def import_list(look: Look) -> View:
    """Copernica's imports."""
    page = paging(look.query, importlist.count(look.db))
    return _view(
        look,
        "imports.html",
        "Imports",
        imports=importlist.listed(look.db, look.context.clock.now(), page.start, page.size),
        page=page,
        keep={},
    )


def import_rows(look: Look) -> View:
    """One import, row by row."""
    one = importlist.read(look.db, look.context.clock.now(), look.id)
    if one is None:
        raise MissingError(f"Copernica has no import {look.path['id']}.")
    page = paging(look.query, len(one.outcomes), size=ROWS)
    return _view(
        look,
        "import.html",
        f"Import {one.id}",
        one=one,
        rows=page.cut(one.outcomes),
        names=Names(look.db, look.shop),
        page=page,
        keep={},
    )


def nowhere(_look: Look) -> View:
    """An address that no page has.

    Raises:
        MissingError: always.
    """
    raise MissingError("There is no page of this address.")


def _table(found: Sequence[Found], page: Paging) -> dict[str, Any]:
    """A list of records."""
    names = columns(found[0].place) if found else []
    return {"found": [(one, label(one.fields)) for one in found], "names": names, "page": page, "keep": {}}


def _by_profile(followups: Iterable[dict[str, Any]]) -> list[tuple[int, list[dict[str, Any]]]]:
    """Those of one profile together, the profile of the newest one first."""
    found: dict[int, list[dict[str, Any]]] = {}
    for one in followups:
        found.setdefault(one["profile"], []).append(one)
    return list(found.items())


def _notes(look: Look) -> dict[str, str]:
    """Beside a number of the shop: why not all of it is in Copernica."""
    alone = shopside.without_product(look.shop)
    if not alone:
        return {}
    one = alone == 1
    kept = f"{alone:,} of {'a product' if one else 'products'} that the shop no longer has"
    return {SHOP["variants"]: f"{kept}: {'it belongs' if one else 'they belong'} nowhere in Copernica"}


def _words() -> dict[str, Any]:
    return {"triggers": campaigns.TRIGGERS, "routes": campaigns.ROUTES}


def _by_side(counts: Mapping[str, Mapping[str, int]], calls: Mapping[str, int]) -> list[dict[str, Any]]:
    """Requests of each side: its kinds with their outcomes and calls, and all of them together."""
    sides = []
    for side, kinds in traffic.KINDS.items():
        came = {kind: counts[kind] for kind in kinds if kind in counts}
        total: Counter[str] = sum((Counter(outcomes) for outcomes in came.values()), Counter())
        sides.append({"name": side, "names": kinds, "kinds": came, "total": total, "calls": calls})
    return sides
