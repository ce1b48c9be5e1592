"""The shop's goods: brands, products and variants, each told from the seed and its number alone."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.shop.dice import Dice
from sandbox.shop.links import to_many, to_one
from sandbox.shop.money import number, unit_without_tax
from sandbox.shop.pools import pools
from sandbox.shop.resources import Body
from sandbox.shop.zone import stamped

FIRST_BRAND, FIRST_PRODUCT, FIRST_VARIANT = 5_000_001, 164_000_001, 323_000_001
PRODUCT_STEP, VARIANT_STEP = 7, 10
WITHOUT_BRAND = 6
LONG_TITLE = 15
FIRST_SUPPLIER = 78794
ATTRIBUTES = {
    14973: ("Herkomst", "Nederland", ("Nederland", "België", "Portugal", "日本")),
    14974: ("Materiaal", None, ("katoen", "glas", "eikenhout", "")),
    14975: ("Wasvoorschrift", "", ("30 °C", "niet wassen")),
}
TAXES = {Decimal("0.21"): 1207000, Decimal("0.09"): 1207001}


@dataclass(frozen=True)
class Article:
    """A variant as an order line freezes it."""

    variant: int
    product: int
    title: str
    variant_title: str
    brand: str
    supplier: str
    article_code: str
    ean: str
    sku: str
    price: int
    cost: int
    tax: Decimal
    weight: int


@dataclass(frozen=True)
class Product:
    """A product with what is drawn for it; times in seconds since the epoch."""

    identifier: int
    title: str
    brand: int | None
    created: int
    updated: int
    articles: tuple[Article, ...]


def product(seed: int, index: int, span: tuple[int, int]) -> Product:
    """Product number `index` (from 0), made within `span`."""
    dice = Dice(seed, "product", index)
    pool = pools("catalog")
    identifier = FIRST_PRODUCT + PRODUCT_STEP * index
    start, end = span
    created = start + int((end - start) * dice.fraction() * 0.7)
    title = f"{dice.pick(pool['adjectives'])} {dice.pick(pool['nouns'])}"
    if index % LONG_TITLE == LONG_TITLE // 2:
        title += " met een omschrijving die in de titel hoort te staan, zegt de leverancier," * 4
    brand = None if index % WITHOUT_BRAND == WITHOUT_BRAND - 1 else dice.number(0, len(pool["brands"]) - 1)
    names = _variant_names(dice, pool)
    tax = dice.pick((Decimal("0.21"), Decimal("0.21"), Decimal("0.09")))
    price = dice.number(3, 249) * 100 + dice.pick((0, 49, 50, 95, 99))
    supplier = dice.pick(pool["suppliers"])
    articles = tuple(
        Article(
            variant=FIRST_VARIANT + VARIANT_STEP * index + place,
            product=identifier,
            title=title,
            variant_title=name,
            brand="" if brand is None else pool["brands"][brand],
            supplier=supplier,
            article_code=f"ART-{index:04d}-{place}" if dice.chance(0.9) else "",
            ean=f"87{dice.digits(11)}" if dice.chance(0.7) else "",
            sku=f"SKU{dice.digits(6)}" if dice.chance(0.6) else "",
            price=price + 250 * place,
            cost=price * 4 // 10,
            tax=tax,
            weight=dice.pick((0, 120, 350, 800, 2267)),
        )
        for place, name in enumerate(names)
    )
    return Product(
        identifier=identifier,
        title=title,
        brand=None if brand is None else FIRST_BRAND + brand,
        created=created,
        updated=created + int((end - created) * dice.fraction()),
        articles=articles,
    )


def _variant_names(dice: Dice, pool: dict[str, Any]) -> Sequence[str]:
    match dice.number(0, 3):
        case 0:
            return ("Default",)
        case 1:
            return [f"Maat: {size}" for size in pool["sizes"][: dice.number(2, 5)]]
        case 2:
            return [f"Kleur: {colour}" for colour in pool["colours"][: dice.number(2, 4)]]
        case _:
            return ("Standaard", "Grootverpakking 10x")


def slug(title: str) -> str:
    """A title as it stands in an address."""
    plain = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def image(identifier: int, title: str, at: str) -> Body:
    """A file object."""
    source = f"https://cdn.webshopapp.com/shops/300001/files/{identifier}"
    return {
        "createdAt": at,
        "updatedAt": at,
        "extension": "jpg",
        "size": 8016 + identifier % 90000,
        "title": title,
        "thumb": f"{source}/50x50x2/{title}.jpg",
        "src": f"{source}/{title}.jpg",
    }


def brand_body(index: int, span: tuple[int, int], zone: ZoneInfo) -> Body:
    """The record of brand number `index` (from 0)."""
    identifier = FIRST_BRAND + index
    title = pools("catalog")["brands"][index]
    at = stamped(span[0] + 3600 * index, zone)
    plain = index % 3 == 0
    return {
        "id": identifier,
        "createdAt": at,
        "updatedAt": at,
        "url": slug(title),
        "title": title,
        "content": False if plain else f"<p>{title}</p>",
        "image": False if plain else image(15_378_000 + index, "logo", at),
        "products": to_many(f"products?brand={identifier}"),
        "isVisible": True,
    }


def product_body(made: Product, zone: ZoneInfo) -> Body:
    """The record of a product (`docs/api/seoshop.md`, section 5.7)."""
    dice = Dice("product", made.identifier)
    identifier, of_product = made.identifier, f"?product={made.identifier}"
    below = f"products/{identifier}"
    created = stamped(made.created, zone)
    pictured = dice.chance(0.8)
    visibility = dice.pick(("visible", "visible", "visible", "auto", "hidden"))
    name = slug(made.title)
    return {
        "id": identifier,
        "createdAt": created,
        "updatedAt": stamped(made.updated, zone),
        "isVisible": visibility != "hidden",
        "visibility": visibility,
        "hasMatrix": False,
        "data01": "",
        "data02": "",
        "data03": "",
        "url": f"{name}-{identifier % 1000}",
        "title": made.title,
        "fulltitle": f"{made.title} | {made.articles[0].brand}" if made.brand else made.title,
        "description": dice.pick(("", f"Mooi voor thuis: {made.title.lower()}.")),
        "content": f"<h2>{made.title}</h2><p>Levering binnen 2 dagen &amp; 30 dagen bedenktijd.</p>",
        "set": _set(made, created) if len(made.articles) > 1 else False,
        "brand": to_one("brands", made.brand) if made.brand else False,
        "categories": to_many(f"categories/products{of_product}"),
        "deliverydate": dice.pick((False, to_one("deliverydates", 6488))),
        "image": image(identifier + 300_000_000, name, created) if pictured else False,
        "images": to_many(f"{below}/images") if pictured else False,
        "relations": to_many(f"{below}/relations"),
        "metafields": to_many(f"{below}/metafields"),
        "reviews": to_many(f"reviews{of_product}"),
        "type": False,
        "attributes": to_many(f"{below}/attributes"),
        "supplier": to_one("suppliers", FIRST_SUPPLIER) if made.articles[0].supplier else False,
        "tags": to_many(f"tags/products{of_product}"),
        "variants": to_many(f"variants{of_product}"),
        "movements": to_many(f"variants/movements{of_product}"),
        "templateDataFields": dice.pick(({}, [])),
        "quantityDiscounts": to_many(f"quantity_discounts{of_product}"),
    }


def _set(made: Product, at: str) -> Body:
    values = [
        {"id": article.variant, "sortOrder": place, "name": article.variant_title.rpartition(": ")[2]}
        for place, article in enumerate(made.articles, 1)
    ]
    return {
        "id": made.identifier % 100_000,
        "createdAt": at,
        "updatedAt": at,
        "name": "Varianten",
        "options": [{"id": made.identifier % 100_000 + 1, "sortOrder": 1, "name": "Keuze", "values": values}],
    }


def images_of(product: Body) -> list[Body]:
    """All pictures of a product, the one that stands in its record first; none where it links to none."""
    if not product["images"]:
        return []
    identifier, name, at = product["id"], slug(product["title"]), product["createdAt"]
    first = product["image"] or image(identifier + 300_000_000, name, at)
    more = Dice("images", identifier).number(0, 3)
    others = (image(identifier * 10 + place, f"{name}-{place}", at) for place in range(2, more + 2))
    return [
        {"id": identifier * 10 + place, "sortOrder": place, **file}
        for place, file in enumerate((first, *others), 1)
    ]


def attributes_of(product: Body) -> list[Body]:
    """What a product says of itself; the id is the attribute's, which many products have."""
    dice = Dice("attributes", product["id"])
    return [
        {
            "id": identifier,
            "value": dice.pick(values),
            "attribute": {
                "id": identifier,
                "title": title,
                "defaultValue": default,
                "types": to_many(f"types/attributes?attribute={identifier}"),
            },
        }
        for identifier, (title, default, values) in ATTRIBUTES.items()
        if dice.chance(0.4)
    ]


