/* A Plotly figure that is updated in place (Plotly.react), so that nothing blinks when a control moves, with a replay of
   the training: boundary, cursor and key figures together, in the browser alone. */

const charts = new WeakMap();
const FRAME_MS = 90;
const CALM_FRAME_MS = 450; // for readers who asked their system for little motion
const NARROW = 640; // pixels below which the panels stand one above the other

function loadPlotly() {
  window.spiralLabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "PLOTLY_ADDRESS";
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.js"));
    document.head.append(script);
  });
  return window.spiralLabPlotly;
}

/* Charts of a page are first drawn one a frame, so that words and controls are on the screen before them. */
let turn = Promise.resolve();
function nextTurn() {
  const frame = () => new Promise((resolve) => (document.hidden ? resolve() : requestAnimationFrame(() => setTimeout(resolve))));
  return (turn = turn.then(frame));
}

function thousands(number, separator) {
  return number.toLocaleString("en").replaceAll(",", separator);
}

class Chart {
  constructor(root) {
    this.plot = root.querySelector(".plot");
    this.figures = root.querySelector(".figures");
    this.bar = root.querySelector(".bar");
    this.slider = root.querySelector("input");
    this.label = root.querySelector("output");
    this.buttons = Object.fromEntries([...root.querySelectorAll("[data-do]")].map((b) => [b.dataset.do, b]));
    this.frame = 0;
    this.brush = {};
    this.logX = true;
    this.logY = null; // until somebody chooses, as the run suggests
    this.slider.addEventListener("input", () => this.go(+this.slider.value));
    for (const [name, button] of Object.entries(this.buttons)) {
      button.addEventListener("click", () => this[name]());
    }
    this.resize = new ResizeObserver(() => this.plotted && this.draw());
    this.resize.observe(root);
    window.addEventListener("resize", (this.onWindow = () => this.plotted && this.draw()));
    this.root = root;
    this.plot.addEventListener("pointerdown", (event) => this.down(event), true);
    window.addEventListener("pointerup", (this.onUp = (event) => this.up(event)), true);
    this.watch = setInterval(() => this.checkTheme(), 500);
  }

  /* Streamlit's theme menu does not run the page again: ask for it where the figure's colours are the other theme's. */
  checkTheme() {
    const background = getComputedStyle(this.root).getPropertyValue("--st-background-color").trim();
    const red = parseInt(background.slice(1, 3), 16);
    const dark = red < 128;
    if (!this.data || Number.isNaN(red) || dark === this.data.dark || this.asked === dark) return;
    this.asked = dark;
    this.ask("theme", dark ? "dark" : "light");
  }

  remove() {
    clearInterval(this.watch);
    this.pause();
    this.resize.disconnect();
    window.removeEventListener("resize", this.onWindow);
    window.removeEventListener("pointerup", this.onUp, true);
    if (this.plotted) window.Plotly.purge(this.plot);
  }

  async show(data, ask) {
    this.ask = ask;
    this.asked = undefined;
    if (!data.figure) { // only asked to be ready
      this.root.style.display = "none";
      loadPlotly().catch(console.error);
      return;
    }
    const given = JSON.stringify(data);
    if (this.plotted && given === this.given) return;
    this.given = given;
    const before = this.data;
    const atEnd = !before?.replay || this.frame >= before.replay.iterations.length - 1;
    this.data = data;
    const replay = data.replay;
    this.bar.hidden = !replay;
    this.figures.hidden = !replay;
    this.plot.setAttribute("aria-label", data.alt);
    this.plot.classList.toggle("places", Boolean(data.places));
    if (replay) {
      const last = replay.iterations.length - 1;
      const sameRun = before?.replay?.run === replay.run;
      if (!sameRun || (atEnd && !this.timer)) {
        this.pause();
        this.frame = last;
      }
      this.frame = Math.min(this.frame, last);
      this.slider.max = last;
      this.bar.classList.toggle("live", replay.live);
      for (const [name, button] of Object.entries(this.buttons)) {
        const words = data.words[name];
        button.title = words;
        button.setAttribute("aria-label", words);
        if (button.classList.contains("toggle")) button.textContent = words;
      }
      this.slider.setAttribute("aria-label", data.words.slider);
      this.showFigures();
      this.showToggles();
    }
    try {
      await loadPlotly();
      await this.draw();
    } catch (error) {
      console.error(error);
      this.plot.textContent = data.words.failed + " " + data.alt;
    }
  }

