import type { ObjectMeta, Secret } from '../../model/objects.ts'
import { certificateNames, decodeBase64 } from '../certificate-names.ts'
import type { Examined, KindModule } from './kind.ts'
import { refuse } from './kind.ts'

/** A Secret as it is written. */
interface WrittenSecret {
  readonly apiVersion?: string
  readonly kind?: string
  readonly type?: string
  readonly metadata: ObjectMeta
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
}

/** Repeats the data of what kubectl applied. */
const appliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * Mirrors ValidateSecret, as far as certificates go. What is secret is looked at here and nowhere kept. A value that
 * is no base64 is let pass: published manifests have placeholders, and one cannot tell what will stand there.
 */
export const secret: KindModule<Secret> = {
  apiVersions: ['v1'],
  schema: 'Secret',
  namespaced: true,
  names: 'dns-name',
  convert: (located) => {
    const written = located.object as WrittenSecret
    const { data = {}, stringData = {}, metadata, apiVersion, kind, type } = written
    const { [appliedAnnotation]: _, ...annotations } = metadata.annotations ?? {}
    const keys = [...new Set([...Object.keys(data), ...Object.keys(stringData)])].toSorted()
    const object: Secret = {
      ...(apiVersion !== undefined && { apiVersion }),
      ...(kind !== undefined && { kind }),
      ...(type !== undefined && { type }),
      metadata: { ...metadata, ...(metadata.annotations && { annotations }) },
      keys,
      certificateNames: certificateNames(
        stringData['tls.crt'] ?? textOf(decodeBase64(data['tls.crt'] ?? '')),
      ),
    }
    return { ...located, object }
  },
  validate: (located, report) => {
    const { type, keys } = located.object
    if (type !== 'kubernetes.io/tls') return
    for (const key of ['tls.crt', 'tls.key']) {
      if (!keys.includes(key)) requireKey(located, key, report)
    }
  },
}

function requireKey(
  located: Examined<Secret>,
  key: string,
  report: Parameters<NonNullable<KindModule<Secret>['validate']>>[1],
): void {
  refuse(
    located,
    report,
    ['data'],
    `a Secret of type kubernetes.io/tls must have data["${key}"]`,
    `add ${key}`,
  )
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes ? new TextDecoder().decode(bytes) : ''
}
