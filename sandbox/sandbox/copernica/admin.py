"""Looking into Copernica and acting in it by hand, past the API: for tests, and for people."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.copernica import auth, events, fields, followups, imports, places, records, unsubscribing
from sandbox.copernica.answers import ApiError
from sandbox.copernica.profiles import profile_form, remove
from sandbox.copernica.session import Session
from sandbox.copernica.store import open_store
from sandbox.copernica.subprofiles import subprofile_form
from sandbox.store import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from sandbox.context import Context
    from sandbox.copernica.places import Place


_CHUNK: Final = 1000


def status(context: Context) -> dict[str, Any]:
    """How much is in it: `{"databases": [{"id", "name", "profiles", "collections": [...]}]}`.

    Args:
        context: Of this sandbox.
    """
    with _session(context) as session:
        db = session.db
        return {
            "databases": [
                {
                    "id": row["id"],
                    "name": row["name"],
                    "profiles": _count(session, "profiles", row["id"]),
                    "collections": [
                        {
                            "id": entry["id"],
                            "name": entry["name"],
                            "subprofiles": _count(session, "subprofiles", entry["id"]),
                        }
                        for entry in db.execute(
                            "SELECT * FROM collections WHERE database = ? ORDER BY id", (row["id"],)
                        ).fetchall()
                    ],
                }
                for row in db.execute("SELECT * FROM databases ORDER BY id").fetchall()
            ]
        }


def admin_routes(context: Context) -> list[BaseRoute]:
    """The admin calls of this side.

    Args:
        context: Of this sandbox.
    """

    def endpoint(
        handler: Callable[[Session, Request, dict[str, Any]], Response],
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            raw = await request.body()
            try:
                with _session(context) as session:
                    return handler(session, request, _object(raw))
            except ApiError as error:
                return JSONResponse({"error": error.message}, 404)
            except (KeyError, ValueError):
                return JSONResponse(
                    {"error": "the body is no JSON, or not of the form that the README shows"}, 400
                )

        return answer

    table: tuple[tuple[str, str, Callable[[Session, Request, dict[str, Any]], Response]], ...] = (
        ("GET", "/followups", _followups),
        ("GET", "/copernica/imports", _imports),
        ("GET", "/copernica/events", _events),
        ("POST", "/copernica/tokens/expire", _expire),
        ("GET", "/copernica/databases/{place}/profiles", _profiles),
        ("GET", "/copernica/collections/{place}/subprofiles", _subprofiles),
        ("POST", "/copernica/profiles/{record}/remove", _remove_profile),
        ("POST", "/copernica/profiles/{record}/fields", _edit_profile),
        ("POST", "/copernica/profiles/{record}/unsubscribe", _unsubscribe),
        ("POST", "/copernica/subprofiles/{record}/remove", _remove_subprofile),
        ("POST", "/copernica/subprofiles/{record}/fields", _edit_subprofile),
        ("POST", "/copernica/databases/{database}/delete", _delete_database),
        ("POST", "/copernica/collections/{collection}/delete", _delete_collection),
        ("POST", "/copernica/databases/{database}/fields/{field}/rename", _rename_field),
        ("POST", "/copernica/databases/{database}/fields/{field}/delete", _delete_field),
        ("POST", "/copernica/databases/{database}/fields/{field}/retype", _retype_field),
        ("POST", "/copernica/databases/{database}/fields/{field}/block_doubles", _block_doubles),
        ("POST", "/copernica/collections/{collection}/fields/{field}/rename", _rename_field),
        ("POST", "/copernica/collections/{collection}/fields/{field}/delete", _delete_field),
        ("POST", "/copernica/collections/{collection}/fields/{field}/retype", _retype_field),
        ("POST", "/copernica/collections/{collection}/fields/{field}/block_doubles", _block_doubles),
    )
    return [Route(path, endpoint(handler), methods=[method]) for method, path, handler in table]


def _object(raw: bytes) -> dict[str, Any]:
    body = json.loads(raw) if raw.strip() else {}
    if not isinstance(body, dict):
        raise ValueError("not an object")  # noqa: TRY004 - as for what is no JSON
    return body


@contextmanager
def _session(context: Context) -> Iterator[Session]:
    """A colleague's session: what is due is carried out first, what is written counts as done by hand."""
    now, switches = context.clock.now(), context.settings.switches
    db = open_store(context.data)
    with transaction(db):
        imports.settle(db, now, switches)
        yield Session(db, now, switches, "interface")


def _count(session: Session, table: str, place: int) -> int:
    counted = f"SELECT count(*) FROM {table} WHERE place = ? AND removed IS NULL"  # noqa: S608 - one of two names
    return int(session.db.execute(counted, (place,)).fetchone()[0])


def _followups(session: Session, request: Request, _body: dict[str, Any]) -> Response:
    return JSONResponse(
        {"followups": followups.listed(session.db, int(request.query_params.get("since", "0")))}
    )


def _imports(session: Session, _request: Request, _body: dict[str, Any]) -> Response:
    return JSONResponse(imports.outcomes(session.db, session.now, session.switches))


def _events(session: Session, _request: Request, _body: dict[str, Any]) -> Response:
    return JSONResponse({"events": events.listed(session.db)})


