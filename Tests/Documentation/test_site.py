"""The site is built without a warning, has every page, and all its links lead somewhere."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import build_site
import pytest
from build_site import FILES, NAME, ROOT, TEXTS, Page

#: What a reader looks for first.
MAIN = [
    *("GetStarted", "Django", "Protect", "Audit", "Operate", "Runbook", "WhenAway", "Protocol", "HowItWorks"),
    *("Decisions", "Security", "Security-Policy", "Performance", "Changelog"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site as `make docs` does."""
    if shutil.which("docc") is None:
        pytest.fail("docc is missing, which comes with the Swift toolchain")
    folder = tmp_path_factory.mktemp("site") / "site"
    result = subprocess.run(
        ["make", "docs", f"DOCS={folder}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "warning" not in result.stdout + result.stderr
    assert f"the site is in {folder}" in result.stdout
    return folder


def documents(site: Path) -> dict[str, dict]:
    """Return what DocC made of each page, by the page's path in the site."""
    folder = site / "data"
    found = {
        f"/{path.relative_to(folder).with_suffix('')}": json.loads(path.read_text()) for path in folder.rglob("*.json")
    }
    assert len(found) > 30
    return found


def anchors(document: dict) -> set[str]:
    content = [part for section in document.get("primaryContentSections", []) for part in section.get("content", [])]
    return {part["anchor"] for part in content if part.get("type") == "heading"}


def text_of(node: object) -> str:
    """Return all the words of a part of a page."""
    if isinstance(node, dict):
        return "\n".join(text_of(value) for key, value in node.items() if key != "references")
    if isinstance(node, list):
        return "\n".join(text_of(value) for value in node)
    return str(node)


@pytest.mark.parametrize("name", [page.name for page in build_site.pages()] + list(FILES))
def test_every_page_is_there(site, name):
    path = f"documentation/{NAME}" + ("" if name == build_site.LANDING_PAGE else f"/{name.lower()}")
    assert (site / path / "index.html").is_file()
    assert (site / "data" / f"{path}.json").is_file()


@pytest.mark.parametrize("name", MAIN)
def test_a_reader_finds_what_is_looked_for(name):
    assert name in [page.name for page in build_site.pages()]


def test_the_root_leads_to_the_landing_page(site):
    target = re.search(r"url=([^\"]+)", (site / "index.html").read_text())
    assert target is not None
    assert (site / target[1] / "index.html").is_file()


def test_every_link_leads_to_a_page_and_a_heading(site):
    pages = documents(site)
    count = 0
    for place, page in pages.items():
        for reference in page["references"].values():
            url = reference.get("url", "")
            if reference["type"] == "link":
                assert re.match(r"https?://", url), f"{place}: {url}"
            if reference["type"] != "topic":
                continue
            path, _, anchor = url.partition("#")
            assert path in pages, f"{place}: {url}"
            assert (site / path[1:] / "index.html").is_file()
            assert not anchor or anchor in anchors(pages[path]), f"{place}: {url}"
            count += 1
        # A link that DocC did not take for one would stand there as it was written.
        assert not re.search(r"<doc:|\]\((doc:|[./\w]+\.md)", text_of(page)), place
    assert count > 200


def test_every_page_loads_what_is_there(site):
    for page in site.rglob("index.html"):
        for path in re.findall(r'(?:src|href)="/([^"]+)"', page.read_text()):
            assert (site / path).is_file(), f"{page}: {path}"


def test_no_two_pages_have_one_title(site):
    titles = [page["metadata"]["title"] for page in documents(site).values()]
    assert len(titles) == len(set(titles)), sorted(title for title in titles if titles.count(title) > 1)


def test_it_can_be_served_under_a_path(tmp_path):
    assert build_site.build(tmp_path / "site", "under/a/path") == 0
    page = (tmp_path / "site/documentation" / NAME / "index.html").read_text()
    assert 'src="/under/a/path/js/' in page


def test_every_page_is_listed_on_another_one(site):
    """A page that nobody lists is found by nobody."""
    listed = {
        reference
        for page in documents(site).values()
        for section in page.get("topicSections", [])
        for reference in section["identifiers"]
        # DocC's own list of what is in no other.
        if section.get("title") != "Articles" or not section.get("generated")
    }
    wanted = [name for name in [*(page.name for page in build_site.pages()), *FILES] if name != build_site.LANDING_PAGE]
    assert [name for name in wanted if f"doc://{NAME}/documentation/{NAME}/{name}" not in listed] == []


@pytest.mark.parametrize("link", ["../../../nowhere.md", "../../../README.md/no", "Freshness.md#nowhere"])
def test_a_link_that_leads_nowhere_is_found(link):
    there = Page("Page", build_site.CATALOGUE / "Documentation.md")
    assert build_site.target_of("Freshness.md#proof", there, build_site.names_by_file()) == "Freshness#Proof"
    with pytest.raises(build_site.BrokenLinkError):
        build_site.target_of(link, there, build_site.names_by_file())


@pytest.mark.parametrize(
    ("link", "is_there"),
    [("<doc:Freshness>", True), ("<doc:Nowhere>", False), ("[x](doc:Freshness#Nowhere)", False)],
)
def test_a_link_of_docc_that_leads_nowhere_ends_the_build(tmp_path, monkeypatch, link, is_there):
    catalogue = tmp_path / "catalogue"
    shutil.copytree(build_site.CATALOGUE, catalogue)
    (catalogue / "TLS.md").write_text(f"# TLS\n\n{link}\n")

    # The pages lie elsewhere, so that their links to files would lead nowhere: only DocC's are looked at here.
    files = re.compile(r"\[([^\]]+)\]\((?!doc:)[^)]+\)")
    monkeypatch.setattr(build_site, "with_links", lambda page, _: files.sub(r"\1", page.source.read_text()))
    monkeypatch.setattr(build_site, "CATALOGUE", catalogue)
    assert (build_site.build(tmp_path / "site", "") == 0) == is_there


def test_what_is_linked_becomes_a_page_of_the_site():
    socket = Page("Protocol-Socket", TEXTS["Protocol-Socket"])
    text = build_site.with_links(socket, build_site.names_by_file())
    assert "[`openrpc.json`](doc:Protocol-OpenRPC)" in text
    assert "[erased](doc:Protocol-Journal#Forgetting-a-user)" in text
    assert "](journal.md" not in text


def test_what_is_not_in_the_site_is_named_without_a_link():
    protocols = Page("Protocols", TEXTS["Protocols"])
    assert "| `schemas/` |" in build_site.with_links(protocols, build_site.names_by_file())


def test_files_are_shown_whole(site):
    shown = json.loads((site / f"data/documentation/{NAME}/example-nginx.json").read_text())
    code = [
        part
        for section in shown["primaryContentSections"]
        for part in section["content"]
        if part["type"] == "codeListing"
    ]
    assert "\n".join(code[0]["code"]).rstrip() == (ROOT / "Examples/http/nginx.conf").read_text().rstrip()
