// @ts-check
/* Clicks and drags on a plane, each of which counts: the page is told of all that it has not answered yet, with their numbers,
   however quickly they come and whatever becomes of a message on its way. Until the answer is there, a mark shows where. */
import { shape } from "./legend.js";

const MANY = 200; // that wait for an answer; with more the plane takes no further ones
const AGAIN = 2000; // milliseconds after which an answer that knows nothing of a move means that the message was lost

/** @typedef {{ number: number, from: number[], to: number[] }} Move */

export class Placing {
  /** @param {{ changed: () => void, tell: (moves: Move[]) => void }} does */
  constructor(does) {
    this.does = does;
    /** @type {Places | undefined} */
    this.places = undefined;
    /** @type {Move[]} */
    this.moves = [];
    this.number = 0;
    this.told = 0; // when
  }

  /** @param {ChartData} data */
  show({ places }) {
    this.places = places;
    const heard = places?.heard ?? Infinity; // of a plane that takes none any more
    this.moves = this.moves.filter(({ number }) => number > heard);
    if (this.moves.length && Date.now() - this.told > AGAIN) this.tell();
  }

  /** @param {number[]} from @param {number[]} to */
  place(from, to) {
    if (this.moves.length >= MANY) return;
    this.number = Math.max(this.number + 1, Date.now()); // after those of the page before a reload
    this.moves.push({ number: this.number, from, to });
    this.tell();
    this.does.changed();
  }

  tell() {
    this.told = Date.now();
    this.does.tell(this.moves);
  }

  /** @param {any} layout @param {number} size */
  marks({ xaxis, yaxis }, size) {
    const { places } = this;
    if (!places || !xaxis) return [];
    return this.moves.map(({ to: [x, y] }) => shape("circle", {
      class: "placed", cx: xaxis._offset + xaxis.d2p(x), cy: yaxis._offset + yaxis.d2p(y), r: 5 * size, fill: places.colour, "fill-opacity": 0.5,
    }));
  }
}
