"""Builds the documentation as a site: the catalogue of DocC with the protocol, the clients and the examples beside it.

What the pages link to in this repository becomes a page of the site, so that a reader never leaves it: the prose of
`Protocols`, the clients' own pages, and configurations in full. Their texts stay where they are and are written once.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "Sources/Daemon/Documentation.docc"
#: The name of the whole, and of the folder in which its pages lie.
NAME = "sessiond"
LANDING_PAGE = "Documentation"

#: Pages from elsewhere, by their names in the site.
TEXTS = {
    "Protocols": ROOT / "Protocols/README.md",
    "Protocol-Socket": ROOT / "Protocols/socket.md",
    "Protocol-HTTP": ROOT / "Protocols/http.md",
    "Protocol-Events": ROOT / "Protocols/events.md",
    "Protocol-Journal": ROOT / "Protocols/journal.md",
    "Protocol-Stream": ROOT / "Protocols/stream.md",
    "Protocol-Formats": ROOT / "Protocols/formats.md",
    "Protocol-Values": ROOT / "Protocols/values.md",
    "Protocol-Vectors": ROOT / "Protocols/vectors/README.md",
    "Client-Python": ROOT / "Clients/python/README.md",
    "Client-Go": ROOT / "Clients/go/README.md",
    "Client-Node": ROOT / "Clients/node/README.md",
    "Tutorial": ROOT / "Examples/tutorial/README.md",
    "Changelog": ROOT / "CHANGELOG.md",
    "Security-Policy": ROOT / "SECURITY.md",
}

#: Files that are shown as they are.
FILES = {
    "Example-nginx": ROOT / "Examples/http/nginx.conf",
    "Example-Caddy": ROOT / "Examples/http/Caddyfile",
    "Example-Traefik": ROOT / "Examples/http/traefik.yaml",
    "Example-Envoy": ROOT / "Examples/http/envoy.yaml",
    "Example-Prometheus": ROOT / "Examples/http/prometheus.yaml",
    "Example-Alerts": ROOT / "Examples/http/alerts.yaml",
    "Example-Configuration": ROOT / "Examples/service/sessiond.yaml",
    "Example-Service": ROOT / "Examples/service/sessiond.service",
    "Example-Socket": ROOT / "Examples/service/sessiond.socket",
    "Example-Verify": ROOT / "Examples/verify/verify_export.py",
    "Protocol-OpenRPC": ROOT / "Protocols/openrpc.json",
}

#: Under which page of the catalogue the others are listed.
PLACES = {
    "Protocol": [name for name in (*TEXTS, *FILES) if name.startswith("Protocol")],
    "GetStarted": ["Tutorial", "Changelog"],
    "Protect": [
        *("Client-Python", "Client-Go", "Client-Node"),
        *("Example-nginx", "Example-Caddy", "Example-Traefik", "Example-Envoy"),
    ],
    "Audit": ["Example-Verify"],
    "Service": ["Example-Configuration", "Example-Service", "Example-Socket"],
    "Runbook": ["Example-Prometheus", "Example-Alerts"],
    "Security": ["Security-Policy"],
}

LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")


class BrokenLinkError(Exception):
    """A link leads nowhere."""


@dataclass(frozen=True)
class Page:
    """A page of the site and the file that it is made of."""

    name: str
    source: Path


def catalogue_pages() -> list[Page]:
    return [Page(path.stem, path) for path in sorted(CATALOGUE.glob("*.md"))]


def pages() -> list[Page]:
    """Return all pages of prose."""
    return [*catalogue_pages(), *(Page(name, path) for name, path in TEXTS.items())]


def names_by_file() -> dict[Path, str]:
    """Return the name of the page that stands for a file."""
    return {**{page.source: page.name for page in pages()}, **{path: name for name, path in FILES.items()}}


def headings(text: str) -> list[str]:
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"^#{2,} (.+)$", prose, re.MULTILINE)


def fragment_on_github(heading: str) -> str:
    """Return what GitHub makes of a heading for links: `What survives what?` becomes `what-survives-what`."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def fragment_of_docc(heading: str) -> str:
    """Return what DocC makes of it: the words as they are, with dashes between them."""
    return re.sub(r"-{2,}", "-", re.sub(r"[^\w\-.,:/()]+", "-", heading.replace("`", "").replace("'", ""))).strip("-")


