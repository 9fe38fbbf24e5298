import type { Points } from "../shared/messages";
import type { DataKind, Drawn } from "../shared/settings";
import { normal, shuffled, uniform } from "./random";

export interface PointSettings {
  data: DataKind;
  count: number;
  noise: number;
  margin: number;
  seed: number;
  drawn: Drawn;
}

/** The line that parts "linear": n.x = OFFSET. */
export const LINE = { n: [0.6, 0.8], offset: 0.1 } as const;

type Place = (label: 0 | 1, random: () => number) => [number, number];

/** Where a point of a class lies, before noise; all within [-1, 1]. */
const PLACES: Record<Exclude<DataKind, "linear" | "drawn">, Place> = {
  moons: (label, random) => {
    const t = Math.PI * random();
    const [x, y] = label === 0 ? [Math.cos(t), Math.sin(t)] : [1 - Math.cos(t), 0.5 - Math.sin(t)];
    return [(x - 0.5) * 0.62, (y - 0.25) * 0.9];
  },
  circles: (label, random) => {
    const t = 2 * Math.PI * random();
    const r = label === 0 ? 0.4 * Math.sqrt(random()) : 0.75 + 0.2 * random();
    return [r * Math.cos(t), r * Math.sin(t)];
  },
  spirals: (label, random) => {
    const s = Math.sqrt(random());
    const t = 0.4 + 3.3 * Math.PI * s + label * Math.PI;
    const r = 0.06 + 0.9 * s;
    return [r * Math.cos(t), r * Math.sin(t)];
  },
  xor: (label, random) => {
    const [a, b] = [0.12 + 0.8 * random(), 0.12 + 0.8 * random()];
    const flip = random() < 0.5 ? 1 : -1;
    return label === 1 ? [a * flip, -b * flip] : [a * flip, b * flip];
  },
};

/** Points of one side of LINE, at least half the margin away from it. */
function besideLine(label: 0 | 1, margin: number, random: () => number): [number, number] {
  for (;;) {
    const [x, y] = [2 * random() - 1, 2 * random() - 1];
    const d = LINE.n[0] * x + LINE.n[1] * y - LINE.offset;
    if (label === 1 ? d > margin / 2 : d < -margin / 2) return [x, y];
  }
}

/** Points in the plane, classes in equal parts and mixed. The noise of "linear" lies along the line only: its margin is kept. */
export function makePoints({ data, count, noise, margin, drawn, seed }: PointSettings): Points {
  if (data === "drawn")
    return { xy: Float32Array.from(drawn.flatMap(({ x, y }) => [x, y])), labels: Uint8Array.from(drawn, (p) => p.label) };
  const random = uniform(seed + 1);
  const gauss = normal(random);
  const xy = new Float32Array(2 * count);
  const labels = new Uint8Array(count);
  for (const [k, at] of shuffled(count, random).entries()) {
    const label = k % 2 === 0 ? 0 : 1;
    const [x, y] = data === "linear" ? besideLine(label, margin, random) : PLACES[data](label, random);
    const along = gauss() * noise;
    xy[2 * at] = x + (data === "linear" ? -LINE.n[1] * along : along);
    xy[2 * at + 1] = y + (data === "linear" ? LINE.n[0] * along : gauss() * noise);
    labels[at] = label;
  }
  return { xy, labels };
}

/** Points for training, and others for testing: drawn from the same distribution, or every fourth of those drawn by hand. */
export function trainAndTest(settings: PointSettings): { train: Points; test: Points } {
  if (settings.data !== "drawn") return { train: makePoints(settings), test: makePoints({ ...settings, seed: settings.seed + 20_000 }) };
  const all = settings.drawn;
  const held = (k: number) => all.length >= 12 && k % 4 === 3;
  const part = (drawn: Drawn) => makePoints({ ...settings, drawn });
  return { train: part(all.filter((_, k) => !held(k))), test: part(all.filter((_, k) => held(k))) };
}