def variant_body(made: Product, place: int, zone: ZoneInfo) -> Body:
    """The record of the variant at `place` (from 0) of a product."""
    article = made.articles[place]
    identifier = article.variant
    dice = Dice("variant", identifier)
    created = stamped(made.created, zone)
    old = article.price * 12 // 10 if dice.chance(0.2) else 0
    stock = dice.number(-3, 240)
    return {
        "id": identifier,
        "createdAt": created,
        "updatedAt": stamped(made.updated, zone),
        "isDefault": place == 0,
        "sortOrder": place + 1,
        "articleCode": article.article_code,
        "ean": article.ean,
        "sku": article.sku,
        "hs": dice.pick(("", None)),
        "unitPrice": 0,
        "unitUnit": dice.pick(("", None)),
        "priceExcl": unit_without_tax(article.price, article.tax),
        "priceIncl": number(article.price),
        "priceCost": number(article.cost),
        "oldPriceExcl": unit_without_tax(old, article.tax),
        "oldPriceIncl": number(old),
        "stockTracking": dice.pick(("enabled", "enabled", "disabled", "indicator")),
        "stockLevel": stock,
        "stockAlert": 10,
        "stockMinimum": 0,
        "stockSold": dice.number(0, 90),
        "stockBuyMininum": 1,
        "stockBuyMinimum": 1,
        "stockBuyMaximum": 10000,
        "weight": article.weight,
        "weightValue": f"{article.weight}.000",
        "weightUnit": "g",
        "volume": 0,
        "volumeValue": 0,
        "volumeUnit": "ml",
        "colli": 0,
        "sizeX": 0,
        "sizeY": 0,
        "sizeZ": 0,
        "sizeXValue": "0.000",
        "sizeYValue": "0.000",
        "sizeZValue": "0.000",
        "sizeUnit": "cm",
        "matrix": False,
        "title": article.variant_title,
        "taxType": dice.pick((None, "auto")),
        "image": image(identifier, slug(made.title), created) if dice.chance(0.2) else False,
        "tax": to_one("taxes", TAXES[article.tax]),
        "product": to_one("products", article.product),
        "movements": to_many(f"variants/movements?variant={identifier}"),
        "metafields": to_many(f"variants/{identifier}/metafields"),
        "additionalcost": False,
        "options": [],
    }
