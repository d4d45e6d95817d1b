/* What the server hands to the chart (component.py), as the type checker reads it. */

interface Words { [name: string]: string }

interface Dot { xref: string; yref: string; values: (number | null)[]; color: string }

interface KeyFigure { label: string; values: string[]; note?: string[]; help?: string }

interface ReplayData {
  run: string;
  live: boolean;
  iterations: number[];
  panels: { pictures: string[]; at: number[]; notes?: string[] }[];
  figures: KeyFigure[];
  cursor: { line: string; edge: string } | null;
  dots?: Dot[];
  total?: number; // iterations of the whole run
  brief?: boolean; // live, and the whole run follows in a moment
  opens?: boolean;
  log_loss?: boolean;
  loss_limits?: [number, number];
  greets?: boolean; // plays once on a reader's first visit
  wrong?: { x: number[]; y: number[]; bits: string[]; color: string; edge: string } | null;
}

/* A net to draw (netview/diagram.py). */
interface Diagram {
  inputs: { name: string; label: string }[];
  activation: string;
  loss: string; // "softmax" or "hinge"
  net: number[]; // the sizes of the whole net
  sizes: number[]; // of the part whose weights are there
  drawn: number[][];
  whole: boolean;
  outward: boolean;
  parameters: string;
  at: number[];
  area: number[];
  classes: { name: string; colour: string; shape: string; edge: string }[];
  penalties: [number, number][]; // λ and λ₁ of the phase of each row
  editable: boolean;
  opens?: boolean; // a unit can be looked into, where there is no replay to say so
  goes_on?: boolean;
  flow?: { at: [number, number]; forward: (number | null)[][]; backward: (number | null)[][] }; // of one point: a column for the inputs, each hidden layer, the classes
  alt: string;
  about: string;
  words: Words;
  colours: { positive: string; negative: string; ink: string; muted: string; paper: string };
}

interface Places { // clicks and drags on the plane are taken
  heard: number; // of the last one that the page has taken
  colour: string; // of one that it has not answered yet
}

/* A curve that the reader draws. */
interface Draws {
  of: string; // which curve: where it changes, so does what is drawn
  line: number[] | null; // what was drawn before, a loss at each place
  places: number[]; // iterations
  top: number; // of the axis of losses
  colour: string;
}

/* Lines that the reader draws on the plane. */
interface Bordered {
  of: string; // what they are about: where it changes, so does what is drawn
  lines: number[][][]; // drawn before
  area: number[];
  most: number; // lines
  colour: string;
  paper: string;
}

interface ChartData {
  net?: Diagram;
  figure?: { data: any[]; layout: any };
  replay?: ReplayData;
  narrow?: { layout: any; height?: number; aspect?: number };
  aspect?: number;
  rows?: number;
  alt: string;
  words: Words;
  dark: boolean;
  picks?: boolean;
  goes_to?: string; // what is scrolled into view after a click on a mark
  lights?: string; // the chart whose points a click on a cell lights up
  places?: Places;
  draws?: Draws;
  border?: Bordered;
  brushes?: string; // colour of the ranges drawn on parallel axes, and that they can be drawn
}

interface Cell { chart: string; part: string; truth: number; predicted: number; text: string }

type Ask = (name: string, value: unknown) => void;

interface Window {
  Plotly: any;
  spiralLabPlotly?: { plane?: Promise<any>; whole?: Promise<any> };
  spiralLabGuard: ReturnType<typeof setInterval> | undefined;
}
