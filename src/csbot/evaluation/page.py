"""The report as one HTML file that opens anywhere, offline: plotly's script, styles and data are all inside.

The data stand in the page as JSON that can't end its script element; the page's own script writes them as text, never markup.
"""

from __future__ import annotations

import json
from importlib import resources
from string import Template
from typing import Any

from csbot.errors import MissingDependency
from csbot.evaluation.compare import Comparison
from csbot.evaluation.curves import reliability, threshold_curve
from csbot.evaluation.gates import GateResult
from csbot.evaluation.report import NAMES, SMALLER_IS_BETTER, EvalReport

MOST_CONFUSED = 24
"""FAQs on each side of the heat map: more can't be read on a screen; all pairs stand in the table beside it."""


def plotly_script() -> str:
    """plotly.js, 5 MB.

    :raises MissingDependency: plotly is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise MissingDependency("plotly", what="网页报告 the HTML report ", pip="'csbot-zh[report]'") from None
    return str(get_plotlyjs())


def render(report: EvalReport, script: str, comparison: Comparison | None = None, result: GateResult | None = None) -> str:
    """The page. :param script: plotly.js, from `plotly_script`."""
    folder = resources.files("csbot.evaluation") / "page_parts"
    own = {name: (folder / f"{name}.js").read_text(encoding="utf-8") for name in ("charts", "page")}
    template = (folder / "page.html").read_text(encoding="utf-8")
    return fill(template, _data(report, comparison, result), script, charts=own["charts"], script=own["page"])


def fill(template: str, data: dict[str, Any], plotly: str, **scripts: str) -> str:
    """A page of its parts, with the styles and helpers that all pages share.

    :param template: HTML with ``$css``, ``$plotly``, ``$data``, ``$common`` and a name for each of ``scripts``.
    """
    folder = resources.files("csbot.evaluation") / "page_parts"
    return Template(template).substitute(
        css=(folder / "page.css").read_text(encoding="utf-8"),
        common=(folder / "common.js").read_text(encoding="utf-8"),
        plotly=plotly.replace("</script", "<\\/script"),
        data=_json(data),
        **scripts,
    )


def _json(data: dict[str, Any]) -> str:
    """JSON that can neither close its script element nor open a comment: ``<`` occurs in strings only, where it is escaped."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def _data(report: EvalReport, comparison: Comparison | None, result: GateResult | None) -> dict[str, Any]:
    return {
        "names": NAMES,
        "smaller_is_better": sorted(SMALLER_IS_BETTER),
        "indicators": {name: ratio.model_dump() for name, ratio in report.indicators.items()},
        "versions": report.versions.model_dump(),
        "degraded": report.degraded,
        "missing_faqs": report.missing_faqs,
        "cases": len(report.outcomes),
        "curve": [point.model_dump() for point in threshold_curve(report.outcomes)],
        "bins": [one.model_dump() for one in reliability(report.outcomes)],
        "confusions": [one.model_dump() for one in report.confusions],
        "most_confused": MOST_CONFUSED,
        "faqs": [
            {"id": faq_id, **one.model_dump(), "resolution_rate": one.resolution_rate, "precision": one.precision}
            for faq_id, one in report.by_faq.items()
        ],
        "errors": report.errors,
        "comparison": comparison.model_dump() if comparison else None,
        "gate": result.model_dump() if result else None,
    }
