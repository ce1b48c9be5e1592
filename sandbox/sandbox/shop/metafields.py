"""Free fields that apps have put at customers, orders and products."""

from collections.abc import Iterable, Iterator

from sandbox.shop.dice import Dice
from sandbox.shop.resources import Body, Resource

# A key, and what apps write there: texts and numbers.
FIELDS = {
    "external_email": ("robin.example@example.com", ""),
    "erp_number": (10442, 7.5, "A-10442"),
    "wens": ("Fijne verjaardag! 🎂", "Zonder prijs, s.v.p."),
}


def metafields(resource: Resource, owners: Iterable[Body], share: float) -> Iterator[Body]:
    """The fields at some of `owners`.

    Args:
        resource: what they are kept as.
        owners: the records they stand at.
        share: how many of them have any, as a fraction.
    """
    (key,) = resource.beside
    for owner in owners:
        for field in _fields(resource.name, owner, share):
            yield {key: owner["id"], **field}


def _fields(name: str, owner: Body, share: float) -> Iterator[Body]:
    dice = Dice(name, owner["id"])
    if not dice.chance(share):
        return
    for place, (label, values) in enumerate(FIELDS.items()):
        if dice.chance(0.6):
            yield {
                "id": owner["id"] * len(FIELDS) + place,
                "createdAt": owner["createdAt"],
                "updatedAt": dice.pick((owner["createdAt"], None)),
                "key": label,
                "value": dice.pick(values),
            }