  /* Height: a share of the width or what the figure asks for, or for a run what is left of the window, so that all is on screen at once. */
  height(width, narrow) {
    const { aspect } = narrow ? this.data.narrow : this.data;
    if (aspect) return Math.round(Math.min(width * aspect, narrow ? Infinity : window.innerHeight * 0.72 * this.data.rows));
    if (narrow) return this.data.narrow.height;
    if (!this.data.replay) return this.data.figure.layout.height ?? 320;
    const scroller = this.root.closest("[data-testid=stMain]");
    const top = this.root.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
    const room = window.innerHeight - top - this.figures.offsetHeight - this.bar.offsetHeight - 14;
    return Math.round(Math.max(300, Math.min(room, width * 0.56)));
  }

  /* Larger type, points and lines on a large screen, and in the projector mode, whose page has a larger type. */
  size() {
    return (this.root.clientWidth > 1300 ? 1.25 : 1) * this.zoom();
  }

  zoom() {
    return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  }

  layout() {
    const { figure, narrow, replay } = this.data;
    const width = this.root.clientWidth;
    const isNarrow = width < NARROW && narrow;
    const layout = structuredClone(figure.layout);
    if (isNarrow) merge(layout, narrow.layout);
    layout.width = width;
    layout.height = this.height(width, isNarrow);
    const size = this.size();
    layout.font = { ...layout.font, family: getComputedStyle(this.root).fontFamily, size: 13 * size };
    for (const note of layout.annotations ?? []) note.font = { ...note.font, size: (note.font?.size ?? 13) * size };
    if (replay) {
      this.panels().forEach(({ source, text }, i) => {
        layout.images[i].source = source;
        if (text) layout.annotations[i].text = text;
      });
    }
    if (replay?.cursor) {
      const last = replay.iterations.at(-1);
      for (const axis of [layout.xaxis2, layout.xaxis3]) Object.assign(axis, this.iterationAxis(last));
      Object.assign(layout.yaxis2, this.lossAxis());
      layout.uirevision = replay.run + this.logX + this.logLossOn; // a zoom stays until the run or an axis changes
      layout.shapes = this.cursor(layout);
    }
    return layout;
  }

  /* Each panel's picture, and its title where it changes, at the frame on show. */
  panels() {
    return this.data.replay.panels.map(({ pictures, at, notes }) => ({ source: pictures[at[this.frame]], text: notes?.[at[this.frame]] }));
  }

  iterationAxis(last) {
    if (!this.logX) return { type: "linear", range: [-0.01 * last, 1.03 * last], tickmode: "auto" };
    const ticks = [0.5];
    for (let tick = 1; tick <= last; tick *= 10) ticks.push(tick);
    const text = ticks.map((tick) => (tick < 1 ? "0" : thousands(tick, this.data.words.separator)));
    return { type: "log", range: [Math.log10(0.5), Math.log10(Math.max(last, 1)) * 1.025 + 0.02], tickmode: "array", tickvals: ticks, ticktext: text };
  }

  /* On a log axis iteration 0 stands half a step before 1, and its tick says 0. */
  x(iteration) {
    return this.logX ? Math.max(iteration, 0.5) : iteration;
  }

  traces() {
    const { figure, replay } = this.data;
    const size = this.size();
    return figure.data.map((trace) => {
      const { marker, line, customdata } = trace;
      const drawn = { ...trace };
      if (marker?.size) drawn.marker = { ...marker, size: marker.size * size };
      if (line?.width) drawn.line = { ...line, width: line.width * size * this.zoom() };
      if (replay?.cursor && customdata) drawn.x = customdata.map((i) => this.x(i));
      if (trace.type === "parcoords") {
        drawn.dimensions = trace.dimensions.map((d) => ({ ...d, constraintrange: this.brush[d.label] }));
      }
      return drawn;
    });
  }

  lossAxis() {
    const [low, high] = this.data.replay.loss_limits;
    if (!this.logLossOn) return { type: "linear", range: [0, high * 1.04] };
    const span = Math.max(Math.log10(high / low), 0.1);
    return { type: "log", range: [Math.log10(low) - 0.04 * span, Math.log10(high) + 0.04 * span] };
  }

