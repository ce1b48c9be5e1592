"""How products are sorted and described: categories, tags, suppliers, attributes, images, stock movements."""

from __future__ import annotations

from typing import ClassVar

from singer_sdk import typing as th

from tap_seoshop.streams.base import AppendOnlyStream, DetailStream, FullTableStream
from tap_seoshop.streams.catalog import Products
from tap_seoshop.streams.fields import (
    COUNTRY,
    FILE,
    FILE_FIELDS,
    flag,
    identifier,
    listed,
    metafield,
    moment,
    number,
    obj,
    schema,
    stamps,
    text,
    whole,
)
from tap_seoshop.streams.place import ListPlace

__all__ = [
    "Categories",
    "CategoryProducts",
    "ProductAttributes",
    "ProductImages",
    "ProductMetafields",
    "Suppliers",
    "TagProducts",
    "Tags",
    "VariantMovements",
]


class Categories(FullTableStream):
    """Categories of the shop; they form a tree."""

    name = "categories"
    place = ListPlace("categories", "categories")
    links = ("parentId",)
    permission = "products"
    schema: ClassVar = schema(
        identifier("category"),
        *stamps("category"),
        flag("isVisible", "Whether the category is shown."),
        whole("depth", "Depth in the tree, from 1."),
        listed("path", "Ids from the category itself up to its root.", th.IntegerType),
        text("type", "`index`, `textpage` or `category`."),
        whole("sortOrder", "Place among its siblings."),
        text("sorting", "How its products are sorted: `popular` ..."),
        text("url", "Last part of the category's address in the shop."),
        text("title", "Title."),
        text("fulltitle", "Long title."),
        text("description", "Short description."),
        text("content", "Description in HTML."),
        obj("image", "Image.", FILE),
        whole("parentId", "Id of the category above; null at the root."),
    )


class CategoryProducts(FullTableStream):
    """Which product is in which category: one record for each pair."""

    name = "category_products"
    place = ListPlace("categories/products", "categoriesProducts")
    links = ("categoryId", "productId")
    permission = "products"
    schema: ClassVar = schema(
        identifier("pair"),
        whole("sortOrder", "Place of the product in the category."),
        whole("categoryId", "Id of the category."),
        whole("productId", "Id of the product."),
    )


class Tags(FullTableStream):
    """Tags of products."""

    name = "tags"
    place = ListPlace("tags", "tags")
    permission = "products"
    schema: ClassVar = schema(
        identifier("tag"),
        *stamps("tag"),
        flag("isVisible", "Whether the tag is shown."),
        text("url", "Last part of the tag's address in the shop."),
        text("title", "Title."),
    )


class TagProducts(FullTableStream):
    """Which product has which tag: one record for each pair."""

    name = "tag_products"
    place = ListPlace("tags/products", "tagsProducts")
    links = ("tagId", "productId")
    permission = "products"
    schema: ClassVar = schema(
        identifier("pair"),
        whole("tagId", "Id of the tag."),
        whole("productId", "Id of the product."),
    )


class Suppliers(FullTableStream):
    """Suppliers of products."""

    name = "suppliers"
    place = ListPlace("suppliers", "suppliers")
    permission = "products"
    schema: ClassVar = schema(
        identifier("supplier"),
        *stamps("supplier"),
        text("title", "Name."),
        text("attention_of", "For the attention of (spelled so by the API)."),
        text("street", "Street."),
        text("street2", "Second line of the address."),
        text("number", "House number."),
        text("extension", "Addition to the house number."),
        text("zip_code", "Postal code (spelled so by the API)."),
        text("city", "City."),
        text("region", "Region."),
        obj("country_id", "Country: an object, whatever the API's name says.", COUNTRY),
    )


class ProductAttributes(DetailStream):
    """What the attributes of a product say. One request for each product."""

    name = "product_attributes"
    place = ListPlace("products/{id}/attributes", "productAttributes")
    parent = Products
    parent_key = "product"
    # The id is the attribute's: many products have it.
    primary_keys = ("shopId", "productId", "id")
    permission = "products"
    schema: ClassVar = schema(
        identifier("product", "productId"),
        identifier("attribute"),
        moment("productUpdatedAt", "When the product last changed."),
        text("value", "What the attribute says of the product."),
        obj(
            "attribute",
            "The attribute.",
            th.ObjectType(
                whole("id", "Id of the attribute."),
                text("title", "Title."),
                text("defaultValue", "What it says where nothing else is given."),
            ),
        ),
    )


class ProductMetafields(DetailStream):
    """Free fields that apps have put at products. One request for each product."""

    name = "product_metafields"
    place = ListPlace("products/{id}/metafields", "productMetafields")
    parent = Products
    parent_key = "product"
    permission = "products"
    schema: ClassVar = schema(
        *metafield("product"),
        whole("productId", "Id of the product."),
        moment("productUpdatedAt", "When the product last changed."),
    )


class ProductImages(DetailStream):
    """All images of a product; the first stands in `products` too. One request for each product."""

    name = "product_images"
    place = ListPlace("products/{id}/images", "productImages")
    parent = Products
    parent_key = "product"
    permission = "products"
    schema: ClassVar = schema(
        identifier("image"),
        whole("productId", "Id of the product."),
        moment("productUpdatedAt", "When the product last changed."),
        whole("sortOrder", "Place of the image."),
        *FILE_FIELDS,
    )


class VariantMovements(AppendOnlyStream):
    """Changes of stock: an append-only log."""

    name = "variant_movements"
    place = ListPlace("variants/movements", "variantsMovements")
    links = ("productId", "variantId")
    permission = "products"
    schema: ClassVar = schema(
        identifier("movement"),
        moment("createdAt", "When the stock changed."),
        text("channel", "What changed it: `auto`, `manual`, `api` ..."),
        number("stockLevelChange", "Pieces more, or fewer."),
        whole("productId", "Id of the product."),
        whole("variantId", "Id of the variant."),
    )
