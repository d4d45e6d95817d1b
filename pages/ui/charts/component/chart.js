// @ts-check
/* A Plotly figure that is updated in place (Plotly.react), so that nothing blinks when a control moves, with a replay of
   the training: boundary, cursor and key figures together, in the browser alone. */
import { listen, lit, reveal, send } from "./cells.js";
import { heightOf, layoutOf, wrapTitles } from "./layout.js";
import { drawLegend, entries, group } from "./legend.js";
import { Lines } from "./lines.js";
import { isDark, loadPlotly, nextTurn, reloadWhenEmpty } from "./load.js";
import { cursorMarks, ringMarks } from "./marks.js";
import { NetView } from "../netview/netview.js";
import { Placing } from "./placing.js";
import { Pointer } from "./pointer.js";
import { Replay } from "./replay.js";
import { showPad, Sketch } from "./sketch.js";
import { Strokes } from "./strokes.js";
import { Tools } from "./tools.js";

reloadWhenEmpty();
const charts = /** @type {WeakMap<Element, Chart>} */ (new WeakMap());
const NARROW = 640; // pixels below which the panels stand one above the other

class Chart {
  /** @param {HTMLElement} root */
  constructor(root) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.root = root;
    this.plot = find(".plot");
    this.head = find(".head");
    this.legend = find(".legend");
    this.marks = find(".marks");
    /** @type {ChartData | undefined} */
    this.data = undefined;
    /** @type {Ask} */
    this.ask = () => {};
    /** @type {Set<string>} */
    this.hidden = new Set(); // groups that a click on the legend hid
    /** @type {Cell | null} */
    this.cell = null;
    this.logX = true;
    /** @type {boolean | null} */
    this.logY = null; // until somebody chooses, as the run suggests
    this.ringed = false;
    this.plotted = false;
    /** @type {any} */
    this.plotly = undefined; // that draws the figure
    /** @type {boolean | undefined} */
    this.asked = undefined; // for which theme
    this.given = ""; // the data on show, as JSON
    this.shown = 0; // how often the reader went back to the whole
    this.replay = new Replay(root, () => this.frameChanged());
    const { open, wrong, logIterations, logLoss } = this.replay.buttons;
    open.addEventListener("click", () => { this.replay.pause(); this.ask("open", this.replay.iteration); });
    wrong.addEventListener("click", () => { this.ringed = !this.ringed; this.showToggles(); this.showMarks(); });
    logIterations.addEventListener("click", () => { this.logX = !this.logX; this.draw(); });
    logLoss.addEventListener("click", () => { this.logY = !this.logLossOn; this.draw(); });
    this.tools = new Tools(root, { zoomed: () => this.draw(), whole: () => { this.shown++; this.draw(); }, save: (format) => this.save(format) });
    this.pointer = new Pointer(this.plot, {
      scrubs: () => Boolean(this.data?.replay?.cursor && !this.data.replay.live),
      places: () => Boolean(this.data?.places),
      zooms: () => this.tools.zooming,
      scrub: (iteration) => this.replay.step(this.replay.frameAt(iteration)),
      place: (from, to) => this.placing.place(from, to),
    });
    this.placing = new Placing({ changed: () => this.showMarks(), tell: (moves) => this.ask("place", moves) });
    this.lines = new Lines(this.plot, () => Boolean(this.data?.brushes), () => {
      this.draw();
      this.ask("brush", this.lines.ranges.map((range) => range && [range])); // told to the page
    }, () => this.showMarks());
    this.net = new NetView(root, this.plot, {
      redraw: () => this.draw(), planeChanged: () => this.planeChanged(), tell: (figures) => this.replay.tell(figures),
      frame: () => this.replay.frame, iteration: () => this.replay.iteration, ask: (name, value) => this.ask(name, value),
    });
    this.sketch = new Sketch(root, this.plot, { changed: () => this.showMarks(), tell: (of, points) => this.ask("draw", { of, points }) });
    this.strokes = new Strokes(root, { changed: () => this.showMarks(), tell: (of, points) => this.ask("draw", { of, points }) });
    this.resize = new ResizeObserver(() => this.plotted && this.draw());
    this.resize.observe(root);
    window.addEventListener("resize", (this.onWindow = () => this.plotted && this.draw()));
    document.addEventListener("keydown", (this.onKey = (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.light(null)));
    document.addEventListener("click", (this.onPress = (/** @type {MouseEvent} */ event) => this.pressed(event)), true);
    this.deaf = listen((cell) => this.light(cell));
    this.watch = setInterval(() => this.checkTheme(), 500);
  }

  /* Streamlit's theme menu does not run the page again: ask for it where the colours are the other theme's. */
  checkTheme() {
    const dark = isDark(this.root);
    if (!this.data || dark === undefined || dark === this.data.dark || this.asked === dark) return;
    this.asked = dark;
    this.ask("theme", dark ? "dark" : "light");
  }

