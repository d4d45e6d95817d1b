"""Files that come back: settings, which replace those on the screen, and weights, whose net is shown on the data."""

from __future__ import annotations

import streamlit as st

from pages.ui.charts import component, run_charts
from pages.ui.charts.figure import number
from pages.ui.charts.theme import look
from pages.ui.text import _, choice_label, escaped, explain
from pages.ui.visit import experiment
from server.training.pictures import area, painted
from spiral_core.export.weights import Read, WeightsError, read
from spiral_core.plain_json import read_json
from spiral_core.rules import SettingError
from spiral_core.run import Run
from spiral_core.settings import FIELDS, Settings


def settings() -> None:
    """Settings from a file; Undo brings the old ones back."""
    upload = st.file_uploader(
        _("Load settings"), ["json"], key="load_settings", max_upload_size=1,
        help=_(
            "A JSON settings file that was saved here. Its settings replace those on the screen; Undo brings the old ones back."
        ),
    )  # fmt: skip
    if upload is not None and st.session_state.get("settings_loaded") != upload.file_id:
        st.session_state["settings_loaded"] = upload.file_id
        st.session_state["settings_refused"] = load(upload.getvalue())
        st.rerun()
    if upload is not None and st.session_state.get("settings_refused"):
        st.error(escaped(st.session_state["settings_refused"]), icon=":material/error:")


def load(content: bytes) -> str:
    """Put the settings of a file on the screen; what is wrong with them, if anything is."""
    try:
        plain = read_json(content.decode("utf-8-sig"))
    except ValueError:
        return _("The file is not valid JSON.")
    if not isinstance(plain, dict):
        return _("The file is JSON, but not settings that were saved here.")
    try:
        experiment.change(Settings.from_dict(plain))
    except SettingError as error:
        return explain(error)
    return ""


def weights(run: Run) -> None:
    """A net from a file, on the data of the screen: its boundary, loss and accuracy beside the run's."""
    upload = st.file_uploader(
        _("Load weights"), ["npz", "json"], key="load_weights", max_upload_size=10,
        help=_("Weights that were saved here, or arrays W1, b1, W2, b2 … from your own program. The net is shown on these data."),
    )  # fmt: skip
    if upload is None:
        return
    try:
        found = read(upload.getvalue(), _activation(upload.file_id), run.settings.features, run.settings.loss)
    except WeightsError as error:
        st.error(escaped(_(error.reason).format(**error.values)), icon=":material/error:")
        return
    problem = misfit(found, run)
    if problem:
        st.error(escaped(problem), icon=":material/error:")
        return
    _show(found, run)


def _activation(file: str) -> str:
    """What is taken where a file names none."""
    choices = {name: choice_label(name) for name in FIELDS["activation"].choices}
    now = experiment.current().activation
    return str(
        st.selectbox(
            _("Activation, if not given in the file"), list(choices), list(choices).index(now), format_func=choices.__getitem__,
            key=f"load_activation_{file}",
        )
    )  # fmt: skip


def misfit(found: Read, run: Run) -> str:
    """Why a net cannot be shown on the data of a run, in a sentence; empty if it can."""
    inputs, classes = found.network.sizes[0], found.network.sizes[-1]
    if (found.network.dimensions, classes) == (2, run.data.train.classes):
        return ""
    return _("The net takes {inputs} inputs and tells {outputs} classes apart; these data have 2 and {classes}.").format(
        inputs=inputs, outputs=classes, classes=run.data.train.classes
    )


def _show(found: Read, run: Run) -> None:
    network, plane = found.network, area(run.settings.data)
    sizes = " – ".join(map(str, network.sizes))
    st.markdown(
        _("Loaded: a net with layer sizes {sizes}, {activation}.").format(sizes=sizes, activation=choice_label(network.activation))
    )
    rows = {}
    for title, part in ((_("training"), run.data.train), (_("held out"), run.data.test)):
        if part is not None:
            right = float((network.predict(part.X) == part.y).mean())
            rows[title] = (number(network.loss(part.X, part.y)), f"{right:.1%}")
    for column, (title, (loss, accuracy)) in zip(st.columns(2), rows.items(), strict=False):
        column.metric(f"{title}: {_('data loss')} · {_('accuracy')}", f"{loss} · {accuracy}")
    alt = _("Decision boundary of the loaded net; training accuracy {accuracy}.").format(accuracy=next(iter(rows.values()))[1])
    component.static(
        run_charts.boundary(run.data, plane, painted(network, plane, 200), look(), height=360), key="loaded_boundary", alt=alt
    )
