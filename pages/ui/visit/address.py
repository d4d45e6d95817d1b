"""The address of the page: read when a visit begins and when the browser goes back or forward, else written."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.text import LANGUAGES, _, explain, parameter_label, parameter_of, shortened, value_text
from pages.ui.visit import course, experiment, goal, inside, room, saved, teacher_link, tour
from pages.ui.visit.presets import START
from pages.ui.visit.state import visit
from server.http import cookie
from spiral_core import flat, link
from spiral_core.rules import SettingError
from spiral_core.settings import Settings

# What else an address may hold: Streamlit's own, and ours for the language and a shelf.
SHORT = "s"  # the name of a link that this server keeps whole
_OTHERS = {
    SHORT, "lang", "shelf", "embed", "embed_options", goal.PARAMETER, tour.PARAMETER, *teacher_link.QUERY, *inside.PARAMETERS,
    *course.PARAMETERS, *room.PARAMETERS,
}  # fmt: skip
_PLACES = {inside.PAGE: inside, course.PAGE: course}  # pages whose address says more than the settings
# What mail programs, networks and advertisements append to a link that is passed on: dropped without a word.
_TRACKING = {
    "_ga", "_gl", "_hsenc", "_hsmi", "cmpid", "dclid", "epik", "fbclid", "gad_source", "gbraid", "gclid", "gclsrc", "igsh",
    "igshid", "li_fat_id", "mc_cid", "mc_eid", "mibextid", "mkt_tok", "msclkid", "n_ad", "n_ad_group", "n_campaign_type",
    "n_keyword", "n_keyword_id", "n_media", "n_query", "n_rank", "napm", "oly_anon_id", "oly_enc_id", "rb_clickid", "ref",
    "ref_src", "s_cid", "scclid", "si", "srsltid", "ttclid", "twclid", "vero_conv", "vero_id", "wbraid", "wickedid",
    "yclid",
}  # fmt: skip
_TRACKING_FAMILIES = ("utm_", "hsa_", "mtm_", "matomo_", "pk_", "piwik_", "gad_", "stm_", "itm_", "__hs", "trk_")

MAX_POINTS_IN_LINK = 4000  # characters of custom points; larger sets stay on the server, and the link names them
_SAVED = "~"  # how such a name begins: no packed points do


# What an address says of this visit.


def query() -> dict[str, str]:
    """The query part of the address of what is on the screen."""
    found = query_of(experiment.current()) | teacher_link.rules().to_query() | goal.address() | tour.address() | room.address()
    if visit().shared_shelf:
        found["shelf"] = visit().shared_shelf
    return found | _language()


def query_of_page(place: str) -> dict[str, str]:
    """The same of a page, with what is its own."""
    return query() | _own(place)


def _own(place: str) -> dict[str, str]:
    """What a page's address says beside the settings."""
    return _PLACES[place].address() if place in _PLACES else {}


def _language() -> dict[str, str]:
    """The language, once it was chosen; else each reader gets that of the own browser."""
    return {"lang": visit().language} if visit().language_chosen else {}


def query_of(settings: Settings, keep: Callable[[str], str] | None = None) -> dict[str, str]:
    """The query part of a link to settings; points that are too many for it are kept on the server, under a name."""
    found = link.to_query(settings, START)
    packed = found.get("points", "")
    if len(packed) <= MAX_POINTS_IN_LINK:
        return found
    return found | {"points": _SAVED + (keep or saved.points_keeper())(packed)}


def link_holds_all() -> bool:
    """Whether the link can be opened on any server: not where it names points that only this one has."""
    return len(experiment.current().data.points) <= MAX_POINTS_IN_LINK


def root() -> str:
    """The address of this server as the reader's browser knows it, up to its last slash; empty outside a browser.

    An address that ends in a slash is the Playground's; the last part of any other is a page, whether there is such a page or not.
    """
    here, base = urlsplit(st.context.url or ""), st.get_option("server.baseUrlPath").strip("/")
    inside_base = base and (here.path + "/").startswith(f"/{base}/")
    folder = f"/{base}" if inside_base else here.path.rpartition("/")[0]
    return f"{here.scheme}://{here.netloc}{folder}/" if here.netloc else ""


def link_here(with_rules: bool = False, **more: str) -> str:
    """The whole address of what is on the screen, to copy, with `more` added; with the teacher's rules only if wanted."""
    place = (visit().address or ("", {}))[0]
    found = query_of(experiment.current()) | (teacher_link.rules().to_query() if with_rules else {}) | _language() | more
    return whole(place, found | _own(place))


def query_here(place: str) -> dict[str, str]:
    """What a page shows, as the query of its address: the experiment and what is the page's own, nothing of the reader."""
    return query_of(experiment.current()) | _own(place)


def open_query(place: str, found: dict[str, str]) -> None:
    """Show what another's address says of a page; the language, the class and a teacher's rules stay the reader's."""
    if place in _PLACES:
        _PLACES[place].reset()
    found, told = _with_saved_points(found)
    settings, errors = link.from_query(found, START)
    told += [_refused(error, settings) for error in errors]
    told += [problem for each in _PLACES.values() for problem in each.read(found)]
    settings, outside = teacher_link.within(settings)
    experiment.put(settings)
    visit().link_errors = told + outside


def link_of(settings: Settings) -> str:
    """The whole address of the Playground with these settings."""
    return links()(settings)