  remove() {
    clearInterval(this.watch);
    this.replay.pause();
    for (const part of [this.tools, this.pointer, this.lines, this.net, this.sketch, this.strokes]) part.remove();
    this.resize.disconnect();
    this.deaf();
    window.removeEventListener("resize", this.onWindow);
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("click", this.onPress, true);
    if (this.plotted) this.plotly.purge(this.plot);
  }

  /** @param {ChartData} data @param {Ask} ask */
  async show(data, ask) {
    this.ask = ask;
    this.asked = undefined;
    if (!data.figure) { // only asked to be ready, or to keep what is there
      if (!this.data) this.root.style.display = "none";
      loadPlotly().catch(console.error);
      return;
    }
    this.root.style.display = "";
    const given = JSON.stringify(data);
    if (this.plotted && given === this.given) return;
    this.given = given;
    if (this.data?.replay?.run !== data.replay?.run) this.cell = null;
    this.data = data;
    this.plot.setAttribute("aria-label", data.alt);
    this.plot.classList.toggle("places", Boolean(data.places));
    this.plot.classList.toggle("picks", Boolean(data.picks || data.lights));
    this.tools.show(data);
    this.net.show(data);
    showPad(this.root, Boolean(data.draws || data.border));
    this.sketch.show(data);
    this.strokes.show(data);
    this.placing.show(data);
    this.showLegend();
    this.replay.show(data.replay, data.words);
    this.showToggles();
    try {
      this.take(await loadPlotly(data.figure));
      await this.draw();
    } catch (error) {
      console.error(error);
      this.plot.textContent = data.words.failed + " " + data.alt;
    }
  }

  /** Draw with another part of Plotly, if it is another. @param {any} plotly */
  take(plotly) {
    if (this.plotted && plotly !== this.plotly) {
      this.plotly.purge(this.plot);
      this.plotted = false;
    }
    this.plotly = plotly;
  }

  showLegend() {
    const { figure, words } = /** @type {ChartData} */ (this.data);
    const headed = entries(figure).length > 0 || Boolean(this.cell);
    this.head.classList.toggle("headed", headed);
    drawLegend(this.legend, figure, this.hidden, (name) => {
      if (!this.hidden.delete(name)) this.hidden.add(name);
      this.showLegend();
      this.draw();
    });
    if (!this.cell) return;
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.textContent = this.cell.text + " ✕";
    chip.title = words.unlight;
    chip.addEventListener("click", () => this.light(null));
    this.legend.append(chip);
  }

  /* Larger type, points and lines on a large screen, and in the projector mode, whose page has a larger type. */
  size() {
    return (this.root.clientWidth > 1300 * this.zoom() ? 1.25 : 1) * this.zoom();
  }

  zoom() {
    return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  }

  /** @param {number} width @param {boolean} narrow */
  height(width, narrow) {
    const { figures, bar } = this.replay;
    const head = this.head.classList.contains("headed") ? this.head.offsetHeight : 0;
    return heightOf(/** @type {ChartData} */ (this.data), this.root, { width, narrow, head, zoom: this.zoom(), rest: figures.offsetHeight + bar.offsetHeight });
  }

  layout() {
    const data = /** @type {ChartData} */ (this.data);
    const width = this.root.clientWidth;
    const narrow = width < NARROW && Boolean(data.narrow);
    const height = this.height(width, narrow);
    const layout = layoutOf(data, {
      logX: this.logX, logLoss: this.logLossOn, size: this.size(), width, height, narrow,
      family: getComputedStyle(this.root).fontFamily, zooming: this.tools.zooming, headed: this.head.classList.contains("headed"),
    });
    this.net.arrange(layout, { width, height, narrow, zoom: this.zoom() });
    if (this.shown) layout.uirevision = String(layout.uirevision ?? "") + this.shown;
    this.panels().forEach(({ source, text }, i) => {
      layout.images[i].source = source;
      if (text) layout.annotations[i].text = text;
    });
    wrapTitles(layout);
    return layout;
  }

  /* Each panel's picture, and its title where it changes, at the frame on show. */
  panels() {
    const { frame } = this.replay;
    const picture = this.net.picture();
    const { replay, net, figure } = this.data ?? {};
    const panels = replay?.panels ?? (net ? [{ pictures: [figure?.layout.images[0].source], at: [0], notes: undefined }] : []);
    return panels.map(({ pictures, at, notes }) => ({ source: picture ?? pictures[at[frame]], text: notes?.[at[frame]] }));
  }

