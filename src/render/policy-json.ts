import type { ObjectRef } from '../base/source.ts'
import { blockYaml } from '../base/yaml-text.ts'
import type { PolicyCheck, PolicyNearMiss, PolicyPlace, PolicyRemedy } from '../model/journey.ts'

/** How an object is printed. */
type PrintObject = (ref: ObjectRef) => unknown

/** A check of policies as `-o json` prints it: places as JSON pointers, what to add as YAML. */
export function policyCheckJson(check: PolicyCheck, object: PrintObject): unknown {
  const { policies, rule, misses, remedy, ...rest } = check
  return {
    ...rest,
    policies: policies.map(object),
    ...(rule && { rule: ruleJson(rule, object) }),
    ...(misses && { misses: misses.map((one) => missJson(one, object)) }),
    ...(remedy && { remedy: remedyJson(remedy, object) }),
  }
}

function ruleJson(
  { policy, action, path, peer, port }: NonNullable<PolicyCheck['rule']>,
  object: PrintObject,
) {
  return {
    policy: object(policy),
    action,
    path: pointer(path),
    ...(peer && { peer: placeJson(peer) }),
    ...(port && { port: placeJson(port) }),
  }
}

function missJson({ policy, rule, misses }: PolicyNearMiss, object: PrintObject) {
  return {
    policy: object(policy),
    ...(rule && { rule: placeJson(rule) }),
    misses: misses.map(({ type, text, ...place }) => ({ type, text, ...placeJson(place) })),
  }
}

function remedyJson({ type, object: ref, path, value, text }: PolicyRemedy, object: PrintObject) {
  return { type, text, object: object(ref), path: pointer(path), yaml: `${blockYaml(value).join('\n')}\n` }
}

function placeJson({ path, at }: PolicyPlace) {
  return { path: pointer(path), ...at }
}

/** A place as RFC 6901 writes it: `/spec/egress/1/ports/-`. */
function pointer(path: PolicyPlace['path']): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
