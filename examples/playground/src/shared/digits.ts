/** Sizes that the packed file, the worker and the pictures share. */
export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
export const TRAIN = 20_000;
export const TEST = 2_000;
/** Grey levels are 0 to 15. */
export const LEVELS = 15;
