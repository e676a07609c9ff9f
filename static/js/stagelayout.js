// @ts-check
// Where everything stands: the clients along two opposite edges, the nodes in the
// largest ring that keeps clear of them, the resource in its middle.

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{x: number, y: number, w: number, h: number}} Box its middle, and half of what it is wide and high */

export const card = { width: 176, height: 92 };
export const circle = 34;
const resource = { w: 92, h: 38 };
/** The name of a node and what is wrong with it stand below it. */
const below = 46;
/** How far down the edge clients stand, by how many share it: corners leave the most room. */
const corners = [[], [0.13], [0.13, 0.87], [0.12, 0.5, 0.88]];

/**
 * @param {number} width
 * @param {number} height
 * @param {string[]} nodes
 * @param {string[]} clients
 */
export function layOut(width, height, nodes, clients) {
  const wide = width >= 520 && width > height * 0.95;
  const unit = Math.max(0.62, Math.min(2.4, width / (wide ? 700 : 400), height / (wide ? 490 : 620)));
  const most = Math.ceil(clients.length / 2) || 1;
  const [along, across, room] = wide ? [height, width, card.height + 12] : [width, height, card.width + 8];
  const cardUnit = Math.min(unit, along / (most * room));
  const [w, h] = [(card.width / 2) * cardUnit, (card.height / 2) * cardUnit];
  const [half, edge] = wide ? [h + 3, w + 3] : [w + 3, h + 3];
  /** @type {Map<string, Box>} */
  const boxes = new Map();
  clients.forEach((name, i) => {
    const row = Math.floor(i / 2);
    const count = Math.ceil((clients.length - (i % 2)) / 2);
    const share = wide ? corners[most]?.[row] ?? (row + 0.5) / most : 0.5 + ((row - (count - 1) / 2) * room * cardUnit) / along;
    const main = Math.max(half, Math.min(along - half, share * along));
    const cross = i % 2 ? across - edge : edge;
    boxes.set(name, { ...(wide ? { x: cross, y: main } : { x: main, y: cross }), w, h });
  });
  const cards = [...boxes.values()];
  const reach = (circle + 4) * unit;
  const foot = below * unit;
  const [top, bottom] = wide ? [0, 0] : [clients.length > 0, clients.length > 1].map((there) => (there ? 2 * edge + 4 : 0));
  // As large as it can be without touching a card. Where there is height to spare, it
  // is an oval. The feet of the nodes belong to the picture, and a pentagon is lower
  // than it is high.
  const highest = (height - top - bottom - foot - 2 * reach) / 1.81;
  const widest = width / 2 - 54 * unit;
  const ring = (/** @type {number} */ rx, /** @type {number} */ ry) => nodes.map((_, i) => {
    const angle = (i / nodes.length - 0.25) * 2 * Math.PI;
    return { x: width / 2 + rx * Math.cos(angle), y: middle + ry * (0.095 + Math.sin(angle)), w: reach, h: reach };
  });
  const middle = (top + height - bottom - foot) / 2;
  let rx = wide ? Math.min(widest, highest) : widest;
  let ry = wide ? rx : Math.min(1.3 * rx, highest);
  const least = (wide ? resource.w + circle + 8 : 100) * unit;
  while (ry > least && ring(rx, ry).some((node) => cards.some((box) => meet(box, { ...node, y: node.y + foot / 2, h: node.h + foot / 2 }, wide ? 12 : 2)))) {
    ry -= 4;
    if (wide) rx = ry;
  }
  ring(rx, ry).forEach((box, i) => boxes.set(nodes[i], box));
  const [x, y] = [width / 2, middle + 0.095 * ry];
  boxes.set("resource", { x, y, w: resource.w * unit, h: resource.h * unit });
  return { boxes, unit, cardUnit, rx, ry, x, y, foot };
}

/**
 * Whether two boxes meet, or nearly.
 * @param {Box} a
 * @param {Box} b
 */
export const meet = (a, b, apart = 4) => Math.abs(a.x - b.x) < a.w + b.w + apart && Math.abs(a.y - b.y) < a.h + b.h + apart;

/**
 * The way between two figures, from edge to edge.
 * @param {Box} from
 * @param {Box} to
 * @param {number} gap what is left before either
 */
export function way(from, to, gap) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const end = (/** @type {Box} */ box, /** @type {number} */ sign) => {
    const round = box.w === box.h;
    const out = gap + (round ? box.w - gap / 2 : Math.min(Math.abs(box.w / (dx || 1e-9)), Math.abs(box.h / (dy || 1e-9))) * length);
    return { x: box.x + (sign * dx * out) / length, y: box.y + (sign * dy * out) / length };
  };
  return { from: end(from, 1), to: end(to, -1) };
}

/**
 * Where a text stands beside a point without covering anything. One that has to be
 * read covers as little as it can; otherwise there may be no place.
 * @param {Point} at
 * @param {string} text
 * @param {number} unit
 * @param {Box[]} taken grows by the place that was found
 * @param {{width: number, height: number, must: boolean}} limits
 * @returns {Point|null}
 */
export function beside(at, text, unit, taken, { width, height, must }) {
  const [w, h] = [text.length * 3.9 * unit, 8 * unit];
  const spots = [[0, -21], [0, 22], [w / unit + 14, 0], [-w / unit - 14, 0], [w / unit, -20], [-w / unit, -20], [w / unit, 22], [-w / unit, 22], [0, 40], [0, -40]]
    .map(([x, y]) => ({ x: at.x + x * unit, y: at.y + y * unit, w, h }))
    .filter((box) => box.x > w && box.x < width - w && box.y > h && box.y < height - h);
  const covered = (/** @type {Box} */ box) => taken.filter((other) => meet(box, other, 1)).length;
  const best = spots.find((box) => !covered(box)) ?? (must ? spots.sort((a, b) => covered(a) - covered(b))[0] : undefined);
  if (best) taken.push(best);
  return best ?? null;
}
