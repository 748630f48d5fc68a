import { hash } from "../../base/ids.ts"

const octaves = 22

/**
 * A wandering number as a pure function of a seed and a tick: a sum of 22 waves whose periods double, each twice as
 * slow and about 1.4 times as high as the one before, so that it looks like a random walk yet can be asked for any
 * moment without computing the ones before. Each wave is straight between its random points, which makes its bounds
 * over a span easy to know, and a search for the first crossing fast.
 */
export interface Walk {
  readonly seed: number
  /** Height of the fastest wave, such as 0.0001; negative to walk the other way. */
  readonly step: number
}

/** Walks added up: a pair's path is its base asset's walk against its quote asset's, so that pairs agree. */
export type Path = ReadonlyArray<Walk>

export const valueAt = (path: Path, tick: number): number => {
  let value = 0
  for (const walk of path) {
    for (let octave = 0; octave < octaves; octave++) value += wave(walk, octave, tick)
  }
  return value
}

/** Two numbers between which the path surely stays from one tick to another. */
export const boundsOver = (path: Path, from: number, to: number): readonly [low: number, high: number] => {
  let low = 0
  let high = 0
  // Waves that go up and down many times in the span are taken at their full height.
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

/** The first tick from `from` to `to` that passes; `possible` tells from bounds whether any tick in them may. */
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
/** The height of all waves faster than one, added up. */
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

/** The bounds of one wave: at the ends of the span, or at a point of it in between. */
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