  traces() {
    const { figure, replay, brushes } = /** @type {ChartData} */ (this.data);
    const size = this.size();
    const drawn = (figure?.data ?? []).filter((given) => this.net.shows(given)).map((given) => {
      const trace = this.cell ? lit(given, this.cell) : { ...given };
      if (trace.marker?.size) trace.marker = { ...trace.marker, size: trace.marker.size * size };
      if (trace.line?.width) trace.line = { ...trace.line, width: trace.line.width * size };
      if (replay?.cursor && trace.meta?.curve) trace.x = trace.customdata.map((/** @type {number} */ i) => this.x(i));
      if (this.hidden.has(group(trace))) trace.visible = false;
      return trace;
    });
    return brushes ? this.lines.traces(drawn, figure?.layout.font.color) : drawn;
  }

  /** On a log axis iteration 0 stands half a step before 1, and its tick says 0. @param {number} iteration */
  x(iteration) {
    return this.logX ? Math.max(iteration, 0.5) : iteration;
  }

  get logLossOn() {
    return this.logY ?? this.data?.replay?.log_loss ?? false;
  }

  async draw() {
    if (!this.plotted) await nextTurn();
    if (!this.data || this.root.clientWidth === 0) return; // not on the page yet, or no more
    const config = { displayModeBar: false, displaylogo: false, responsive: false, showSendToCloud: false, doubleClick: false };
    const first = !this.plotted;
    if (first) this.plot.textContent = ""; // the sign of waiting
    this.plotted = true;
    const layout = this.layout(); // first, since it says which panels there are
    this.showToggles();
    await this.plotly.react(this.plot, this.traces(), layout, config);
    const plot = /** @type {any} */ (this.plot);
    if (first) {
      plot.on("plotly_click", (/** @type {any} */ event) => this.clicked(event.points[0]));
      plot.on("plotly_afterplot", () => this.showMarks());
    }
    this.showMarks();
  }

  showMarks() {
    const layout = /** @type {any} */ (this.plot)._fullLayout;
    if (!layout || !this.data) return;
    const { replay, brushes } = this.data;
    this.marks.setAttribute("width", layout.width);
    this.marks.setAttribute("height", layout.height);
    const marks = brushes ? this.lines.marks(brushes) : [];
    if (replay) {
      const { frame, iteration } = this.replay;
      if (this.ringed) marks.push(...ringMarks(layout, replay, frame, this.size()));
      marks.push(...cursorMarks(layout, replay, frame, this.x(iteration), this.size()));
    }
    marks.push(...this.net.marks(layout));
    marks.push(...this.sketch.marks(layout, this.size()), ...this.strokes.marks(layout, this.size()), ...this.placing.marks(layout, this.size()));
    this.marks.replaceChildren(...marks);
  }

  frameChanged() {
    this.net.frameChanged();
    this.planeChanged();
  }

  /* The picture of the plane is another, and what is drawn over it. */
  planeChanged() {
    if (!this.plotted) return;
    this.showMarks();
    const changes = /** @type {Record<string, string>} */ ({});
    this.panels().forEach(({ source, text }, i) => {
      changes[`images[${i}].source`] = source;
      if (text) changes[`annotations[${i}].text`] = text;
    });
    this.plotly.relayout(this.plot, changes);
  }

  showToggles() {
    this.replay.showToggles({ wrong: this.ringed, logIterations: this.logX, logLoss: this.logLossOn }, !this.net.alone);
  }

  /** A mark was clicked. @param {any} point */
  clicked(point) {
    const { picks, goes_to, lights } = this.data ?? {};
    if (!point || point.customdata === undefined) return;
    if (picks) this.ask("pick", point.customdata);
    if (goes_to) reveal(goes_to);
    if (!lights) return;
    const [part, truth, predicted, text] = point.customdata;
    send({ chart: lights, part, truth, predicted, text });
    reveal(lights);
  }

  /** "Change and continue" begins at the iteration on show. @param {MouseEvent} event */
  pressed(event) {
    if (!this.data?.net?.goes_on || !(event.target instanceof Element) || !event.target.closest(".st-key-otherwise button")) return;
    this.replay.pause();
    this.ask("at", this.replay.iteration);
  }

  /** Light up the points of a cell; the same cell again, or none: all points as they were. @param {Cell | null} cell */
  light(cell) {
    if (!this.data || (cell ? !this.root.closest(".st-key-" + cell.chart) : !this.cell)) return;
    this.cell = cell && this.cell?.text !== cell.text ? cell : null;
    this.showLegend();
    this.draw();
  }

  /** @param {string} format */
  save(format) {
    this.plotly.downloadImage(this.plot, { format, scale: format === "png" ? 2 : 1, filename: "spiral-lab" });
  }
}

/** @param {any} component */
export default function (component) {
  const root = component.parentElement.querySelector(".lab-chart");
  const chart = charts.get(root) ?? new Chart(root);
  charts.set(root, chart);
  chart.show(component.data, component.setTriggerValue);
  return () => {
    if (root.isConnected) return; // called before each update too
    charts.get(root)?.remove();
    charts.delete(root);
  };
}