  /* A line at the iteration on show, and a dot on each curve. A dot's corners are reckoned in the axes' own units,
     because Plotly's pixel sizes do not work on a log axis. */
  cursor(layout) {
    const replay = this.data.replay;
    if (!replay.cursor) return [];
    const x = this.x(replay.iterations[this.frame]);
    const { line, edge } = replay.cursor;
    const shapes = ["2", "3"].map((panel) => (
      { type: "line", xref: "x" + panel, yref: `y${panel} domain`, x0: x, x1: x, y0: 0, y1: 1, line: { color: line, width: 1 } }));
    for (const { xref, yref, values, color } of replay.dots) {
      const y = values[this.frame];
      if (y === null) continue;
      const [x0, x1] = this.around(x, layout, "xaxis" + xref.slice(1), layout.width - layout.margin.l - layout.margin.r);
      const [y0, y1] = this.around(y, layout, "yaxis" + yref.slice(1), layout.height - layout.margin.t - layout.margin.b);
      shapes.push({ type: "circle", xref, yref, x0, x1, y0, y1, fillcolor: color, line: { color: edge, width: 2 } });
    }
    return shapes;
  }

  around(value, layout, name, pixels) {
    const { type, domain, range } = layout[name];
    const log = type === "log";
    const reach = (6 / (pixels * (domain[1] - domain[0]))) * Math.abs(range[1] - range[0]);
    const at = log ? Math.log10(value) : value;
    return [at - reach, at + reach].map((edge) => (log ? 10 ** edge : edge));
  }

  async draw() {
    if (!this.plotted) await nextTurn();
    if (this.root.clientWidth === 0) return; // not on the page yet, or no more
    const layout = this.layout();
    const config = { displayModeBar: "hover", displaylogo: false, responsive: false, showSendToCloud: false,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
      modeBarButtonsToAdd: [{ name: "svg", title: this.data.words.svg, icon: window.Plotly.Icons.disk,
        click: (plot) => window.Plotly.downloadImage(plot, { format: "svg", filename: "spiral-lab" }) }],
      toImageButtonOptions: { format: "png", scale: 2, filename: "spiral-lab" } };
    const first = !this.plotted;
    if (first) this.plot.textContent = ""; // the sign of waiting
    this.plotted = true;
    await window.Plotly.react(this.plot, this.traces(), layout, config);
    if (first) {
      this.plot.on("plotly_click", (event) => this.clicked(event.points[0]));
      this.plot.on("plotly_restyle", ([changes]) => this.brushed(changes));
    }
    this.showLabel();
  }

  clicked(point) {
    if (!point) return;
    if (this.data.replay) this.jump(point);
    else if (this.data.picks && point.customdata !== undefined) this.ask("pick", point.customdata);
  }

  /* On a plane whose points can be changed: where the pointer went down and where up, in the axes' own units. */
  down(event) {
    this.from = this.data?.places && event.button === 0 ? this.place(event) : null;
  }

  up(event) {
    const from = this.from;
    this.from = null;
    const to = from && this.data?.places && this.place(event);
    if (to) this.ask("place", { from, to });
  }

  place(event) {
    const { xaxis, yaxis } = this.plot._fullLayout ?? {};
    if (!xaxis) return null;
    const box = this.plot.getBoundingClientRect();
    const x = event.clientX - box.left - xaxis._offset;
    const y = event.clientY - box.top - yaxis._offset;
    if (x < 0 || y < 0 || x > xaxis._length || y > yaxis._length) return null;
    return [xaxis.p2d(x), yaxis.p2d(y)];
  }

  /* Ranges that the reader drew on parallel coordinates: kept when the figure is drawn anew, and told to the page. */
  brushed(changes) {
    const dimensions = this.plot.data[0]?.dimensions;
    if (!dimensions) return;
    for (const [name, value] of Object.entries(changes)) {
      const number = name.match(/^dimensions\[(\d+)\]\.constraintrange$/)?.[1];
      if (number !== undefined) this.brush[dimensions[number].label] = value?.[0] ?? undefined;
    }
    const ranges = dimensions.map(({ label }) => this.brush[label]).map((range) => {
      if (!range) return null;
      return Array.isArray(range[0]) ? range : [range];
    });
    this.ask("brush", ranges);
  }

