"""The points at which it is unknown what Copernica does (docs/api/copernica.md, section 18)."""

from typing import TYPE_CHECKING, Final

from sandbox.switches import Switch

if TYPE_CHECKING:
    from collections.abc import Mapping

SIDE: Final = "copernica."

SWITCHES: Final = tuple(
    Switch(SIDE + name, choices, meaning)
    for name, choices, meaning in (
        (
            "put_answer",
            ("204", "303"),
            "how a PUT answers: 204, or 201 with the id; or 303 with Location as version 2 did",
        ),
        ("unknown_condition", ("ignored", "400"), "what a condition on an unknown field does"),
        ("token_refused", ("401", "400"), "the status of a refused token"),
        ("over_long_text", ("cut", "400"), "what a text longer than its field does"),
        ("duplicate_name", ("400", "beside"), "what creating a thing under a name in use does"),
        ("added_field_values", ("zero", "default"), "what an added field holds in older records"),
        (
            "import_end_state",
            ("finished", "counts"),
            "whether an ended import shows it by status and lastrun, or by its counts alone",
        ),
        ("import_answer", ("id", "none"), "whether the answer to an import tells its id"),
        (
            "float_printing",
            ("php", "shortest", "as_sent"),
            "how a number is given back: in PHP's 14 digits, in the digits that its 64 bits need, or as sent",
        ),
        (
            "subprofile_put_by_id",
            ("known", "unknown"),
            "whether PUT profile/{p}/subprofiles/{c} knows the condition id==N",
        ),
        (
            "profile_subprofiles_fields",
            ("used", "ignored"),
            "whether GET profile/{p}/subprofiles/{c} takes fields[]",
        ),
        (
            "interests_in_put",
            ("add", "replace"),
            "what a PUT of a profile does to the interests that it does not name",
        ),
        (
            "empty_subprofile_columns",
            ("creates", "skips"),
            "what an import row does whose subprofile columns are all empty",
        ),
        ("rows_above_1000", ("capped", "400"), "what a limit above 1,000 does"),
        ("async_answer", ("204", "202"), "how a call with async is answered"),
        ("rate_limit", ("none", "10"), "how many calls a second are taken before 429 comes"),
        ("missing_right", ("403", "401", "400"), "the status of a call that the token has no right to"),
        ("interface_removal", ("removed", "gone"), "whether a record removed by hand can still be read"),
        ("retyped_values", ("converted", "kept"), "what a new type or length does to what is stored"),
        ("restrictions", ("idle", "refuse"), "whether a restriction such as *block doubles* binds the API"),
        ("interests_move_modified", ("no", "yes"), "whether interests move the `modified` of a profile"),
        (
            "subprofiles_move_modified",
            ("no", "yes"),
            "whether subprofiles move the `modified` of their profile",
        ),
        ("locked_field_values", ("taken", "ignored"), "whether a locked field takes values from the API"),
        (
            "relative_dates",
            ("kept", "ignored"),
            "what a selection's condition does with a time that moves along (`after-mutation`)",
        ),
        (
            "database_head",
            ("told", "left_out"),
            "whether a database tells its description and when it was made",
        ),
    )
)

_DEFAULTS: Final = {switch.name: switch.default for switch in SWITCHES}


def chosen(switches: "Mapping[str, str]", name: str) -> str:
    """The reading that is in force.

    Args:
        switches: The setting; what it does not name stands at its default.
        name: Name of a switch, without the side.

    Raises:
        KeyError: There is no switch of that name.
    """
    return switches.get(SIDE + name, _DEFAULTS[SIDE + name])
