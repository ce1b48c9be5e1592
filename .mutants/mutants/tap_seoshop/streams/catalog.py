"""What the shop sells: products, variants, brands."""

from __future__ import annotations

from typing import ClassVar

from singer_sdk import typing as th

from tap_seoshop.streams.base import IncrementalStream, LookupStream, Title
from tap_seoshop.streams.fields import (
    FILE,
    amount,
    flag,
    free,
    identifier,
    listed,
    moment,
    number,
    obj,
    schema,
    size,
    stamps,
    text,
    whole,
)
from tap_seoshop.streams.place import ListPlace

__all__ = ["Brands", "Products", "Variants"]

_OPTION_VALUE = th.ObjectType(
    whole("id", "Id of the value."),
    whole("sortOrder", "Place of the value."),
    text("name", "Name of the value."),
)
_SET = th.ObjectType(
    whole("id", "Id of the set."),
    *stamps("set"),
    text("name", "Name of the set."),
    listed(
        "options",
        "Options of the set.",
        th.ObjectType(
            whole("id", "Id of the option."),
            whole("sortOrder", "Place of the option."),
            text("name", "Name of the option."),
            listed("values", "Values of the option.", _OPTION_VALUE),
        ),
    ),
)
_OPTION = th.ObjectType(
    whole("id", "Id of the option."),
    whole("sortOrder", "Place of the option."),
    text("name", "Name of the option."),
    moment("createdAt", "When the option was made."),
    moment("updatedAt", "When the option last changed."),
    obj("value", "The variant's value.", _OPTION_VALUE),
    listed("values", "All values of the option.", _OPTION_VALUE),
)


class Brands(LookupStream):
    """Brands."""

    name = "brands"
    place = ListPlace("brands", "brands")
    permission = "products"
    schema: ClassVar = schema(
        identifier("brand"),
        *stamps("brand"),
        flag("isVisible", "Whether the brand is visible."),
        text("url", "Last part of the brand's address in the shop."),
        text("title", "Title."),
        text("content", "Description in HTML."),
        obj("image", "Logo.", FILE),
    )


class Products(IncrementalStream):
    """Products. Price, stock and article code stand in `variants`."""

    name = "products"
    place = ListPlace("products", "products")
    links = ("brandId", "deliverydateId", "typeId", "supplierId")
    titles = (Title("brandTitle", "brandId", Brands),)
    permission = "products"
    schema: ClassVar = schema(
        identifier("product"),
        *stamps("product"),
        flag("isVisible", "Whether the product is visible now."),
        text("visibility", "`hidden`, `visible` or `auto`."),
        flag("hasMatrix", "Whether the variants form a matrix."),
        text("data01", "Free field."),
        text("data02", "Free field."),
        text("data03", "Free field."),
        text("url", "Last part of the product's address in the shop."),
        text("title", "Title."),
        text("fulltitle", "Long title."),
        text("description", "Short description."),
        text("content", "Description in HTML."),
        obj("set", "The options from which variants are made.", _SET),
        whole("brandId", "Id of the brand."),
        text("brandTitle", "Title of the brand (added by the tap)."),
        whole("deliverydateId", "Id of the delivery time."),
        whole("typeId", "Id of the product type."),
        whole("supplierId", "Id of the supplier."),
        obj("image", "First image.", FILE),
        free("templateDataFields", "Fields of the shop's theme."),
    )


class Variants(IncrementalStream):
    """Variants of products; one may point to a product that is gone."""

    name = "variants"
    place = ListPlace("variants", "variants")
    links = ("productId", "taxId", "additionalcostId")
    permission = "products"
    schema: ClassVar = schema(
        identifier("variant"),
        *stamps("variant"),
        flag("isDefault", "Whether it is the product's first variant."),
        whole("sortOrder", "Place among the product's variants."),
        text("articleCode", "Article code."),
        text("ean", "EAN."),
        text("sku", "SKU."),
        text("hs", "Customs code."),
        amount("unitPrice", "Price of a unit."),
        text("unitUnit", "The unit."),
        amount("priceExcl", "Price without tax."),
        amount("priceIncl", "Price with tax."),
        amount("priceCost", "Purchase price."),
        amount("oldPriceExcl", "Former price without tax."),
        amount("oldPriceIncl", "Former price with tax."),
        text("stockTracking", "`enabled`, `disabled` or `indicator`."),
        number("stockLevel", "Pieces in stock."),
        number("stockAlert", "Pieces at which the shop is warned."),
        number("stockMinimum", "Least pieces in stock."),
        number("stockSold", "Pieces sold."),
        number("stockBuyMininum", "Least pieces in an order (spelled so by the API)."),
        number("stockBuyMinimum", "Least pieces in an order."),
        number("stockBuyMaximum", "Most pieces in an order."),
        size("weight", "Weight in grams."),
        size("weightValue", "Weight in `weightUnit`."),
        text("weightUnit", "Unit of `weightValue`."),
        size("volume", "Volume in millilitres."),
        size("volumeValue", "Volume in `volumeUnit`."),
        text("volumeUnit", "Unit of `volumeValue`."),
        number("colli", "Number of packages."),
        size("sizeX", "Length in centimetres."),
        size("sizeY", "Width in centimetres."),
        size("sizeZ", "Height in centimetres."),
        size("sizeXValue", "Length in `sizeUnit`."),
        size("sizeYValue", "Width in `sizeUnit`."),
        size("sizeZValue", "Height in `sizeUnit`."),
        text("sizeUnit", "Unit of the three sizes."),
        text("matrix", "Place in the matrix."),
        text("title", "Title."),
        text("taxType", "`auto`, or null."),
        obj("image", "Image.", FILE),
        whole("taxId", "Id of the tax."),
        whole("productId", "Id of the product."),
        whole("additionalcostId", "Id of the additional cost."),
        listed("options", "The options and the variant's values of them.", _OPTION),
    )