  /* A click on a curve shows that iteration. */
  jump(point) {
    const replay = this.data.replay;
    if (!replay.cursor || !point.data.customdata) return;
    const iteration = point.data.customdata[point.pointIndex];
    const after = replay.iterations.findIndex((i) => i >= iteration);
    this.pause();
    this.go(after < 0 ? replay.iterations.length - 1 : after);
  }

  go(frame) {
    const replay = this.data.replay;
    this.frame = Math.max(0, Math.min(frame, replay.iterations.length - 1));
    this.showLabel();
    this.showFigures();
    if (!this.plotted) return;
    const changes = { shapes: this.cursor(this.plot.layout) };
    this.panels().forEach(({ source, text }, i) => {
      changes[`images[${i}].source`] = source;
      if (text) changes[`annotations[${i}].text`] = text;
    });
    window.Plotly.relayout(this.plot, changes);
  }

  showLabel() {
    const replay = this.data.replay;
    if (!replay) return;
    this.slider.value = this.frame;
    const text = this.data.words.iteration.replace("{iteration}", thousands(replay.iterations[this.frame], this.data.words.separator));
    this.label.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
  }

  showFigures() {
    const items = this.data.replay.figures.map(({ label, values, note, help }) => {
      const item = document.createElement("div");
      const name = document.createElement("dt");
      const value = document.createElement("dd");
      name.textContent = label;
      value.textContent = values.length === 1 ? values[0] : values[this.frame];
      if (note) {
        const small = document.createElement("small");
        small.textContent = note.length === 1 ? note[0] : note[this.frame];
        value.append(small);
      }
      if (help) item.title = help;
      item.append(name, value);
      return item;
    });
    this.figures.replaceChildren(...items);
  }

  play() {
    if (this.timer) return this.pause();
    if (this.frame === this.data.replay.iterations.length - 1) this.frame = -1;
    this.timer = setInterval(() => {
      this.go(this.frame + 1);
      if (this.frame === this.data.replay.iterations.length - 1) this.pause();
    }, matchMedia("(prefers-reduced-motion: reduce)").matches ? CALM_FRAME_MS : FRAME_MS);
    this.go(this.frame + 1);
    this.announce();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.data?.replay) this.announce();
  }

  announce() {
    const words = this.timer ? this.data.words.pause : this.data.words.play;
    this.buttons.play.title = words;
    this.buttons.play.setAttribute("aria-label", words);
    this.buttons.play.classList.toggle("playing", Boolean(this.timer));
  }

  first() { this.pause(); this.go(0); }
  back() { this.pause(); this.go(this.frame - 1); }
  next() { this.pause(); this.go(this.frame + 1); }
  last() { this.pause(); this.go(Infinity); }

  get logLossOn() {
    return this.logY ?? this.data.replay.log_loss;
  }

  /* The reader wants to look inside the net at the iteration on show. */
  open() { this.pause(); this.ask("open", this.data.replay.iterations[this.frame]); }

  logIterations() { this.logX = !this.logX; this.toggled(); }
  logLoss() { this.logY = !this.logLossOn; this.toggled(); }

  toggled() {
    this.showToggles();
    this.draw();
  }

  showToggles() {
    this.buttons.open.hidden = !this.data.replay.opens;
    this.buttons.logIterations.hidden = this.buttons.logLoss.hidden = !this.data.replay.cursor;
    this.buttons.logIterations.setAttribute("aria-pressed", this.logX);
    this.buttons.logLoss.setAttribute("aria-pressed", this.logLossOn);
  }
}

function merge(target, changes) {
  for (const [key, value] of Object.entries(changes)) {
    if (value && typeof value === "object" && !Array.isArray(value)) merge((target[key] ??= {}), value);
    else target[key] = value;
  }
}

export default function (component) {
  const root = component.parentElement.querySelector(".lab-chart");
  if (!charts.has(root)) charts.set(root, new Chart(root));
  charts.get(root).show(component.data, component.setTriggerValue);
  return () => {
    if (root.isConnected) return; // called before each update too
    charts.get(root)?.remove();
    charts.delete(root);
  };
}
