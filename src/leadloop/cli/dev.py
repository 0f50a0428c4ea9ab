"""`leadloop dev`: stand-ins for other services on this machine, to try things out with."""

from __future__ import annotations

from typing import Annotated

import typer

dev = typer.Typer(
    no_args_is_help=True, help="Run stand-ins for other services on this machine, to try things out with."
)


@dev.command("fellow")
def fellow(
    calls: Annotated[int, typer.Option(min=1, max=100_000, help="How many recordings it holds.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes other calls.")] = 7,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port to listen on; 0 takes any that is free.")
    ] = 8765,
    rate_limit: Annotated[
        bool, typer.Option("--rate-limit/--no-rate-limit", help="Refuse more than 3 requests a second, as Fellow does.")
    ] = True,
) -> None:
    """Run a local Fellow with synthetic calls: the paths, answers, errors and oddities of its developer API.

    It holds recordings with transcripts and AI notes, notes with attendees, and action items, all made up; the same seed makes
    the same ones. Records are changed by PATCH /local/recordings/ID and the like, events sent by POST
    /local/events/ai_note.generated/NOTE_ID, and GET /local/counts says how it was asked. Ctrl-C stops it.

    Examples:

        leadloop dev fellow
        leadloop dev fellow --calls 500 --port 9000 --no-rate-limit
    """
    from leadloop.cli.console import say, tell
    from leadloop.simulate import SYNTHETIC_NOTE
    from leadloop.testing.fellow import LocalFellow, Quirks, fill_library
    from leadloop.testing.fellow.library import OWN_DOMAIN, OWN_NAME
    from leadloop.testing.fellow.server import KEY

    library = fill_library(calls, seed=seed)
    local = LocalFellow(library, quirks=Quirks(rate_limited=rate_limit), hosts=("127.0.0.1", "localhost"))
    with local.serve(port):
        say(SYNTHETIC_NOTE)
        say(f"A local Fellow with {len(library.recordings):,} recordings listens at {local.url}. To fetch from it:")
        say(f"  export LEADLOOP_FELLOW_URL={local.url}")
        say(f"  export LEADLOOP_FELLOW_SUBDOMAIN={library.subdomain}")
        say(f"  export LEADLOOP_FELLOW_API_KEY={KEY}")
        say(f"  export LEADLOOP_OWN_NAMES={OWN_NAME} LEADLOOP_OWN_DOMAINS={OWN_DOMAIN}")
        say("  leadloop sync fellow")
        try:
            _wait_for_ctrl_c()
        finally:
            meter = local.meter
            tell(f"It was asked {len(meter.arrivals):,} times, and refused {meter.refused:,} for coming too often.")


@dev.command("websites")
def websites(
    companies: Annotated[int, typer.Option(min=1, max=100_000, help="The companies of how many calls.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes other companies.")] = 7,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port to listen on; 0 takes any that is free.")
    ] = 8990,
) -> None:
    """Run the websites of synthetic companies, to try enrichment with: several pages each, with menus and robots.txt.

    They are the companies of the calls that `leadloop dev fellow` holds, where both are given the same number and seed. Ctrl-C
    stops it.

    Examples:

        leadloop dev websites
        leadloop dev websites --companies 500 --port 9100
    """
    from leadloop.cli.console import say, tell
    from leadloop.simulate import SYNTHETIC_NOTE
    from leadloop.testing.websites import WebsiteFarm, make_sites

    sites = make_sites(companies, seed=seed)
    farm = WebsiteFarm(sites)
    with farm.serve(port) as taken:
        say(SYNTHETIC_NOTE)
        say(f"The websites of {len(sites):,} companies are at 127.0.0.1:{taken}. To enrich leads from them:")
        say(f"  export LEADLOOP_WEBSITES_AT=127.0.0.1:{taken}")
        say("  leadloop enrich b2b_calls")
        try:
            _wait_for_ctrl_c()
        finally:
            tell(f"They were asked for {sum(farm.pages.values()):,} pages.")


def _wait_for_ctrl_c() -> None:
    import time

    while True:  # a wait without an end would not hear it: polars asks for system calls to go on after signals
        time.sleep(0.5)
