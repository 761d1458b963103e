import { ServingError } from '../../core/errors.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { SampleRecipe } from '../../core/sample-recipe.ts'
import type { Session } from '../../runtime/runtime.ts'
import { FILL_NAMES } from './fills.ts'
import { freeAxesOf, toShapes } from './free-axes.ts'
import { buildSampleInputs } from './sample-inputs.ts'

// Sizes of free axes, such as the length of a text, the edge of a picture, or a piece of a sound.
const SIZES = [1, 2, 8, 64, 512]
const MAX_NAMES = 8
// Loading waits for the search.
const BUDGET_MS = 2000

/**
 * Tries sample inputs until the model computes one. First all free axes have the same size, then axes of one name have
 * another size than the rest. Each shape is tried with several fills.
 *
 * @returns An empty object if the model computes none of them.
 */
export async function findSampleRecipe(session: Session, view: ModelView): Promise<Pick<ModelView, 'sample'>> {
  let startedAt = performance.now()
  const endless: SampleRecipe[] = []
  const allShapes = shapesToTry(view)
  for (const sample of recipesOf(allShapes)) {
    if (endless.some((each) => isLike(sample, each, allShapes))) continue
    try {
      await session.run(buildSampleInputs({ ...view, sample }, 1, 0))
      return { sample }
    } catch (error) {
      const code = error instanceof ServingError ? error.code : undefined
      if (code === 'RUN_TIMEOUT') {
        endless.push(sample)
        startedAt = performance.now()
        continue
      }
      // If the worker died, the next inputs may kill one as well.
      if (code !== undefined && code !== 'INFERENCE_FAILED') break
      if (performance.now() - startedAt > BUDGET_MS) break
    }
  }
  return {}
}

function* recipesOf(allShapes: readonly SampleRecipe['shapes'][]): Generator<SampleRecipe> {
  for (const shapes of allShapes) for (const fill of FILL_NAMES) yield { shapes, fill }
}

/**
 * Is true if a run of similar inputs never ended, so that a try would only take time. Inputs are similar if they have the
 * same numbers. They are also similar if they have the same shapes, and there are other shapes to try.
 */
function isLike(one: SampleRecipe, other: SampleRecipe, allShapes: readonly SampleRecipe['shapes'][]): boolean {
  return one.fill === other.fill || (allShapes.length > 1 && one.shapes === other.shapes)
}

function shapesToTry(view: ModelView): number[][][] {
  const names = freeAxesOf(view)
  if (names.length === 0) return [toShapes(view, () => 1)]
  const alike = SIZES.map((size) => toShapes(view, () => size))
  if (names.length === 1) return alike
  const byName = names
    .slice(0, MAX_NAMES)
    .flatMap((name) =>
      SIZES.slice(1).flatMap((size) => [
        toShapes(view, (each) => (each === name ? size : 1)),
        toShapes(view, (each) => (each === name ? 1 : size)),
      ]),
    )
  return [...alike, ...byName]
}
