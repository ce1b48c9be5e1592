"""What a shop holds beside people, orders and goods: languages, taxes, suppliers, categories, tags, opinions.

Each kind is drawn by dice of its own, so that none of it moves what is drawn elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sandbox.shop import resources
from sandbox.shop.catalog import FIRST_SUPPLIER, TAXES, Product, slug
from sandbox.shop.db import Shop
from sandbox.shop.dice import Dice
from sandbox.shop.links import to_many, to_one
from sandbox.shop.people import person
from sandbox.shop.plan import Plan
from sandbox.shop.pools import COUNTRIES, LANGUAGES, pools
from sandbox.shop.resources import Body
from sandbox.shop.zone import stamped

FIRST_CATEGORY, FIRST_TAG, FIRST_SUBSCRIPTION, FIRST_REVIEW = 13_880_001, 18_890_001, 337_001, 37_001
FIRST_IN_CATEGORY, FIRST_TAGGED = 1_171_000_001, 444_000_001
OTHER_COUNTRIES = (
    {"id": 21, "code": "be", "code3": "bel", "title": "Belgium"},
    {"id": 226, "code": "us", "code3": "usa", "title": "United States"},
    {"id": 38, "code": "ca", "code3": "can", "title": "Canada"},
)
CATEGORIES = (("Wonen", ("Keuken", "Slaapkamer", "Verlichting")), ("Tuin", ("Potten", "Zaden & bollen")))
TAGS = ("nieuw", "uitverkoop", "duurzaam", "cadeau-idee", "Frühling")
OPINIONS = (
    "Prima!",
    "Snel geleverd, netjes verpakt.",
    "Na een week stuk :-(",
    "Würde ich wieder kaufen 👍",
    "",
)
HOUR, DAY = 3600, 86400


def put_beside(
    shop: Shop, plan: Plan, products: Sequence[Product], customers: Sequence[int], zone: ZoneInfo
) -> None:
    """Store all of it.

    Args:
        shop: being filled.
        plan: what it is filled by.
        products: its drawn products.
        customers: ids of drawn customers, by number.
        zone: of its stamps.
    """
    at = stamped(plan.span[0], zone)
    shop.put_all(resources.LANGUAGES, _languages())
    shop.put_all(resources.COUNTRIES, (*COUNTRIES.values(), *OTHER_COUNTRIES))
    shop.put_all(resources.TAXES, _taxes())
    shop.put_all(resources.SUPPLIERS, _suppliers(at))
    shop.put_all(resources.CATEGORIES, (_category(one, at) for one in _tree()))
    shop.put_all(resources.CATEGORIES_PRODUCTS, _in_categories(plan.seed, products))
    shop.put_all(resources.TAGS, _tags(at))
    shop.put_all(resources.TAGS_PRODUCTS, _tagged(plan.seed, products))
    shop.put_all(resources.SUBSCRIPTIONS, _subscriptions(plan, len(customers), zone))
    shop.put_all(resources.REVIEWS, _reviews(plan, products, customers, zone))


def _languages() -> Iterator[Body]:
    for place, language in enumerate(LANGUAGES.values()):
        yield {
            "id": language["id"],
            "isActive": True,
            "isDefault": place == 0,
            "code": language["code"],
            "locale": language["locale"],
            "title": language["title"],
        }


def _taxes() -> Iterator[Body]:
    for place, (rate, identifier) in enumerate(TAXES.items()):
        title = f"BTW {rate * 100:.0f}%"
        yield {"id": identifier, "isDefault": place == 0, "rate": float(rate), "title": title}


def _suppliers(at: str) -> Iterator[Body]:
    for place, title in enumerate(pools("catalog")["suppliers"]):
        yield {
            "id": FIRST_SUPPLIER + place,
            "createdAt": at,
            "updatedAt": at,
            "title": title,
            "attention_of": "" if place % 2 else "Inkoop",
            "street": "Handelsweg",
            "street2": "Gebouw C" if place == 1 else "",
            "number": str(10 + place),
            "extension": "a" if place == 1 else "",
            "zip_code": f"10{place:02d} AB",
            "city": "Amsterdam",
            "region": "Noord-Holland" if place else "",
            "country_id": COUNTRIES["nl"],
        }


@dataclass(frozen=True)
class _Category:
    """One category: where it stands, and what it is called."""

    identifier: int
    parent: int | None
    place: int
    title: str
    url: str


def _tree() -> list[_Category]:
    tree: list[_Category] = []
    for place, (title, below) in enumerate(CATEGORIES):
        root = _Category(FIRST_CATEGORY + len(tree), None, place, title, slug(title))
        tree.append(root)
        for inner, name in enumerate(below):
            url = f"{root.url}/{slug(name)}"
            tree.append(_Category(FIRST_CATEGORY + len(tree), root.identifier, inner, name, url))
    return tree


def _category(one: _Category, at: str) -> Body:
    above = [] if one.parent is None else [one.parent]
    return {
        "id": one.identifier,
        "createdAt": at,
        "updatedAt": at,
        "isVisible": True,
        "depth": len(above) + 1,
        "path": [str(identifier) for identifier in (one.identifier, *above)],
        "type": "category",
        "sortOrder": one.place + 1,
        "sorting": "popular",
        "url": one.url,
        "title": one.title,
        "fulltitle": one.title,
        "description": "",
        "content": "" if above else f"<p>Alles voor {one.title.lower()}</p>",
        "image": False,
        "parent": to_one("categories", one.parent) if one.parent else False,
        "children": to_many(f"categories?parent={one.identifier}"),
        "products": to_many(f"categories/products?category={one.identifier}"),
    }


def _in_categories(seed: int, products: Sequence[Product]) -> Iterator[Body]:
    tree = _tree()
    for place, made in enumerate(products):
        category = Dice(seed, "category", place).pick(tree)
        yield {
            "id": FIRST_IN_CATEGORY + place,
            "sortOrder": place % 7,
            "category": to_one("categories", category.identifier),
            "product": to_one("products", made.identifier),
            "parentId": category.parent,
        }


def _tags(at: str) -> Iterator[Body]:
    for place, title in enumerate(TAGS):
        identifier = FIRST_TAG + place
        yield {
            "id": identifier,
            "createdAt": at,
            "updatedAt": at,
            "isVisible": place != len(TAGS) - 1,
            "url": slug(title),
            "title": title,
            "products": to_many(f"tags/products?tag={identifier}"),
        }


def _tagged(seed: int, products: Sequence[Product]) -> Iterator[Body]:
    identifier = FIRST_TAGGED
    for place, made in enumerate(products):
        dice = Dice(seed, "tags", place)
        for tag in range(len(TAGS)):
            if dice.chance(0.25):
                yield {
                    "id": identifier,
                    "tag": to_one("tags", FIRST_TAG + tag),
                    "product": to_one("products", made.identifier),
                }
                identifier += 1


def _subscriptions(plan: Plan, customers: int, zone: ZoneInfo) -> Iterator[Body]:
    """Some of the customers, as they call themselves in the newsletter's form, and no link to them."""
    start, end = plan.span
    for index in range(customers):
        dice = Dice(plan.seed, "subscription", index)
        who = person(plan.seed, index)
        if not who.email or not dice.chance(0.3):
            continue
        made = start + int((end - start) * dice.fraction())
        yield {
            "id": FIRST_SUBSCRIPTION + index,
            "createdAt": stamped(made, zone),
            "updatedAt": stamped(min(end, made + dice.number(0, 30) * HOUR), zone),
            "isConfirmed": dice.chance(0.9),
            "email": who.email,
            "firstname": who.firstname if dice.chance(0.7) else "",
            "lastname": who.lastname if dice.chance(0.7) else "",
            "doNotifyConfirmed": False,
            "language": who.language,
        }


def _reviews(
    plan: Plan, products: Sequence[Product], customers: Sequence[int], zone: ZoneInfo
) -> Iterator[Body]:
    if not products:
        return
    start, end = plan.span
    for index, customer in enumerate(customers):
        dice = Dice(plan.seed, "review", index)
        if not dice.chance(0.1):
            continue
        who, made = person(plan.seed, index), start + int((end - start) * dice.fraction())
        yield {
            "id": FIRST_REVIEW + index,
            "createdAt": stamped(made, zone),
            "updatedAt": stamped(min(end, made + dice.number(0, 9) * DAY), zone),
            "isVisible": dice.chance(0.8),
            "score": dice.number(1, 5),
            "name": f"{who.firstname} {who.lastname}".strip(),
            "content": dice.pick(OPINIONS),
            "customer": to_one("customers", customer) if dice.chance(0.8) else False,
            "language": who.language,
            "product": to_one("products", dice.pick(products).identifier),
        }
