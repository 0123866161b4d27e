"""The OpenAPI document, and the page that is made of it."""

import re
from html.parser import HTMLParser

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.rest.apis import BOOT_KEY, client_of, rest_api
from nearhit_server.api.rest.admin.cache_routes import CacheAdminApi
from nearhit_server.api.rest.admin.key_routes import KeyAdminApi
from nearhit_server.api.rest.documentation.members import example_of
from nearhit_server.api.rest.documentation.openapi import openapi_document
from nearhit_server.api.rest.documentation.page import page_of
from nearhit_server.api.rest.langcache.routes import LangCache
from nearhit_server.api.rest.quality.routes import CacheQualityApi
from nearhit_server.core.health import Health


class Tags(HTMLParser):
    """Gathers a page's elements and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def routes():
    """Every route that is described. No handler is called."""
    langcache = LangCache(cache=None, admin=None, health=Health())
    return [
        *(*langcache.routes(), *CacheQualityApi(None).routes()),
        *(*CacheAdminApi(None).routes(), *KeyAdminApi(None).routes()),
    ]


def operations_of(document):
    return [
        (verb, path, operation)
        for path, item in document["paths"].items()
        for verb, operation in item.items()
        if verb != "parameters"
    ]


@pytest.fixture(scope="module")
def document():
    return openapi_document(routes(), version="1.2.3", keys=True)


@pytest.fixture(scope="module")
def page(document):
    return page_of(document)


@pytest.fixture(scope="module", params=[(), (BOOT_KEY,)], ids=["open", "keyed"])
async def served(request, tmp_path_factory, tiny_model):
    """Both of them from a server, asked without a key, and whether the server asks for one."""
    folder = tmp_path_factory.mktemp("documented")
    async with (
        rest_api("embedded", data_dir=folder, model=tiny_model, api_keys=request.param) as servers,
        client_of(servers) as client,
    ):
        return await client.get("/openapi.json"), await client.get("/docs"), bool(request.param)


async def test_both_are_open_to_everybody(served):
    document, page, _ = served
    assert (document.status_code, page.status_code) == (200, 200)
    assert document.headers["content-type"] == "application/json"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none';")


async def test_served_document_is_valid_and_names_security_only_where_keys_are_asked_for(served):
    document, page, keys = served
    OpenAPIV31SpecValidator(document.json()).validate()
    assert ("security" in document.json()) == keys
    assert ("securitySchemes" in document.json()["components"]) == keys
    statuses = {s for _, _, o in operations_of(document.json()) for s in o["responses"]}
    assert ("401" in statuses, "403" in statuses) == (keys, keys)
    assert ("Authorization" in page.text) == keys


def test_document_has_every_route_once(document):
    described = operations_of(document)
    assert {(verb.upper(), path) for verb, path, _ in described} == {
        (route.verb, route.path) for route in routes()
    }
    names = [operation["operationId"] for _, _, operation in described]
    assert len(names) == len(set(names)) == len(routes())


def test_failures_of_one_status_are_all_told(document):
    unavailable = document["paths"]["/v1/caches/{cacheId}/flush"]["post"]["responses"]["424"]
    assert "resource-database-unavailable" in unavailable["description"]
    assert "out-of-memory" in unavailable["description"]


def test_body_is_required_where_an_empty_object_would_be_refused(document):
    required = {
        operation["operationId"]: operation["requestBody"]["required"]
        for _, _, operation in operations_of(document)
        if "requestBody" in operation
    }
    assert [name for name, needed in required.items() if not needed] == ["rotateKey"]


@pytest.mark.parametrize(
    "route", [route for route in routes() if route.input], ids=lambda r: r.name
)
def test_examples_are_valid(route, document):
    schemas = document["components"]["schemas"]
    example = example_of(schemas[route.input.__name__], schemas)
    route.input.model_validate(example, strict=True)


def test_page_needs_nothing_from_anywhere_else(page):
    tags = Tags(page).found
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & {
        tag for tag, _ in tags
    }
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action", "style"):
            if name in attributes:
                assert (tag, name) == ("a", "href")
                assert re.fullmatch(r"#\w+|/openapi\.json", attributes[name])
    assert "://" not in page
    assert not re.search(r"@import|url\(", page)


def test_page_leads_to_every_operation_and_schema(document, page):
    tags = Tags(page).found
    anchors = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(anchors) == len(set(anchors))
    links = {a["href"].removeprefix("#") for tag, a in tags if tag == "a" and a["href"][0] == "#"}
    assert links <= set(anchors)
    assert {operation["operationId"] for _, _, operation in operations_of(document)} <= links
    assert set(document["components"]["schemas"]) <= set(anchors)


def test_page_escapes_text(document):
    told = {**document, "info": {**document["info"], "description": "<script>alert(1)</script>&"}}
    page = page_of(told)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in page
