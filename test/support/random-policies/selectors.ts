import type { Manifest } from './cluster.ts'
import type { Draw } from './draw.ts'

/** Which labels a selector is about, with values that occur and one that does not. */
const vocabulary: Readonly<Record<'pods' | 'namespaces', readonly (readonly [string, readonly string[]])[]>> =
  {
    pods: [
      ['app', ['web', 'api', 'db', 'cache']],
      ['tier', ['front', 'back', '']],
      ['app', ['web', 'api']],
    ],
    namespaces: [
      ['team', ['red', 'blue', 'green']],
      ['env', ['prod', 'test', '']],
      ['kubernetes.io/metadata.name', ['alpha', 'beta', 'gamma', 'delta']],
    ],
  }

/** A label selector of any form that the API takes: matchLabels, every operator, both, or empty in each way of writing. */
export function drawSelector(draw: Draw, of: 'pods' | 'namespaces'): Manifest {
  const form = draw.between(0, 99)
  if (form < 12)
    return draw.of([{}, {}, { matchLabels: {} }, { matchExpressions: [] }, { matchLabels: null }])
  if (form < 45) return { matchLabels: drawLabels(draw, of) }
  if (form < 82) return { matchExpressions: [drawExpression(draw, of)] }
  if (form < 92) return { matchExpressions: [drawExpression(draw, of), drawExpression(draw, of)] }
  return { matchLabels: drawLabels(draw, of), matchExpressions: [drawExpression(draw, of)] }
}

function drawLabels(draw: Draw, of: 'pods' | 'namespaces'): Manifest {
  const chosen = draw.some(draw.chance(80) ? 1 : 2, vocabulary[of])
  return Object.fromEntries(chosen.map(([key, values]) => [key, draw.of(values)]))
}

function drawExpression(draw: Draw, of: 'pods' | 'namespaces'): Manifest {
  const [key, values] = draw.of(vocabulary[of])
  const operator = draw.of(['In', 'NotIn', 'Exists', 'DoesNotExist'])
  if (operator === 'Exists' || operator === 'DoesNotExist') return { key, operator }
  return { key, operator, values: draw.some(draw.between(1, 2), values) }
}
