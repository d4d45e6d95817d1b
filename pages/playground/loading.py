"""Files that come back: settings, which replace those on the screen, and weights, whose net is shown on the data."""

from __future__ import annotations

import streamlit as st

from pages.ui.charts import component, run_charts
from pages.ui.charts.figure import number
from pages.ui.charts.theme import look
from pages.ui.text import _, choice_label, escaped, explain, shortened
from pages.ui.text.files import in_words
from pages.ui.visit import experiment
from server import page_time
from server.services import whose_page
from server.tables import readers
from server.tables.table import TableError
from server.training.loaded import Shown
from server.training.pictures import area
from spiral_core.export.weights import WeightsError
from spiral_core.plain_json import TwiceError, read_json
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
    except TwiceError as error:
        return _("The file contains {name} twice.").format(name=shortened(error.name))
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
    found = _shown(upload.file_id, upload.getvalue(), _activation(upload.file_id), run.settings)
    if isinstance(found, TableError):
        st.error(escaped(in_words(found)), icon=":material/error:")
    elif isinstance(found, WeightsError):
        st.error(escaped(_(found.reason).format(**found.values)), icon=":material/error:")
    elif not found.measured:
        st.error(escaped(misfit(found, run)), icon=":material/error:")
    else:
        _show(found, run)


def _shown(file: str, content: bytes, activation: str, settings: Settings) -> Shown | WeightsError | TableError:
    """The net of a file as it is shown, read once for all reruns in which nothing changes that it hangs on."""
    hangs_on = (file, activation, settings.data, settings.features, settings.loss)
    kept = st.session_state.get("weights_shown")
    if kept is not None and kept[0] == hangs_on:
        found: Shown | WeightsError | TableError = kept[1]
        return found
    with page_time.aside():
        found = readers.show_weights(content, activation, settings, whose_page())
    if not (isinstance(found, TableError) and found.code in readers.PASSING):
        st.session_state["weights_shown"] = (hangs_on, found)
    return found


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


def misfit(found: Shown, run: Run) -> str:
    """Why a net cannot be shown on the data of a run, in a sentence."""
    return _("The net takes {inputs} inputs and tells {outputs} classes apart; these data have 2 and {classes}.").format(
        inputs=found.sizes[0], outputs=found.sizes[-1], classes=run.data.train.classes
    )


def _show(found: Shown, run: Run) -> None:
    sizes = " – ".join(map(str, found.sizes))
    st.markdown(
        _("Loaded: a net with layer sizes {sizes}, {activation}.").format(sizes=sizes, activation=choice_label(found.activation))
    )
    for title, (loss, accuracy) in zip((_("training"), _("held out")), found.measured, strict=False):
        st.metric(f"{title}: {_('data loss')} · {_('accuracy')}", f"{number(loss)} · {accuracy:.1%}")
    alt = _("Decision boundary of the loaded net; training accuracy {accuracy}.").format(accuracy=f"{found.measured[0][1]:.1%}")
    component.static(
        run_charts.boundary(run.data, area(run.settings.data), found.picture, look(), height=360), key="loaded_boundary", alt=alt
    )
