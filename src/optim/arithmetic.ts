// Engines differ in the last bits of Math.cos, pow, exp and log, and training would differ with them. These use + - * / alone. Errors are below 1e-13 relative.

/** cos(pi t). */
export function cosPi(t: number): number {
  const turn = Math.abs(t) % 2;
  const half = turn > 1 ? 2 - turn : turn;
  if (half > 0.5) return -cosPi(1 - half);
  const y = (Math.PI * half) ** 2;
  let sum = 1;
  // Taylor: 1 - y / (1 2) (1 - y / (3 4) (...))
  for (let k = 24; k > 0; k -= 2) sum = 1 - (sum * y) / ((k - 1) * k);
  return sum;
}

/** base^n for a whole n >= 0, by squaring. */
export function wholePower(base: number, n: number): number {
  let [result, square] = [1, base];
  for (let k = n; k > 0; k = Math.floor(k / 2)) {
    if (k % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** base^exponent for base > 0. */
export function power(base: number, exponent: number): number {
  return Number.isInteger(exponent) && exponent >= 0 ? wholePower(base, exponent) : exp(exponent * log(base));
}

function exp(x: number): number {
  let [r, halvings] = [x, 0];
  for (; Math.abs(r) > 0.125; halvings++) r /= 2;
  let sum = 1;
  for (let k = 12; k > 0; k--) sum = 1 + (sum * r) / k;
  for (; halvings > 0; halvings--) sum *= sum;
  return sum;
}

function log(x: number): number {
  let [m, twos] = [x, 0];
  for (; m > Math.SQRT2; twos++) m /= 2;
  for (; m < Math.SQRT1_2; twos--) m *= 2;
  const s = (m - 1) / (m + 1);
  let sum = 0;
  for (let k = 25; k > 0; k -= 2) sum = sum * s * s + 1 / k;
  return twos * Math.LN2 + 2 * s * sum;
}
