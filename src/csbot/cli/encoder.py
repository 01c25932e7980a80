"""`csbot encoder export`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csbot.cli.output import JsonOption, console, print_json

app = typer.Typer(help="编码器 | the sentence encoder", no_args_is_help=True)


@app.command()
def export(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="写到哪个目录（空的或不存在） | an empty or absent directory")],
    encoder: Annotated[
        Path | None, typer.Option("--encoder", help="含 model_int8.onnx 的目录，默认内置 | default: the bundled one")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """把内置编码器写成普通的 sentence-transformers 模型 | write the encoder as a plain sentence-transformers model.

    例 Example: csbot encoder export var/encoder；之后 then: SentenceTransformer("var/encoder")
    """
    from csbot.encoders.export import export_model

    export_model(out, encoder)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    if as_json:
        print_json({"directory": str(out), "bytes": size})
    else:
        console().print(f"[green]✓[/] {out}（{size / 1e6:.0f} MB）", highlight=False)