def _expire(session: Session, _request: Request, _body: dict[str, Any]) -> Response:
    auth.expire(session.db)
    return JSONResponse({"expired": True})


def _profiles(session: Session, request: Request, _body: dict[str, Any]) -> Response:
    place = places.database(session.db, request.path_params["place"])
    return _lines(session.db, place, lambda record: profile_form(session.db, place, record))


def _subprofiles(session: Session, request: Request, _body: dict[str, Any]) -> Response:
    place = places.collection(session.db, request.path_params["place"])
    return _lines(session.db, place, lambda record: subprofile_form(place, record))


def _lines(
    db: sqlite3.Connection, place: Place, form: Callable[[records.Record], dict[str, Any]]
) -> Response:
    """All records as JSON lines, removed ones too, read as they are sent: a million of them would not fit."""

    async def lines() -> AsyncIterator[str]:
        last = 0
        query = f"SELECT * FROM {place.table} WHERE place = ? AND id > ? ORDER BY id LIMIT ?"  # noqa: S608 - one of two names
        while rows := db.execute(query, (place.id, last, _CHUNK)).fetchall():
            last = rows[-1]["id"]
            yield "".join(json.dumps(form(records.record_of(row)), ensure_ascii=False) + "\n" for row in rows)

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _remove_profile(session: Session, request: Request, _body: dict[str, Any]) -> Response:
    record = _record(session, "profiles", request)
    if not record.removed:
        gone = session.switch("interface_removal") == "gone"
        remove(session, places.database(session.db, str(record.place)), record, completely=gone)
    return JSONResponse({"removed": record.id})


def _remove_subprofile(session: Session, request: Request, _body: dict[str, Any]) -> Response:
    record = _record(session, "subprofiles", request)
    if not record.removed:
        place = places.collection(session.db, str(record.place))
        records.remove(session, place, record)
        if session.switch("interface_removal") == "gone":
            records.erase(session, place, record)
    return JSONResponse({"removed": record.id})


def _unsubscribe(session: Session, request: Request, body: dict[str, Any]) -> Response:
    """As a reader does by the link in a mail, or with `{"kind": "abuses"}` by a complaint."""
    record = _record(session, "profiles", request)
    unsubscribing.on_demand(session, record, body.get("system", "ms"), body.get("kind", "unsubscribes"))
    return JSONResponse({"unsubscribed": record.id})


def _edit_profile(session: Session, request: Request, body: dict[str, Any]) -> Response:
    record = _record(session, "profiles", request)
    return JSONResponse(
        {"changed": records.change(session, places.database(session.db, str(record.place)), record, body)}
    )


def _edit_subprofile(session: Session, request: Request, body: dict[str, Any]) -> Response:
    record = _record(session, "subprofiles", request)
    return JSONResponse(
        {"changed": records.change(session, places.collection(session.db, str(record.place)), record, body)}
    )


def _delete_database(session: Session, request: Request, _body: dict[str, Any]) -> Response:
    place = places.database(session.db, request.path_params["database"])
    found = session.db.execute("SELECT id FROM collections WHERE database = ?", (place.id,)).fetchall()
    for row in found:
        fields.drop_place(session.db, places.collection(session.db, str(row["id"])))
    fields.drop_place(session.db, place)
    return JSONResponse({"deleted": place.name})


def _delete_collection(session: Session, request: Request, _body: dict[str, Any]) -> Response:
    place = places.collection(session.db, request.path_params["collection"])
    fields.drop_place(session.db, place)
    return JSONResponse({"deleted": place.name})


def _rename_field(session: Session, request: Request, body: dict[str, Any]) -> Response:
    if not isinstance(name := body.get("name"), str) or not name:
        raise ValueError("no name")
    return _hand_on_field(session, request, name)


def _delete_field(session: Session, request: Request, _body: dict[str, Any]) -> Response:
    return _hand_on_field(session, request, None)


def _hand_on_field(session: Session, request: Request, new_name: str | None) -> Response:
    if not fields.rename(session.db, _place(session, request), request.path_params["field"], new_name):
        return JSONResponse({"error": "this field is locked: it can be changed through the API only"}, 409)
    return JSONResponse({"field": new_name})


def _retype_field(session: Session, request: Request, body: dict[str, Any]) -> Response:
    kind, length = str(body["type"]), int(body.get("length", 50))
    fields.retype(session, _place(session, request), request.path_params["field"], kind, length)
    return JSONResponse({"type": kind, "length": length})


def _block_doubles(session: Session, request: Request, _body: dict[str, Any]) -> Response:
    """As the restriction of that name in the interface: no two (sub)profiles with one value."""
    field = _place(session, request).field(request.path_params["field"])
    if field is None:
        raise ApiError("Failed to get the field")
    session.db.execute("INSERT OR IGNORE INTO single VALUES (?)", (field.id,))
    return JSONResponse({"field": field.name})


def _place(session: Session, request: Request) -> Place:
    params = request.path_params
    if "database" in params:
        return places.database(session.db, params["database"])
    return places.collection(session.db, params["collection"])


def _record(session: Session, table: str, request: Request) -> records.Record:
    record = records.read(session.db, table, request.path_params["record"])
    if record is None:
        raise ApiError("No entity with supplied ID")
    return record