def links() -> Callable[[Settings], str]:
    """Makes such addresses; also for a file that is made later, in a thread that knows nothing of the visit."""
    here, keep = root(), saved.points_keeper()
    return lambda settings: _joined(here, query_of(settings, keep))


def whole(place: str, found: dict[str, str]) -> str:
    """An address of this server from a page's place and a query."""
    return _joined(root() + place, found)


def _joined(address: str, found: dict[str, str]) -> str:
    return address + ("?" + urlencode(found) if found else "")


# The language.


def language_of_visit() -> str:
    """The language chosen in this visit; where the address is read, the address's, then the browser's, then English."""
    if not _is_to_be_read():
        return visit().language
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    browser = (st.context.locale or "").split("-")[0]
    return browser if browser in LANGUAGES else "en"


def choose_language(name: str) -> None:
    """The reader wants this language; the address says so from now on."""
    if name in LANGUAGES:  # what no control of ours sends changes nothing
        visit().language = name
        visit().language_chosen = True


# Reading and writing.


def follow(page: str) -> None:
    """Read the address where a person changed it, else write it.

    A rerun tells the address as the browser had it when it asked, which may be older than what was written since: an address that
    merely differs is no wish. Only a new visit's, and one that the browser went back or forward to, are read.
    """
    given = st.query_params.to_dict()
    if _is_to_be_read():
        _read(page, given)
    wanted = query_of_page(page)
    written = (visit().address or ("", {}))[1]
    if wanted != given or given != written:  # what was written last may still be on its way, and would come after this
        st.query_params.from_dict(wanted)
    visit().address = (page, wanted)


def _is_to_be_read() -> bool:
    context = get_script_run_ctx()
    return visit().address is None or (context is not None and context.is_history_navigation)


def _read(page: str, found: dict[str, str]) -> None:
    here = visit()
    is_new = here.address is None
    found, told = _unfolded(found)
    if page in _PLACES:
        _PLACES[page].reset()
    here.language_chosen = found.get("lang") in LANGUAGES
    found, missing = _with_saved_points(found)
    told += missing
    settings, errors = link.from_query(found, START)
    told += [_refused(error, settings) for error in errors] + _unknown(found)
    told += [problem for place in _PLACES.values() for problem in place.read(found)]
    told += _read_shelf(found) + room.read(found) + tour.read(found)
    if tour.step() and not found.keys() & flat.PARAMETERS.keys():
        settings = tour.STEPS[tour.step() - 1].settings
    rules, problems = teacher_link.from_query(found)
    teacher_link.use(rules)
    settings, outside = teacher_link.within(settings)
    experiment.put(settings)
    if is_new:  # a visit's first settings are no change
        here.before.clear()
        here.base = settings
    told += goal.read(found)
    here.link_errors = told + problems + outside


def _unknown(found: dict[str, str]) -> list[str]:
    """One sentence for all that is neither a setting nor known to be appended by others; none if there is nothing."""
    unknown = [name for name in found if name not in flat.PARAMETERS and name not in _OTHERS and not is_tracking(name)]
    told = []
    if unknown:
        names = ", ".join(f"“{shortened(name)}”" for name in unknown[:5]) + (" …" if len(unknown) > 5 else "")
        told.append(_("Ignored in the link because they are not settings: {names}.").format(names=names))
    asked = found.get("lang")
    if asked is not None and asked not in LANGUAGES:
        told.append(
            _("The language “{name}” in the link is not known; allowed: {allowed}.").format(
                name=shortened(asked), allowed=", ".join(LANGUAGES)
            )
        )
    return told


def is_tracking(name: str) -> bool:
    """Whether a parameter is one of those that others append to links to follow who passes them on."""
    return name.lower() in _TRACKING or name.lower().startswith(_TRACKING_FAMILIES)


def _read_shelf(found: dict[str, str]) -> list[str]:
    asked = found.get("shelf")
    saved.close_shared()
    if asked is None or (cookie.is_shelf(asked) and saved.open_shared(asked)):
        return []
    return [_("The shelf “{name}” in the link is not known on this server.").format(name=shortened(asked))]


def _unfolded(found: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The query that a short link stands for, and a sentence where this server does not know it."""
    name = found.get(SHORT)
    if name is None:
        return found, []
    rest = {other: value for other, value in found.items() if other != SHORT}
    kept = saved.link_of(name)
    if kept is None:
        return rest, [_("The short link “{name}” is not known on this server.").format(name=shortened(name))]
    return dict(parse_qsl(kept, keep_blank_values=True)) | rest, []


def _with_saved_points(found: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The query with the points that it names, and a sentence where they are not here."""
    name = found.get("points", "")
    if not name.startswith(_SAVED):
        return found, []
    packed = saved.points_of(name.removeprefix(_SAVED))
    if packed is None:
        rest = {name: value for name, value in found.items() if name not in ("data", "points")}
        return rest, [_("The points named in the link are not on this server; the other settings were applied.")]
    return found | {"points": packed}, []


def _refused(error: SettingError, used: Settings) -> str:
    """What is wrong with a value in the link, and what was used instead."""
    name = parameter_of(error)
    value = value_text(name, flat.values(used)[name])
    instead = _("Used instead: {label} = {value}.").format(label=parameter_label(name), value=value)
    return _("In the link:") + " " + explain(error) + " " + instead
