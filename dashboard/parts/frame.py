"""The frame of every page: colours, the calm word when something is wrong, and what was to be said next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.palette import palette
from dashboard.parts import hints
from dashboard.words import label, safe
from metrics.core import TailwatchError

_STYLE = """<style>
:root {{ --tw-ground: {p.ground}; --tw-ink: {p.ink};
  --tw-muted: {p.muted}; --tw-rule: {p.rule}; --tw-raised: {p.raised}; }}
[data-testid="stMainBlockContainer"] {{ max-width: 1200px; padding: 3.5rem 2rem 5rem; }}
.tw-line {{ display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .7rem; line-height: 1.35; }}
.tw-shape {{ width: 1.05rem; height: 1.05rem; flex: none; }}
.tw-spark {{ width: 160px; height: 48px; display: block; margin: .2rem 0 .3rem; }}
.tw-word {{ font-weight: 700; letter-spacing: .04em; text-transform: uppercase; font-size: .85rem; }}
.tw-name {{ font-weight: 600; overflow-wrap: anywhere; }}
.tw-quiet {{ color: var(--tw-muted); font-size: .9rem; }}
.tw-says {{ margin: .35rem 0 0; line-height: 1.5; overflow-wrap: anywhere; max-width: 46rem; }}
.tw-ahead {{ display: block; margin-top: .35rem; }}
.tw-lead {{ font-size: 1.15rem; }}
.tw-facts {{ display: flex; flex-wrap: wrap; gap: .1rem 1.4rem; color: var(--tw-muted); font-size: .9rem;
  margin-top: .35rem; }}
.tw-facts b {{ color: var(--tw-ink); font-weight: 600; }}
.tw-term {{ border-bottom: 1px dotted var(--tw-muted); cursor: help; }}
[data-testid="stPageLink-NavLink"] {{ border: 1px solid var(--tw-rule); padding: .45rem .9rem;
  border-radius: 6px; }}
[data-testid="stWidgetLabelRequired"] {{ display: none; }}
.tw-row {{ margin-bottom: .4rem; }}
.tw-list {{ margin: .5rem 0 .2rem; }}
.tw-item {{ display: grid; grid-template-columns: minmax(0, 15rem) 84px 5.2rem 5.6rem 1fr;
  align-items: center; gap: 0 1rem; padding: .22rem 0;
  border-bottom: 1px solid var(--tw-rule); line-height: 1.35; }}
.tw-item a {{ color: inherit; text-decoration: underline dotted var(--tw-muted); text-underline-offset: 3px;
  overflow-wrap: anywhere; }}
