"""The account that Copernica's example bodies speak of, made in a sandbox by the calls of the API."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

EXAMPLES = Path(__file__).parents[1] / "contract/examples"
ROOT = "/copernica/v4"
UNKNOWN = "Invalid method"
FIELD_KEYS = ("name", "type", "value", "displayed", "ordered", "length", "textlines", "hidden", "index")


def example(side: str, name: str) -> Any:
    """An example body of `seoshop` or `copernica`."""
    return json.loads((EXAMPLES / side / f"{name}.json").read_text("utf-8"))


@dataclass
class Webshop:
    """The account, and the ids of what is in it by the names of the description's placeholders.

    What a sandbox does not serve is missing: its id stays away.
    """

    http: TestClient
    ids: dict[str, int | str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None) -> Response:
        """One call; `{databaseId}` and the like stand for the account's own ids."""
        return self.http.request(method, f"{ROOT}/{path.lstrip('/').format(**self.ids)}", json=body)

    def get(self, path: str) -> Any:
        """The body of a GET that has to succeed."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def make(self, kind: str, path: str, body: Any) -> int:
        """Make something and keep its id as `kind`; 0 where the call is not served."""
        answer = self.call("POST", path, body)
        if answer.status_code == 400 and answer.json()["error"]["message"] == UNKNOWN:
            return 0
        assert answer.status_code == 201, (path, answer.text)
        number = int(answer.headers["X-Created"])
        self.ids.setdefault(kind, number)
        return number

    def fields(self, place: str, kind: str, listed: Any) -> None:
        """Make the fields of an example list."""
        for one in listed["data"]:
            self.make(kind, f"{place}/fields", {key: one[key] for key in FIELD_KEYS})


def webshop(http: TestClient) -> Webshop:
    """Make the account in an empty Copernica: what the examples show, and nothing beside it."""
    made = Webshop(http)
    database = example("copernica", "database")
    made.make("databaseId", "databases", example("copernica", "database_create"))
    made.fields("database/{databaseId}", "fieldId", database["fields"])
    made.call("PUT", "database/{databaseId}/intentions", example("copernica", "intentions_put"))
    for one in database["interests"]["data"]:
        made.make(
            "interestId", "database/{databaseId}/interests", {key: one[key] for key in ("name", "group")}
        )
    made.make("collectionId", "database/{databaseId}/collections", example("copernica", "collection_create"))
    made.ids["collection"] = "Orders"
    made.fields(
        "collection/{collectionId}", "collectionFieldId", example("copernica", "collection_fields_list")
    )
    for place in ("database/{databaseId}", "collection/{collectionId}"):
        made.call("PUT", f"{place}/unsubscribe", example("copernica", "unsubscribe_put"))
    _records(made)
    _selections(made)
    _seconds(made)
    return made


def _seconds(made: Webshop) -> None:
    """The second collection and the second database that the examples of lists show, which are not used."""
    other = example("copernica", "collections_list")["data"][1]
    number = made.make("otherCollectionId", "database/{databaseId}/collections", {"name": other["name"]})
    made.fields(f"collection/{number}", "otherFieldId", other["fields"])
    other = example("copernica", "databases_list")["data"][1]
    body = {key: other[key] for key in ("name", "description")}
    number = made.make("otherDatabaseId", "databases", body)
    made.fields(f"database/{number}", "otherFieldId", other["fields"])
    made.call("PUT", f"database/{number}", {"archived": other["archived"]})


def _records(made: Webshop) -> None:
    for one in example("copernica", "profiles_list")["data"]:
        body = {"fields": one["fields"], "interests": one["interests"]}
        made.make("profileId", "database/{databaseId}/profiles", body)
    for one in example("copernica", "subprofiles_list")["data"]:
        made.make("subprofileId", "profile/{profileId}/subprofiles/{collection}", one["fields"])
    rows = example("copernica", "import_create") | {"database": made.ids["databaseId"], "autostart": False}
    made.make("importId", "imports", rows)


def _selections(made: Webshop) -> None:
    if made.make("viewId", "database/{databaseId}/views", {"name": "Subscribers"}):
        made.make(
            "ruleId", "view/{viewId}/rules", {**example("copernica", "rule_create"), "name": "Says yes"}
        )
        made.make("conditionId", "rule/{ruleId}/conditions", example("copernica", "condition_create"))
        made.ids["conditionType"] = "Field"
        made.make("dateId", "rule/{ruleId}/conditions", {"type": "Date", "field": "birthday"})
        made.call("PUT", "view/{viewId}/intentions", example("copernica", "intentions_put"))
        made.make("everybodyId", "view/{viewId}/rules", {"name": "Everybody"})
        made.make("nestedId", "view/{viewId}/views", {"name": "Of these"})
        made.call("POST", "view/{nestedId}/rebuild")
    if made.make("miniviewId", "collection/{collectionId}/miniviews", {"name": "RecentOrders"}):
        made.make("miniruleId", "miniview/{miniviewId}/minirules", {"name": "Completed"})
        condition = {"type": "Field", "comparison": "equals", "field": "status", "value": "completed"}
        made.make("miniconditionId", "minirule/{miniruleId}/conditions", condition)
        made.make("buyersId", "database/{databaseId}/views", {"name": "Buyers"})
        made.make("buyersRuleId", "view/{buyersId}/rules", {"name": "Buy"})
        counted = {"type": "MiniView", "mini-view": made.ids["miniviewId"]}
        made.make("countedId", "rule/{buyersRuleId}/conditions", counted)
        made.call("POST", "view/{buyersId}/rebuild")