def target_of(link: str, page: Page, names: dict[Path, str]) -> str | None:
    """Return where in the site a link leads, None where that is no part of it; nowhere is a BrokenLinkError."""
    path, _, fragment = link.partition("#")
    file = (page.source.parent / path).resolve() if path else page.source
    if not file.exists():
        raise BrokenLinkError(f"{page.source.relative_to(ROOT)}: {link}")
    if file not in names:
        return None
    if not fragment:
        return names[file]
    for heading in headings(file.read_text()):
        if fragment_on_github(heading) == fragment:
            return f"{names[file]}#{fragment_of_docc(heading)}"
    raise BrokenLinkError(f"{page.source.relative_to(ROOT)}: {link} names no heading")


def with_links(page: Page, names: dict[Path, str]) -> str:
    """Return a page's text with links to pages of the site, and without those to files that are not in it."""

    def replace(match: re.Match[str]) -> str:
        words, link = match.groups()
        if re.match(r"[a-z]+:", link):
            return match[0]
        target = target_of(link, page, names)
        return words if target is None else f"[{words}](doc:{target})"

    fenced = re.split(r"(^ *```.*?^ *```$)", page.source.read_text(), flags=re.DOTALL | re.MULTILINE)
    text = "".join(part if part.lstrip().startswith("```") else LINK.sub(replace, part) for part in fenced)
    # DocC knows pictures by their names alone.
    return text.replace("](Resources/", "](")


def shown(name: str, file: Path) -> str:
    """Return a page that shows a file."""
    language = {".yaml": "yaml", ".json": "json", ".py": "python"}.get(file.suffix, "text")
    return f"# {file.name}\n\n`{file.relative_to(ROOT)}`\n\n```{language}\n{file.read_text().rstrip()}\n```\n"


def stage(folder: Path) -> None:
    """Write the catalogue with all pages into a folder."""
    names = names_by_file()
    texts = {page.name: with_links(page, names) for page in pages()}
    # What the protocol says of a subject, and what a page of the catalogue says of it, are told apart in lists.
    for name in (name for name in TEXTS if name.startswith("Protocol-")):
        texts[name] = re.sub(r"\A# (.+)", r"# \1 (protocol)", texts[name])
    texts |= {name: shown(name, file) for name, file in FILES.items()}
    for place, listed in PLACES.items():
        texts[place] += "\n## Topics\n\n" + "".join(f"- <doc:{name}>\n" for name in listed)
    for name, text in texts.items():
        (folder / f"{NAME if name == LANDING_PAGE else name}.md").write_text(text)


def build(output: Path, base_path: str) -> int:
    """Build the site and return DocC's exit status, which is not 0 after any warning."""
    with tempfile.TemporaryDirectory(prefix="sd-docs-") as name:
        catalogue = Path(name) / f"{NAME}.docc"
        catalogue.mkdir()
        stage(catalogue)
        shutil.copytree(CATALOGUE / "Resources", catalogue / "Resources")
        # DocC would copy its template with its owner, which only root may.
        template = Path(name) / "template"
        shutil.copytree(Path(shutil.which("docc") or "").resolve().parents[1] / "share/docc/render", template)
        result = subprocess.run(
            [
                *("docc", "convert", str(catalogue), "--output-path", str(output), "--warnings-as-errors"),
                "--transform-for-static-hosting",
                *("--fallback-display-name", NAME, "--fallback-bundle-identifier", NAME),
                *(("--hosting-base-path", base_path) if base_path else ()),
            ],
            env={**os.environ, "DOCC_HTML_DIR": str(template)},
            check=False,
        )
    if result.returncode == 0:
        # DocC has nothing at the root.
        page = f'<!doctype html><meta http-equiv="refresh" content="0; url=documentation/{NAME}/"><title>{NAME}</title>'
        (output / "index.html").write_text(page + "\n")
    return result.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description="Builds the documentation as a site.")
    parser.add_argument("output", type=Path, help="the folder for the site, which is replaced")
    parser.add_argument("--base-path", default="", help="the path under which it will be served, where that is not /")
    options = parser.parse_args()
    if shutil.which("docc") is None:
        sys.exit("docc is missing: it comes with the Swift toolchain")
    try:
        return build(options.output, options.base_path)
    except BrokenLinkError as broken:
        sys.exit(f"a link leads nowhere: {broken}")


if __name__ == "__main__":
    sys.exit(main())
