"""A run as one HTML file: what it was, how it went, its charts, which work offline; it prints on A4."""

from __future__ import annotations

import copy
from html import escape

from pages.ui.charts import confusion, run_charts
from pages.ui.charts.figure import Figure, iteration_axis, number
from pages.ui.charts.palette import LIGHT
from pages.ui.text import _, findings, in_language, parameter_label, run_name, thousands, value_text
from server.http.scripts import CARTESIAN
from server.training.view import View
from spiral_core.flat import is_used, values

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
@page {{ size: A4; margin: 14mm }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: #1f2430; max-width: 1000px; margin: 2rem auto; padding: 0 1rem }}
h1 {{ margin: 0 }}
a {{ color: #0072b2; overflow-wrap: anywhere }}
dl {{ display: flex; flex-wrap: wrap; gap: .2rem 2.5rem }}
dt {{ font-size: .85rem; color: #5b6270 }}
dd {{ margin: 0; font-size: 1.4rem }}
table {{ border-collapse: collapse }} td, th {{ text-align: left; padding: .2rem 1.2rem .2rem 0; border-bottom: 1px solid #e3e5ea }}
figure {{ margin: 1rem 0; break-inside: avoid }} figcaption {{ color: #5b6270; font-size: .9rem }}
.finding {{ border-left: 4px solid #006d77; padding: .2rem .8rem; background: #f3f6f7 }}
</style></head><body>
<h1>{title}</h1>
<p>{made} <a href="{address}">{address}</a></p>
<dl>{numbers}</dl>
<p class="finding"><b>{finding}.</b> {sentence}</p>
{figures}
<h2>{all_settings}</h2>
<table><tr><th>{setting}</th><th>{value}</th></tr>{rows}</table>
</body></html>
"""


def report(view: View, address: str, language: str, plotly_js: str = "") -> str:
    """The report of a finished run in a language; address: the run's link; plotly_js: the file beside it that draws its charts,

    which otherwise is part of the report.
    """
    import plotly.io  # takes longer than all the rest: only where a report is made

    with in_language(language):
        run = view.run
        h = run.history
        numbers = {_("Loss"): number(h.loss[-1]), _("Accuracy"): f"{h.train_accuracy[-1]:.1%}"}
        if run.data.test is not None:
            numbers[_("Held-out accuracy")] = f"{h.test_accuracy[-1]:.1%}"
        numbers[parameter_label("iterations")] = thousands(run.iteration)
        finding = findings.finding_of(run)
        tables = confusion.confusion_tables(run)
        drawn = [
            (_training(view), run_charts.describe_training(view)),
            (confusion.confusion(tables, LIGHT, run.data.train.names), confusion.describe_confusion(tables)),
        ]
        drawing = f'<script src="{plotly_js}"></script>' if plotly_js else f"<script>{CARTESIAN.read_text('utf-8')}</script>"
        figures = [drawing]
        for number_of, (figure, alt) in enumerate(drawn, 1):
            config = {"displaylogo": False, "responsive": True}
            chart = plotly.io.to_html(
                figure, full_html=False, include_plotlyjs=False, validate=False, config=config, div_id=f"chart_{number_of}"
            )
            figures.append(f'<figure role="img" aria-label="{escape(alt)}">{chart}<figcaption>{escape(alt)}</figcaption></figure>')
        settings = values(run.settings)
        rows = [(parameter_label(name), value_text(name, settings[name])) for name in settings if is_used(run.settings, name)]
        return _PAGE.format(
            language=language,
            title=escape(run_name(run.settings)),
            made=_("Made with Spiral Lab."),
            address=escape(address),
            numbers="".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in numbers.items()),
            finding=escape(_(findings.words_of(finding).title)),
            sentence=escape(findings.sentence(finding)),
            figures="\n".join(figures),
            all_settings=_("All settings"),
            setting=_("setting"),
            value=_("value"),
            rows="".join(f"<tr><td>{escape(name)}</td><td>{escape(text)}</td></tr>" for name, text in rows),
        )


def _training(view: View) -> Figure:
    """The Playground's figure at the end of the run, with the axis of iterations that the chart component adds there."""
    figure = copy.deepcopy(run_charts.training(view, LIGHT))
    axis = iteration_axis(int(view.run.history.iteration[-1]))
    for trace in figure["data"]:
        if trace.get("meta", {}).get("curve"):
            trace["x"] = [max(i, 0.5) for i in trace["customdata"]]
    for name in ("xaxis2", "xaxis3"):
        figure["layout"][name] |= axis
    figure["layout"]["height"] = 560
    figure["layout"]["margin"] = {"l": 8, "r": 12, "t": 70, "b": 24}  # Plotly's own legend stands above
    return figure