.tw-value {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
.tw-head > :last-child {{ text-align: left; }}
.tw-narrow {{ display: none; }}
.tw-tiny {{ width: 84px; height: 24px; display: block; }}
.tw-fold {{ border-bottom: 1px solid var(--tw-rule); padding: .5rem 0; line-height: 1.45;
  overflow-wrap: anywhere; }}
.tw-fold > summary {{ cursor: pointer; }}
.tw-fold .tw-swatch {{ display: inline-block; }}
.tw-fold .tw-list, .tw-fold .tw-says, .tw-fold .tw-facts {{ margin-left: 1.1rem; }}
.tw-fold pre {{ background: var(--tw-raised); padding: .6rem .8rem; border-radius: 4px; overflow-x: auto;
  margin: .5rem 0 .5rem 1.1rem; font-size: .82rem; line-height: 1.45; }}
.tw-count {{ color: var(--tw-muted); font-variant-numeric: tabular-nums; margin-right: .5rem; }}
.tw-index {{ display: inline-grid; grid-template-columns: minmax(0, 15rem) minmax(0, 1fr) 12rem; gap: 0 1rem;
  width: calc(100% - 1.4rem); vertical-align: top; }}
.tw-case {{ padding: .45rem 0 .1rem; margin-left: 1.1rem; }}
.tw-scores {{ display: grid; grid-template-columns: 10.5rem 9.5rem 10.5rem 4.5rem 12rem minmax(0, 1fr);
  gap: 0 .8rem; padding: .12rem 0; line-height: 1.35; font-size: .92rem; }}
.tw-fold > .tw-scores {{ margin-left: 1.1rem; }}
.tw-score {{ font-variant-numeric: tabular-nums; white-space: nowrap; }}
.tw-told {{ grid-column: 6; color: var(--tw-muted); }}
.tw-told b {{ color: var(--tw-ink); }}
.tw-wide {{ overflow-x: auto; margin: .7rem 0; }}
.tw-bell {{ border-collapse: collapse; line-height: 1.35; }}
.tw-bell th, .tw-bell td {{ text-align: left; vertical-align: top; padding: .45rem 1.2rem .45rem 0;
  border-bottom: 1px solid var(--tw-rule); white-space: nowrap; }}
.tw-bell th {{ font-weight: 600; white-space: normal; }}
.tw-bell .tw-line {{ flex-wrap: nowrap; }}
.tw-bell .tw-quiet {{ display: block; }}
.tw-key {{ display: inline-block; width: 1.3rem; vertical-align: middle; margin-right: .3rem; }}
[data-testid="stBaseButton-primary"] {{ background: var(--tw-ink) !important;
  color: var(--tw-ground) !important; border-color: var(--tw-ink) !important; }}
.st-key-unseen {{ position: absolute; width: 1px; height: 1px; overflow: hidden; visibility: hidden; }}
[data-tag] {{ background: var(--tw-raised) !important; color: var(--tw-ink) !important;
  border: 1px solid var(--tw-rule); }}
.tw-swatch {{ width: .8rem; height: .8rem; border-radius: 2px; }}
.tw-wrong {{ border-left: 3px solid var(--tw-ink); background: var(--tw-raised); padding: .8rem 1rem;
  border-radius: 4px; overflow-wrap: anywhere; }}
{cards}[class*="st-key-door-"] button {{ min-height: 9rem; width: 100%; }}
[class*="st-key-door-"] button p {{ font-size: 1.25rem; font-weight: 600; }}
@media (max-width: 640px) {{
  [data-testid="stMainBlockContainer"] {{ padding: 3.2rem 1rem 4rem; }}
  h1 {{ font-size: 1.45rem !important; }}
  .tw-item {{ grid-template-columns: minmax(0, 1fr) 84px 3.6rem; padding: .4rem 0; }}
  .tw-item > :nth-child(4) {{ grid-column: 1; text-align: left; }}
  .tw-item > :nth-child(5) {{ grid-column: 2 / 4; text-align: right; }}
  .tw-index {{ grid-template-columns: minmax(0, 1fr) 9.5rem; }}
  .tw-index > :nth-child(2) {{ display: none; }}
  .tw-head {{ display: none; }}
  .tw-narrow {{ display: inline; }}
  .tw-case {{ margin-left: 0; padding-top: .8rem; }}
  .tw-scores {{ grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: .1rem .5rem; }}
  .tw-scores > :first-child, .tw-told {{ grid-column: 1 / -1; }}
  .tw-scores > .tw-score {{ white-space: normal; }}
  .tw-score::before {{ content: attr(data-says); display: block; color: var(--tw-muted); font-size: .8rem; }}
}}
</style>"""


def theme() -> str:
    """'dark' or 'light', as the browser shows it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def style() -> None:
    """The few rules that Streamlit's own theme has no option for."""
    colours = palette(theme())
    edges = [
        f'[class*="st-key-card-{s}-"] {{ border-left: 4px solid {c}; }}' for s, c in colours.status.items()
    ]
    st.html(_STYLE.format(p=colours, cards="\n".join(edges) + "\n"))


@contextmanager
def calm() -> Iterator[None]:
    """Whatever goes wrong inside is shown as a sentence, never as a traceback."""
    try:
        yield
    except TailwatchError as error:
        wrong(hints.sentence(error))
    except Exception:
        logging.getLogger("tailwatch").exception("A page could not be shown")
        wrong("Something went wrong here. Nothing was lost; reload the page, and look into the server's log.")


def wrong(sentence: str) -> None:
    """Say what is wrong. The sentence may hold anybody's text."""
    st.html(f'<div class="tw-wrong" role="alert" data-testid="wrong">{safe(sentence, 2000)}</div>')


def say_next(sentence: str) -> None:
    """Say this in a toast once the page has changed: a toast before a rerun is often lost."""
    st.session_state.setdefault("_toasts", []).append(sentence)


def say_now() -> None:
    """Show what was kept for this run."""
    for sentence in st.session_state.pop("_toasts", []):
        st.toast(label(sentence, 300), duration="long")


def filling(bar: DeltaGenerator) -> Callable[[float, str], None]:
    """A progress bar as something that the pipeline can report to."""

    def report(share: float, what: str) -> None:
        bar.progress(min(max(share, 0.0), 1.0), text=label(what, 120))

    return report
