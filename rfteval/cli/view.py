"""`rfteval view`: runs in the browser: a list, their pages, two side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: rfteval view runs"
DEFAULT_PORT = 7860


def view(
    runs: Annotated[Path, typer.Argument(metavar="RUNS", help="A folder that holds runs, at any depth.")] = Path(
        "runs"
    ),
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0: any free one.")
    ] = DEFAULT_PORT,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    """Serve the runs in a folder to a browser on this machine, until Ctrl-C. The folder is read anew at each load."""
    import webbrowser

    from rfteval.view.server import HOST, open_server

    with open_server(runs, port) as server:
        address = f"http://{HOST}:{server.server_address[1]}/"
        print(f"runs in {runs} at {address} (Ctrl-C ends it)", flush=True)
        if not no_browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("")
