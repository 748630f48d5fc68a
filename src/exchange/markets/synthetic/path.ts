import { hash } from "../../base/ids.ts"

const octaves = 22

/**
 * A random walk as a pure function of a seed and a tick: a sum of 22 waves whose periods double, each about 1.4 times
 * as high as the one before. Any moment can be computed without the ones before it. Each wave is straight between its
 * random points, so its bounds over a span are easy to compute and a search for the first crossing is fast.
 */
export interface Walk {
  readonly seed: number
  /** Height of the fastest wave, such as 0.0001; negative for the mirrored walk. */
  readonly step: number
}

/** A sum of walks. A pair's path is its base asset's walk minus its quote asset's, so that pairs agree. */
export type Path = ReadonlyArray<Walk>

export const valueAt = (path: Path, tick: number): number => {
  let value = 0
  for (const walk of path) {
    for (let octave = 0; octave < octaves; octave++) value += wave(walk, octave, tick)
  }
  return value
}

/** Returns lower and upper bounds between which the path definitely stays from one tick to another. */
const boundsOver = (path: Path, from: number, to: number): readonly [low: number, high: number] => {
  let low = 0
  let high = 0
  // Waves with several periods in the span count with their full height.
  const first = periods.findIndex((period) => period * 3 >= to - from)
  const detailed = first === -1 ? octaves : first
  for (const walk of path) {
    const full = Math.abs(walk.step) * (heightsBelow[detailed] ?? heightsBelow.at(-1)! + heights.at(-1)!)
    low -= full
    high += full
    for (let octave = detailed; octave < octaves; octave++) {
      const [l, h] = waveBounds(walk, octave, from, to)
      low += l
      high += h
    }
  }
  return [low, high]
}

/**
 * Finds the first tick from `from` to `to` that passes. `possible` returns true if any tick within the given bounds
 * might pass.
 */
export const firstWhere = (
  path: Path,
  from: number,
  to: number,
  possible: (low: number, high: number) => boolean,
  passes: (tick: number) => boolean
): number | undefined => {
  const spans: Array<readonly [number, number]> = [[from, to]]
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [first, last] = span
    if (first > last) continue
    if (first === last) {
      if (passes(first)) return first
      continue
    }
    const [low, high] = boundsOver(path, first, last)
    if (!possible(low, high)) continue
    const middle = Math.floor((first + last) / 2)
    spans.push([middle + 1, last], [first, middle])
  }
  return undefined
}

const periods = Array.from({ length: octaves }, (_, octave) => 2 ** octave)
const heights = periods.map((period) => Math.sqrt(period))
/** Sums of the heights of all faster waves, by octave. */
const heightsBelow = heights.map((_, octave) => heights.slice(0, octave).reduce((sum, height) => sum + height, 0))

const point = (walk: Walk, octave: number, index: number): number =>
  (hash(walk.seed, octave, index) / 2 ** 31 - 1) * walk.step * heights[octave]!

const wave = (walk: Walk, octave: number, tick: number): number => {
  const period = periods[octave]!
  const index = Math.floor(tick / period)
  const before = point(walk, octave, index)
  const along = tick / period - index
  return along === 0 ? before : before + (point(walk, octave, index + 1) - before) * along
}

/** Returns the bounds of one wave, which lie at the ends of the span or at a point in between. */
const waveBounds = (walk: Walk, octave: number, from: number, to: number): readonly [number, number] => {
  const period = periods[octave]!
  const start = wave(walk, octave, from)
  const end = wave(walk, octave, to)
  let low = Math.min(start, end)
  let high = Math.max(start, end)
  const last = Math.floor(to / period)
  for (let index = Math.floor(from / period) + 1; index <= last; index++) {
    const value = point(walk, octave, index)
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}
